#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""BIRD: IPv4 and IPv6 routes, over an IPv4 and over an IPv6 session."""
from peers import Bird
from routes import expect_both_ways, expect_up
from world import ADDRESS, AS, A, B, eventually, expect, main, config


def over_ipv4(scene):
    bird = scene.start(Bird(scene.folder))
    a = scene.ours()
    expect_up(a, bird)
    expect_both_ways(a, bird)
    expect(a.neighbor()["received"] == {"ipv4": 1, "ipv6": 1, "evpn": 0}, "one route of each family came")
    # What is taken away goes, and what is new comes, and the session stays.
    less = config()
    less["announce"] = ["203.0.113.128/25"]
    a.reload(less)
    eventually("the new prefix is in BIRD's table", lambda: bird.has("203.0.113.128/25"))
    eventually("the old ones are not", lambda: not bird.has("203.0.113.0/24") and not bird.has("2001:db8:a::/48"))
    bird.ask("disable", "s4")
    eventually("what BIRD withdraws goes", lambda: not a.ask("show", "routes", "198.51.100.0/24")["routes"])
    expect(a.neighbor()["times_up"] == 1, "all in one session")
    bird.stop()
    a.stop()


def over_ipv6(scene):
    bird = scene.start(Bird(scene.folder + "/6", neighbor=f"{ADDRESS[A][1]} as {AS[A]}", channels=f"""
  ipv4 {{ import all; export where source = RTS_STATIC; next hop address {ADDRESS[B][0]}; }};
  ipv6 {{ import all; export where source = RTS_STATIC; }};"""))
    a = scene.ours({"address": ADDRESS[B][1]})
    expect_up(a, bird)
    expect_both_ways(a, bird)
    expect(a.neighbor()["local_address"] == ADDRESS[A][1], "the session runs over IPv6")


def test(scene):
    over_ipv4(scene)
    over_ipv6(scene)


main(test)
