#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""GoBGP: IPv4 and IPv6 routes, over an IPv4 and over an IPv6 session; withdrawn on both sides."""
from peers import GoBgp
from routes import OURS, THEIRS, expect_both_ways, expect_up
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
    # GoBGP gives IPv4 routes the session's own address, which is IPv6, where it was not told of RFC 8950: only IPv6 is looked at.
    expect_both_ways(a, gobgp, families=("ipv6",))
    expect(a.neighbor()["local_address"] == ADDRESS[A][1], "the session runs over IPv6")


def test(scene):
    over_ipv4(scene)
    over_ipv6(scene)


main(test)
