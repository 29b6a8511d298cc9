#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""GoBGP: IPv4 and IPv6 routes, over an IPv4 and over an IPv6 session, there with IPv6 next hops (RFC 8950); withdrawn on both sides."""
from peers import GoBgp
from routes import OURS, THEIRS, expect_both_ways, expect_up, path_of
from world import ADDRESS, A, B, config, eventually, expect, main


def announce(gobgp):
    gobgp.ask("global", "rib", "add", THEIRS["ipv4"], "nexthop", ADDRESS[B][0], "-a", "ipv4")
    gobgp.ask("global", "rib", "add", THEIRS["ipv6"], "nexthop", ADDRESS[B][1], "-a", "ipv6")


def over_ipv4(scene):
    gobgp = scene.start(GoBgp(scene.folder + "/4"))
    a = scene.ours()
    expect_up(a, gobgp)
    announce(gobgp)
    expect_both_ways(a, gobgp)
    gobgp.ask("global", "rib", "del", THEIRS["ipv4"], "-a", "ipv4")
    eventually("what GoBGP withdraws goes", lambda: not a.ask("show", "routes", THEIRS["ipv4"])["routes"])
    less = config()
    less["announce"] = []
    a.reload(less)
    eventually("what we withdraw goes there", lambda: OURS["ipv4"] not in gobgp.routes("ipv4"))
    expect(a.neighbor()["times_up"] == 1, "all in one session")
    gobgp.stop()
    a.stop()


def over_ipv6(scene):
    gobgp = scene.start(GoBgp(scene.folder + "/6", neighbor=ADDRESS[A][1]))
    a = scene.ours({"address": ADDRESS[B][1]})
    expect_up(a, gobgp)
    announce(gobgp)
    expect_both_ways(a, gobgp, families=("ipv6",))
    expect(a.neighbor()["local_address"] == ADDRESS[A][1], "the session runs over IPv6")
    # RFC 8950: IPv4 routes whose next hop is IPv6.
    expect(a.neighbor()["agreed"]["ipv6_next_hop"] == ["ipv4"], "IPv4 with IPv6 next hops was agreed on")
    gobgp.ask("global", "rib", "add", "192.0.2.0/24", "nexthop", ADDRESS[B][1], "-a", "ipv4")
    route = eventually("an IPv4 route of GoBGP's comes", lambda: path_of(a, "192.0.2.0/24"))
    expect(route["next_hop"] == ADDRESS[B][1], f"its next hop is IPv6: {route['next_hop']}")
    theirs = eventually("GoBGP has ours", lambda: gobgp.routes("ipv4")[OURS["ipv4"]])[0]
    hops = [attr["nexthop"] for attr in theirs["attrs"] if "nexthop" in attr]
    expect(hops == [ADDRESS[A][1]], f"with an IPv6 next hop: {hops}")
    gobgp.stop()
    a.stop()


def test(scene):
    over_ipv4(scene)
    over_ipv6(scene)


main(test)
