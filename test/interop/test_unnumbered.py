#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Unnumbered with FRR: peers by interface over link-local addresses, found by router advertisements, IPv4 routes with IPv6 next hops
(RFC 8950). Twice: the connection is opened by FRR, and by us."""
from peers import Frr
from routes import expect_ours_in_frr, expect_theirs
from world import A, B, LINK_LOCAL, eventually, expect, main


def session(scene, name, ours, frr_lines=""):
    frr = scene.start(Frr(f"{scene.folder}/{name}", neighbor="eth0", remote="interface remote-as external",
                          before="interface eth0\n no ipv6 nd suppress-ra\n ipv6 nd ra-interval 5\nexit",
                          bgp=f" neighbor eth0 capability extended-nexthop\n{frr_lines}"))
    a = scene.ours({"address": None, "interface": "eth0", "as": "external", **ours},
                   announce=["203.0.113.0/24", "2001:db8:a::/48"])
    eventually("Established, as we see it", a.is_up, 30)
    eventually("Established, as FRR sees it", lambda: frr.is_up("eth0"))
    view = a.neighbor()
    expect(view["address"] == LINK_LOCAL[B] and view["local_address"] == LINK_LOCAL[A],
           f"between {view['local_address']} and {view['address']}")
    expect(frr.neighbor("eth0")["hostForeign"] == LINK_LOCAL[A], "FRR found us at our link-local address")
    for family in ("ipv4", "ipv6"):
        route = expect_theirs(a, family)
        expect(LINK_LOCAL[B] in (route["next_hop"], route.get("link_local")), f"its next hop is {route['next_hop']}")
        expect_ours_in_frr(frr, family, LINK_LOCAL[A])
    return frr, a


def test(scene):
    frr, a = session(scene, "active", {"passive": True})
    expect(a.neighbor()["incoming"], "FRR opened the connection")
    frr.stop()
    a.stop()
    frr, a = session(scene, "passive", {}, " neighbor eth0 passive")
    expect(not a.neighbor()["incoming"], "we opened the connection")


main(test, addresses=False)
