#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""FRR: IPv4 and IPv6 routes over IPv4 and over IPv6, RFC 8950, route refresh, 4-octet AS numbers, shutdown with a text."""
from peers import Frr
from routes import OURS, THEIRS, expect_both_ways, expect_ours_in_frr, expect_theirs, expect_up, path_of
from world import ADDRESS, AS, A, B, Speaker, config, eventually, expect, main


def over_ipv4(scene):
    frr = scene.start(Frr(scene.folder + "/4"))
    a = scene.ours()
    expect_up(a, frr)
    # FRR puts its own global and link-local addresses in, whatever the session runs over.
    expect_both_ways(a, frr)
    route_refresh(a, frr)
    shutdown(a, frr)
    frr.stop()
    a.stop()


def route_refresh(a, frr):
    """Each asks the other; both count what was asked and what came again."""
    before = frr.neighbor()["messageStats"]
    a.ask("clear", "b", "soft")
    eventually("FRR counts our two requests",
               lambda: frr.neighbor()["messageStats"]["routeRefreshRecv"] == before["routeRefreshRecv"] + 2)
    eventually("and told its routes again",
               lambda: frr.neighbor()["messageStats"]["updatesSent"] >= before["updatesSent"] + 2)
    asked, told = a.neighbor()["messages_received"], a.neighbor()["messages_sent"]["UPDATE"]
    frr.vty(f"clear bgp {ADDRESS[A][0]} soft in")
    eventually("we count FRR's request",
               lambda: a.neighbor()["messages_received"]["ROUTE-REFRESH"] > asked["ROUTE-REFRESH"])
    eventually("and told our routes again", lambda: a.neighbor()["messages_sent"]["UPDATE"] > told)
    expect(a.neighbor()["times_up"] == 1, "all in one session")
    expect(path_of(a, THEIRS["ipv4"]) and frr.route(OURS["ipv4"]), "the routes are there on both sides")


def shutdown(a, frr):
    """RFC 9003, both ways."""
    text = "maintenance until 04:00, ticket \u00e4 17"
    a.ask("shutdown", "b", text)
    last = eventually("FRR has our text", lambda: frr.neighbor().get("lastShutdownDescription"))
    # FRR writes octets outside ASCII as \\x and two digits.
    expect(last == text.replace("\u00e4", "\\xc3\\xa4"), f"and it reads: {last}")
    expect(not a.ask("show", "routes", THEIRS["ipv4"])["routes"], "what FRR told is gone")
    a.ask("start", "b")
    eventually("the session comes back", a.is_up)
    frr.vty("configure terminal", f"router bgp {AS[B]}", f"neighbor {ADDRESS[A][0]} shutdown message fibre cut in Utrecht")
    end = eventually("it is down by FRR", lambda: a.neighbor().get("last_end", {}).get("text") and a.neighbor()["last_end"])
    expect(end["text"] == "fibre cut in Utrecht" and (end["code"], end["subcode"]) == (6, 2) and end["by"] == "peer",
           f"with its text: {end['text']}")


def over_ipv6(scene):
    frr = scene.start(Frr(scene.folder + "/6", neighbor=ADDRESS[A][1]))
    a = scene.ours({"address": ADDRESS[B][1]})
    eventually("Established over IPv6, as we see it", a.is_up)
    eventually("as FRR sees it", lambda: frr.is_up(ADDRESS[A][1]))
    expect(a.neighbor()["local_address"] == ADDRESS[A][1], "the session runs over IPv6")
    # Without the capability on FRR's side, IPv4 routes have IPv4 next hops.
    expect_both_ways(a, frr)
    frr.stop()
    a.stop()


def rfc8950(scene):
    frr = scene.start(Frr(scene.folder + "/8950", neighbor=ADDRESS[A][1],
                          bgp=f" neighbor {ADDRESS[A][1]} capability extended-nexthop"))
    a = scene.ours({"address": ADDRESS[B][1]})
    eventually("Established, as we see it", a.is_up)
    eventually("as FRR sees it", lambda: frr.is_up(ADDRESS[A][1]))  # it names no capabilities before
    expect(a.neighbor()["agreed"]["ipv6_next_hop"] == ["ipv4"], "both ends agreed on RFC 8950")
    caps = frr.neighbor(ADDRESS[A][1])["neighborCapabilities"]
    expect(caps["extendedNexthop"] == "advertisedAndReceived", f"FRR: {caps['extendedNexthop']}")
    expect_theirs(a, "ipv4", ADDRESS[B][1])
    expect_ours_in_frr(frr, "ipv4", ADDRESS[A][1])
    frr.stop()
    a.stop()


def four_octets(scene):
    """Our AS does not fit two octets: FRR names all of it, and our path has all of FRR's."""
    big = 4200000001
    frr = scene.start(Frr(scene.folder + "/as4", remote=f"remote-as {big}"))
    it = config()
    it["as"] = big
    a = scene.start(Speaker(scene.folder, it))
    expect_up(a, frr)
    path = eventually("our route is in FRR's table", lambda: frr.route(OURS["ipv4"]))[0]
    expect(path["aspath"]["string"] == str(big), f"by AS {path['aspath']['string']}")
    expect(a.neighbor()["agreed"]["as4"], "both ends agreed on 4-octet AS numbers")
    expect(frr.neighbor()["remoteAs"] == big, "FRR names our AS")
    expect_theirs(a)
    frr.stop()
    a.stop()


def roles(scene):
    """RFC 9234: two providers are refused with 2/11; a provider and a customer are not."""
    line = f"neighbor {ADDRESS[A][0]} local-role"
    frr = scene.start(Frr(scene.folder + "/r", bgp=f" {line} provider"))
    a = scene.ours({"role": "provider"})
    end = eventually("a wrong role ends the attempt", lambda: (end := a.neighbor().get("last_end", {})).get("code") == 2 and end)
    expect((end["code"], end["subcode"]) == (2, 11), f"with 2/11: {end['notification']}, by {end['by']}")
    expect(not a.is_up() and not frr.is_up(), "it is not up on either side")
    frr.vty("configure terminal", f"router bgp {AS[B]}", f"{line} customer")
    expect_up(a, frr)
    expect(a.neighbor()["agreed"]["role"] == "customer", "FRR is our customer")
    frr.stop()
    a.stop()


def test(scene):
    over_ipv4(scene)
    over_ipv6(scene)
    rfc8950(scene)
    four_octets(scene)
    roles(scene)


main(test)
