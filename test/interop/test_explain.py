#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every route and every session says why: which path is best and where the others lost, what a policy rejected, what is not there since the
UPDATE that brought it was wrong, and what was wrong when a session ended."""
from routes import THEIRS
from table import Peer, update
from world import ADDRESS, AS, A, B, PROGRAM, Speaker, config, eventually, expect, inside, ip, main, run

WRONG, WRONG_AS = "10.9.0.3", 65003
GOOD, BAD, BOGON = "198.51.100.0/24", "192.0.2.0/24", "10.1.0.0/16"
POLICIES = {"in": {"rules": [{"name": "bogons", "if": {"prefix": BOGON}, "then": "reject"}], "otherwise": "accept"}}
NEIGHBOR = {"hold_time": 9, "connect_retry": 2, "import": "in", "export": "accept"}


def attributes(origin=b"\x40\x01\x01\x00"):
    """A path that is longer than that of the other neighbour."""
    path = b"\x02\x02" + WRONG_AS.to_bytes(4, "big") + (64999).to_bytes(4, "big")
    return origin + b"\x40\x02" + bytes((len(path),)) + path + b"\x40\x03\x04" + bytes(int(n) for n in WRONG.split("."))


def nlri(prefix):
    address, length = prefix.split("/")
    return bytes((int(length),)) + bytes(int(n) for n in address.split("."))[:int(length) // 8]


def test(scene):
    ip(f"address add {WRONG}/24 dev eth0", B)
    text = config({"import": "in"}, policies=POLICIES)
    text["neighbors"]["never"] = {"address": "10.9.0.99", "as": 65099, "passive": True, **NEIGHBOR}
    text["neighbors"]["wrong"] = {"address": WRONG, "as": WRONG_AS, "passive": True, **NEIGHBOR}
    a = scene.start(Speaker(scene.folder, text))
    b = scene.start(Speaker(scene.folder, {"as": AS[B], "router_id": "10.9.0.2", "announce": [THEIRS["ipv4"]],
                                           "neighbors": {"a": {**NEIGHBOR, "address": ADDRESS[A][0], "as": AS[A], "import": "accept"}}},
                            ns=B, name="b"))
    with inside(B):
        peer = Peer(WRONG, ADDRESS[A][0], WRONG_AS)
    eventually("both are Established", lambda: a.is_up() and a.is_up("wrong"))
    peer.send(update(b"", attributes(), nlri(GOOD) + nlri(BOGON)))
    peer.send(update(b"", attributes(b"\x40\x01\x01\x03"), nlri(BAD)))

    paths = eventually("two paths are there", lambda: len(a.ask("show", "route", GOOD)["routes"]) == 2 and a.ask("show", "route", GOOD))
    first, second = sorted(paths["routes"], key=lambda path: not path["best"])
    expect(first["from"] == "b" and first["because"] == "the next one: its AS path is longer", f"the best says why: {first['because']}")
    expect(second["why"] == "as-path-length", f"the other one where it lost: {second['why']}")
    path = eventually("a third one is rejected", lambda: a.ask("show", "route", BOGON)["routes"][0])
    expect(path["why"] == "policy in, rule 1 (bogons)", f"and says by which rule: {path['why']}")
    missing = eventually("a wrong one is not there", lambda: a.ask("show", "route", BAD)["withdrawn"])[0]
    expect((missing["from"], missing["attribute"], missing["class"], missing["subcode"]) == ("wrong", "ORIGIN", "treat-as-withdraw", 6),
           f"and says why: {missing}")
    shown = run(PROGRAM, "--socket", a.socket, "show", "route", BAD)
    expect("no route from wrong" in shown and missing["why"] in shown, "in words, too")

    told = a.ask("show", "route", GOOD, "advertised", "wrong")
    expect(len(told["routes"]) == 1 and told["not_advertised"] is None, "what a neighbour is told has no reason not to be")
    expect(a.ask("show", "route", GOOD, "advertised", "b")["not_advertised"] == "the best path came from this peer", "what it is not told has one")

    expect(a.ask("show", "route", GOOD, "advertised", "never")["not_advertised"] == "its session was never up", "and so has who was never there")

    peer.send(update(b"", attributes() + b"\x40\x63\x01\x00", nlri(BAD)))
    n = eventually("the session ends", lambda: not a.is_up("wrong") and a.neighbor("wrong"))
    expect(n["notification_sent"]["code"] == 3 and n["notification_sent"]["subcode"] == 2, f"we said {n['notification_sent']['notification']}")
    expect(n["notification_received"] is None, "and the neighbour said nothing")
    expect([fault["class"] for fault in n["last_faults"]] == ["session-reset", "treat-as-withdraw"], "both wrong UPDATEs are kept")
    expect(n["faults"]["session-reset"] == 1 and n["faults"]["treat-as-withdraw"] == 1, "and counted by class")
    a.stop()
    b.stop()


main(test)
