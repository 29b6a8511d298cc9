#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Three of our own: two members of a confederation and one outside, which is a sink and is told no more than it may be; and a key whose
change needs a new session gets one."""
import copy

from routes import OURS, THEIRS, path_of
from world import ADDRESS, AS, A, B, Speaker, eventually, expect, ip, main

OUT, OUT_AS, OUT_PREFIX = "10.9.0.3", 65003, "192.0.2.0/24"
CONFEDERATION = 100
LOOP = "198.18.0.0/24"
PASSED_US = {"rules": [{"name": "loop", "if": {"prefix": LOOP}, "set": {"prepend": {"as": CONFEDERATION}}, "then": "accept"},
                       {"name": "rest", "then": "accept"}]}
ACCEPT = {"hold_time": 9, "connect_retry": 1, "import": "accept", "export": "accept", "families": {"ipv4": {}}}


def side(asn, router_id, neighbors, announce, **more):
    return {"as": asn, "router_id": router_id, "neighbors": {name: {**ACCEPT, **one} for name, one in neighbors.items()},
            "announce": announce, "system": {"listen": [router_id]}, **more}


def test(scene):
    ip(f"address add {OUT}/24 dev eth0", B)
    here, there = ADDRESS[A][0], ADDRESS[B][0]
    out = {"address": OUT, "as": OUT_AS, "sink": True, "families": {"ipv4": {"max_advertised": 1}}}
    text = side(AS[A], here, {"b": {"address": there, "as": AS[B]}, "out": out}, [OURS["ipv4"]],
                confederation={"identifier": CONFEDERATION, "members": [AS[B]]})
    a = scene.start(Speaker(scene.folder, text))
    b = scene.start(Speaker(scene.folder, side(AS[B], there, {"a": {"address": here, "as": AS[A], "source": there, "export": "passed-us"}},
                                               [THEIRS["ipv4"], LOOP], policies={"passed-us": PASSED_US},
                                               confederation={"identifier": CONFEDERATION, "members": [AS[A]]}), ns=B, name="b"))
    c = scene.start(Speaker(scene.folder, side(OUT_AS, OUT, {"a": {"address": here, "as": CONFEDERATION, "source": OUT}}, [OUT_PREFIX]),
                            ns=B, name="c"))
    eventually("all are Established", lambda: a.is_up() and a.is_up("out") and b.is_up("a") and c.is_up("a"))

    path = eventually("the other member's route is there", lambda: path_of(a, THEIRS["ipv4"]))
    expect(path["as_path"] == f"({AS[B]})", f"by a path inside of the confederation: {path['as_path']}")
    path = eventually("so is one that came from outside after it went there", lambda: path_of(a, LOOP))
    expect(path["why"] == "our own AS stands in its path", f"which is refused: {path['why']}")
    path = eventually("ours is there", lambda: path_of(b, OURS["ipv4"]))
    expect(path["as_path"] == f"({AS[A]})", f"by such a path: {path['as_path']}")
    sunk = eventually("what the sink was told is counted", lambda: a.neighbor("out")["sunk"]["announced"]["ipv4"] and a.neighbor("out"))
    expect(sunk["received"]["ipv4"] == 0 and not a.ask("show", "routes", OUT_PREFIX)["routes"], "and is in no table")
    told = eventually("outside, one of two routes is told", lambda: c.ask("show", "routes", "received", "a")["routes"])
    expect([route["as_path"] for route in told] == [str(CONFEDERATION)], "by the confederation's number")
    expect("as many prefixes as it may be" in a.tail(), "and the log says that there are more")

    text = copy.deepcopy(text)
    text["neighbors"]["b"]["advertisement_interval"] = 1
    a.reload(text)
    eventually("another interval is another session", lambda: b.is_up("a") and b.neighbor("a")["times_up"] == 2)
    eventually("and the route comes again", lambda: path_of(b, OURS["ipv4"]))
    expect(a.neighbor("out")["times_up"] == 1, "the other one stays")
    for speaker in (a, b, c):
        speaker.stop()


main(test)
