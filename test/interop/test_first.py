#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""One session with BIRD: Established as both see it, and its routes counted."""
from peers import Bird
from world import ADDRESS, A, eventually, expect, main


def test(scene):
    bird = scene.start(Bird(scene.folder))
    a = scene.ours()
    eventually("Established, as we see it", a.is_up)
    eventually("Established, as BIRD sees it", bird.is_up)
    expect(f"Neighbor AS:      65001" in bird.protocol(), "BIRD names our AS")
    eventually("its two routes came", lambda: a.neighbor()["received"] == {"ipv4": 1, "ipv6": 1, "evpn": 0})
    expect(a.neighbor()["local_address"] == ADDRESS[A][0], "the session runs between the addresses configured")


main(test)
