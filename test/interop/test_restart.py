#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Graceful restart (RFC 4724): FRR's bgpd is killed and started again. We keep its routes meanwhile, as stale, tell them on, and resynchronise."""
import time

from peers import Frr
from routes import THEIRS, expect_both_ways, expect_up, path_of
from world import ADDRESS, A, eventually, expect, main

RESTART = 15  # s, that FRR says it needs
LONGER = 5  # s, that we keep its routes beyond that (RFC 9494); FRR would have it longer


def announce_more(frr, prefix):
    frr.vty("configure terminal", f"ip route {prefix} blackhole", "router bgp 65002", "address-family ipv4 unicast", f"network {prefix}")


def test(scene):
    frr = scene.start(Frr(scene.folder, bgp=f""" bgp graceful-restart
 bgp graceful-restart restart-time {RESTART}
 bgp graceful-restart preserve-fw-state
 bgp long-lived-graceful-restart stale-time 60"""))
    a = scene.ours({"graceful_restart": {"stale_time": LONGER}})
    expect_up(a, frr)
    expect_both_ways(a, frr)
    announce_more(frr, "192.0.2.0/25")
    eventually("a third route of FRR's is there", lambda: path_of(a, "192.0.2.0/25"))
    agreed = a.neighbor()["agreed"]
    expect(sorted(agreed["graceful_restart"]) == ["ipv4", "ipv6"] and agreed["restart_time"] == RESTART,
           f"FRR offers graceful restart of {agreed['graceful_restart']} within {agreed['restart_time']} s")

    frr.kill_bgpd()
    eventually("the session is down", lambda: not a.is_up())
    view = a.neighbor()
    expect(view["last_end"]["by"] == "transport" and sorted(view["stale"]) == ["ipv4", "ipv6"], f"stale families: {view['stale']}")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        routes = [path_of(a, prefix) for prefix in (*THEIRS.values(), "192.0.2.0/25")]
        if not all(route and route["stale"] and route["best"] for route in routes):
            break
        time.sleep(0.1)
    expect(all(route and route["stale"] and route["best"] for route in routes), "its three routes stay, stale and in use, for 2 s")

    # The new bgpd is configured without the third route: that must go, the others become fresh.
    frr.start_daemon("bgpd")
    frr.load()
    expect_up(a, frr)
    eventually("the routes are fresh again", lambda: not path_of(a, THEIRS["ipv4"])["stale"] and
               not path_of(a, THEIRS["ipv6"])["stale"])
    eventually("what it did not tell again is gone", lambda: not a.ask("show", "routes", "192.0.2.0/25")["routes"], RESTART)
    eventually("nothing is stale", lambda: a.neighbor()["stale"] == [])  # the other family's End-of-RIB is a message of its own
    expect_both_ways(a, frr)

    # It goes and does not come back: its routes become long-lived stale with the restart time, and go after the smaller of both stale times.
    frr.kill_bgpd()
    gone = time.monotonic()
    eventually("the session is down", lambda: not a.is_up())
    eventually("its routes are long-lived stale when the restart time is over", lambda: path_of(a, THEIRS["ipv4"])["long_lived_stale"],
               RESTART + 10)
    took = time.monotonic() - gone
    expect(RESTART - 2 <= took <= RESTART + 3, f"after {took:.1f} s, of {RESTART}")
    eventually("and go when that is over, too", lambda: not a.ask("show", "routes", THEIRS["ipv4"])["routes"], LONGER + 10)
    took = time.monotonic() - gone - took
    expect(LONGER - 2 <= took <= LONGER + 3, f"after {took:.1f} s more, of {LONGER}")


main(test)
