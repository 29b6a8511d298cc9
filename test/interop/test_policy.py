#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two of our own with policies: what is rejected says by which rule, what is accepted is changed, and a reload judges again only what changed."""
import copy
import os

from routes import OURS, THEIRS, path_of
from world import ADDRESS, AS, A, B, Speaker, eventually, expect, main

BOGON, OTHER = "10.1.0.0/16", "192.0.2.0/24"

POLICIES = {
    "prefix_lists": {"bogons": ["10.0.0.0/8 le 32"], "theirs": {"file": "theirs.txt"}},
    "community_lists": {"tags": [f"{AS[A]}:*"]},
    "policies": {
        "in": {"rules": [
            {"name": "bogons", "if": {"prefix": "bogons"}, "then": "reject"},
            {"name": "foreign", "if_not": {"prefix": "theirs"}, "then": "reject"},
            {"name": "foreign-path", "if_not": {"as_path": f"^{AS[B]}(_{AS[B]})*$"}, "then": "reject"},
            {"name": "rest", "set": {"local_pref": 200, "med": 7, "add_communities": [f"{AS[A]}:1", "no-export"]}, "then": "accept"},
        ]},
        "out": {"rules": [
            {"name": "ours", "if": {"from": "local", "prefix": OURS["ipv4"]}, "set": {"prepend": 2}, "then": "accept"},
        ]},
    },
}


def other_side():
    n = {"address": ADDRESS[A][0], "as": AS[A], "hold_time": 9, "connect_retry": 2, "import": "accept", "export": "accept"}
    return {"as": AS[B], "router_id": "10.9.0.2", "neighbors": {"a": n}, "announce": [THEIRS["ipv4"], BOGON, OTHER]}


def first_path(speaker, prefix):
    routes = speaker.ask("show", "routes", prefix)["routes"]
    return routes[0] if routes else None


def test(scene):
    # As bgpq4 writes it; OTHER is not in it.
    with open(os.path.join(scene.folder, "theirs.txt"), "w", encoding="utf-8") as file:
        file.write(f"no ip prefix-list T\nip prefix-list T permit {THEIRS['ipv4']}\nip prefix-list T permit {BOGON}\n")
    a = scene.ours({"import": "in", "export": "out"}, **POLICIES)
    b = scene.start(Speaker(scene.folder, other_side(), ns=B, name="b"))
    eventually("Established on both sides", lambda: a.is_up() and b.is_up("a"))

    route = eventually(f"{THEIRS['ipv4']} is at a", lambda: path_of(a, THEIRS["ipv4"]))
    expect(route["best"] and route["local_pref"] == 200 and route["med"] == 7, "it has what the policy set")
    expect(set(route["communities"]) == {f"{AS[A]}:1", "no-export"}, f"communities {route['communities']}")
    for prefix, why in ((BOGON, "policy in, rule 1 (bogons)"), (OTHER, "policy in, rule 2 (foreign)")):
        route = eventually(f"{prefix} came", lambda p=prefix: first_path(a, p))
        expect(route["rejected"] and route["why"] == why, f"and is rejected: {route['why']}")
    route = eventually("ours is at b", lambda: path_of(b, OURS["ipv4"]))
    expect(route["as_path"] == " ".join([str(AS[A])] * 3), f"by AS path {route['as_path']}")
    expect(not b.ask("show", "routes", OURS["ipv6"])["routes"], "and no other route of ours is")

    shown = a.ask("show", "policies", "in")[0]
    expect([r["then"] for r in shown["rules"]] == ["reject", "reject", "reject", "accept"] and shown["import"] == ["b"],
           "show policies says its rules and who uses it")
    expect(shown["rules"][1]["if"] == ["not:prefix"], "with their conditions")
    expect([p["name"] for p in a.ask("show", "policies")] == ["in", "out"], "and names all of them")

    reloads(scene, a)
    b.stop()
    a.stop()


def reloads(scene, a):
    config = {"as": AS[A], "router_id": "10.9.0.1", "announce": [OURS["ipv4"]], **copy.deepcopy(POLICIES),
              "neighbors": {"b": {"address": ADDRESS[B][0], "as": AS[B], "hold_time": 9, "connect_retry": 2,
                                  "import": "in", "export": "out"}}}
    a.reload(config)
    before = a.ask("show", "counters")["decisions"]
    config["neighbors"]["b"]["description"] = "another one"
    a.reload(config)
    expect(a.ask("show", "counters")["decisions"] == before, "a reload of the same policies decides nothing again")

    config["prefix_lists"]["bogons"] = ["172.16.0.0/12 le 32"]
    a.reload(config)
    eventually(f"{BOGON} is no bogon any more", lambda: path_of(a, BOGON)["best"])
    expect(a.neighbor()["times_up"] == 1, "in the same session")

    with open(os.path.join(scene.folder, "theirs.txt"), "a", encoding="utf-8") as file:
        file.write(f"ip prefix-list T permit {OTHER}\n")
    a.reload(config)
    eventually(f"{OTHER} is theirs since the file says so", lambda: path_of(a, OTHER)["best"])


main(test)
