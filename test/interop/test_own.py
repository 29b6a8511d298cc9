#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two of our own: both families over IPv4 and over IPv6, a long attribute both ways, collision, reload, clear, limits, and a peer that vanishes."""
import struct
import time

from routes import OURS, THEIRS, path_of
from world import ADDRESS, AS, A, B, Speaker, eventually, expect, main, write


def other_side(transport, neighbor=None, **more):
    n = {"address": ADDRESS[A][transport], "as": AS[A], "hold_time": 9, "connect_retry": 2, "import": "accept", "export": "accept",
         **(neighbor or {})}
    return {"as": AS[B], "router_id": "10.9.0.2", "neighbors": {"a": n},
            "announce": [THEIRS["ipv4"], {"prefix": THEIRS["ipv6"], "next_hop": ADDRESS[B][1]}], **more}


def pair(scene, transport, ours=None, theirs=None, **more):
    a = scene.ours({"address": ADDRESS[B][transport], **(ours or {})})
    b = scene.start(Speaker(scene.folder, other_side(transport, theirs, **more), ns=B, name="b"))
    eventually("Established on both sides", lambda: a.is_up() and b.is_up("a"))
    return a, b


def both_have(a, b):
    for family in ("ipv4", "ipv6"):
        route = eventually(f"{THEIRS[family]} is at a", lambda f=family: path_of(a, THEIRS[f]))
        expect(route["as_path"] == str(AS[B]), f"by AS path {route['as_path']}")
        route = eventually(f"{OURS[family]} is at b", lambda f=family: path_of(b, OURS[f]))
        expect(route["as_path"] == str(AS[A]), f"by AS path {route['as_path']}")


def transports(scene):
    for transport in (0, 1):
        a, b = pair(scene, transport)
        both_have(a, b)
        expect(a.neighbor()["local_address"] == ADDRESS[A][transport], f"over {ADDRESS[A][transport]}")
        agreed = a.neighbor()["agreed"]
        expect(agreed["extended_messages"] and agreed["enhanced_refresh"] and agreed["as4"], "all that both can was agreed on")
        if transport:
            changes(a, b)
        b.stop()
        a.stop()


def changes(a, b):
    """What is reloaded without a change of the session leaves it up; clear and a changed session do not."""
    other = other_side(1, {"description": "the same"})
    other["announce"].append("192.0.2.0/24")
    expect(b.reload(other)["needs_start"] == [], "a reload takes all of it on")
    eventually("a new prefix comes", lambda: path_of(a, "192.0.2.0/24"))
    expect(a.neighbor()["times_up"] == 1 and b.neighbor("a")["description"] == "the same", "in the same session")
    for _ in range(2):
        expect(b.reload({**other, "decision": {"multipath": 1}})["needs_start"] == ["decision"], "what it cannot take on, it says each time")
    b.ask("clear", "a")
    # Before the new one: what two that connect at once end, would be the last end then.
    end = eventually("clear ends the session", lambda: (end := a.neighbor()["last_end"])["by"] == "peer" and end)
    expect((end["code"], end["subcode"], end["by"]) == (6, 4, "peer"), f"the old one ended with {end['notification']}")
    eventually("and begins a new one", lambda: a.neighbor()["times_up"] == 2 and a.is_up())
    b.reload(other_side(1, {"hold_time": 30}))
    eventually("another hold time begins a new session, too", lambda: a.neighbor()["times_up"] == 3 and a.is_up() and b.is_up("a"))
    expect(b.neighbor("a")["hold_time"] == 9, "the smaller hold time counts")
    eventually("and the prefix is gone", lambda: not a.ask("show", "routes", "192.0.2.0/24")["routes"])
    without = other_side(1)
    without["neighbors"] = {}
    b.reload(without)
    end = eventually("a neighbour that is removed ends its session", lambda: (n := a.neighbor())["state"] != "Established" and n["last_end"])
    expect((end["code"], end["subcode"]) == (6, 3), f"with {end['notification']}")


