#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two of our own: bgpdump reads what one of them writes of its table, on demand and every so often; a feed reads it, too."""
import os

from routes import OURS, THEIRS
from world import ADDRESS, AS, A, B, Speaker, config, eventually, expect, main, run

REJECTED = "192.0.2.0/24"
EVPN = {"type": "multicast", "rd": "10.9.0.2:1", "ip": "10.9.0.2", "label": 100, "next_hop": ADDRESS[B][0]}
POLICIES = {"in": {"rules": [{"if": {"prefix": REJECTED}, "then": "reject"}], "otherwise": "accept"}}
FAMILIES = {"ipv4": {}, "ipv6": {}, "evpn": {}}


def routes_of(file):
    """Peer, its AS, prefix and path of each entry, as bgpdump says them."""
    if not os.path.exists(file):
        return set()
    return {tuple(line.split("|")[3:7]) for line in run("bgpdump", "-m", file).splitlines() if line.startswith("TABLE_DUMP2")}


def from_feed(speaker, prefix):
    return any(r["from"] == "local" for r in speaker.ask("show", "routes", prefix)["routes"])


def test(scene):
    periodic, asked = (os.path.join(scene.folder, name) for name in ("periodic.mrt", "asked.mrt"))
    a = scene.ours({"import": "in", "families": FAMILIES}, policies=POLICIES, dump={"rib": periodic, "every": 10})
    neighbor = {"address": ADDRESS[A][0], "as": AS[A], "hold_time": 9, "connect_retry": 2, "import": "accept", "export": "accept",
                "families": FAMILIES}
    announce = [THEIRS["ipv4"], REJECTED, {"prefix": THEIRS["ipv6"], "next_hop": ADDRESS[B][1]}]
    b = scene.start(Speaker(scene.folder, {"as": AS[B], "router_id": "10.9.0.2", "neighbors": {"a": neighbor},
                                           "announce": announce, "evpn": [EVPN]}, ns=B, name="b"))
    eventually("Established on both sides", lambda: a.is_up() and b.is_up("a"))
    eventually("the routes are there", lambda: sum(a.neighbor()["received"].values()) == 4)

    said = a.ask("dump", asked)
    size = os.path.getsize(asked)
    expect(said == {"file": asked, "routes": 6, "octets": size, "left_out": 0}, f"a dump has all that came, and ours: {said}")
    theirs, ours = (ADDRESS[B][0], str(AS[B])), ("10.9.0.1", str(AS[A]))
    wanted = {(*theirs, p, str(AS[B])) for p in (THEIRS["ipv4"], THEIRS["ipv6"], REJECTED)}
    wanted |= {(*ours, p, "") for p in (OURS["ipv4"], OURS["ipv6"])}
    expect(routes_of(asked) == wanted, f"bgpdump reads {len(wanted)} unicast routes of it, the rejected one among them")
    expect(not os.path.exists(asked + ".new"), "and nothing is left beside it")
    eventually("the periodic one comes, and says the same", lambda: routes_of(periodic) == wanted)

    # What was dumped can be announced, but for our own route that has no next hop before it goes to somebody.
    again = config({"families": FAMILIES, "shutdown": True}, feeds=[{"file": asked, "format": "mrt"}])
    again.update(announce=[])
    a.stop()
    a = scene.start(Speaker(scene.folder, again, name="again"))
    eventually("a feed reads it", lambda: all(from_feed(a, p) for p in (THEIRS["ipv4"], THEIRS["ipv6"], REJECTED, OURS["ipv6"])))
    eventually("EVPN too", lambda: [r["from"] for r in a.ask("show", "routes", "evpn")["routes"]] == ["local"])
    a.stop()
    b.stop()


main(test)