def limit(scene):
    a, b = pair(scene, 0, ours={"families": {"ipv4": {"max_prefixes": 3}}, "max_restart": 3}, announce=[f"192.0.2.{i}/32" for i in range(3)])
    eventually("three prefixes are within the limit", lambda: a.neighbor()["received"]["ipv4"] == 3)
    b.reload(other_side(0, announce=[f"192.0.2.{i}/32" for i in range(4)]))
    end = eventually("the fourth ends the session", lambda: not a.is_up() and a.neighbor()["last_end"])
    expect((end["code"], end["subcode"], end["by"]) == (6, 1, "us"), f"with {end['notification']}")
    b.reload(other_side(0, announce=[f"192.0.2.{i}/32" for i in range(3)]))
    eventually("it begins anew after max_restart", lambda: a.is_up() and a.neighbor()["received"]["ipv4"] == 3)
    b.stop()
    a.stop()


def vanishes(scene):
    """Killed, and the session is gone; stopped without a word, and the hold time ends it."""
    a, b = pair(scene, 0, ours={"hold_time": 3, "graceful_restart": {"enabled": False}})
    eventually("routes are there", lambda: path_of(a, THEIRS["ipv4"]))
    b.signal("STOP")
    began = time.monotonic()
    end = eventually("the hold time ends it", lambda: not a.is_up() and a.neighbor()["last_end"])
    took = time.monotonic() - began
    expect(end["code"] == 4 and 1.5 <= took <= 5, f"after {took:.1f} s of 3: {end['notification']}")
    expect(not a.ask("show", "routes", THEIRS["ipv4"])["routes"], "its routes are gone")
    b.signal("CONT")
    eventually("it comes back", lambda: a.is_up() and path_of(a, THEIRS["ipv4"]))
    b.stop()
    a.stop()


def no_policy(scene):
    """RFC 8212: nothing passes to or from an external neighbour without a policy, and show says why."""
    a, b = pair(scene, 0, ours={"import": None, "export": None})
    paths = eventually("the route came", lambda: a.ask("show", "routes", THEIRS["ipv4"])["routes"])
    expect(paths[0]["rejected"] and "8212" in paths[0]["why"], f"and is rejected: {paths[0]['why']}")
    expect(not b.ask("show", "routes", OURS["ipv4"])["routes"], "ours is not told")
    b.stop()
    a.stop()


def feed(scene):
    """Files of routes: a text, and a table as MRT; the other side counts what came and looks at the paths."""
    text = write(scene.folder, "feed.txt", "".join(f"10.{i >> 8}.{i & 255}.0/24 64500 {64600 + i % 100}\n" for i in range(2000)))
    peer = struct.pack("!B4s4sI", 2, bytes(4), bytes([10, 0, 0, 9]), 64500)
    record(mrt := bytearray(), 1, struct.pack("!4sHH", bytes(4), 0, 1) + peer)
    for i in range(500):
        attrs = bytes([0x40, 1, 1, 0]) + bytes([0x40, 2, 10, 2, 2]) + struct.pack("!II", 64500, 4200000000 + i) + \
            bytes([0x40, 3, 4, 10, 0, 0, 9])
        prefix = bytes([24, 11, i >> 8, i & 255])
        record(mrt, 2, struct.pack("!I", i) + prefix + struct.pack("!HHIH", 1, 0, 0, len(attrs)) + attrs)
    with open(scene.folder + "/feed.mrt", "wb") as file:
        file.write(mrt)
    a, b = pair(scene, 0, feeds=[{"file": text}, {"file": scene.folder + "/feed.mrt", "format": "mrt"}])
    eventually("all 2501 routes came", lambda: a.neighbor()["received"]["ipv4"] == 2501)
    expect(path_of(a, "10.7.207.0/24")["as_path"] == f"{AS[B]} 64500 64699", "the last of the text has its path")
    route = path_of(a, "11.1.243.0/24")
    expect(route["as_path"] == f"{AS[B]} 64500 4200000499" and route["next_hop"] == ADDRESS[B][0], f"the last of the table, too: {route['as_path']}")
    shown = [r["prefix"] for r in a.ask("show", "routes")["routes"]]
    expect(len(shown) == len(set(shown)) == 2502, f"show routes has them all, in pieces: {len(shown)}, {len(set(shown))} of them different")
    expect(b.ask("show", "counters")["routes"]["ipv4"] == 2502, "the table of the other side counts as many")
    b.stop()
    a.stop()


def record(mrt, subtype, body):
    """TABLE_DUMP_V2 (RFC 6396 4.3)."""
    mrt += struct.pack("!IHHI", 0, 13, subtype, len(body)) + body


def test(scene):
    transports(scene)
    feed(scene)
    limit(scene)
    vanishes(scene)
    no_policy(scene)


main(test)
