#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Minutes of mixed traffic with reloads: nothing is lost, memory does not grow, and every buffer comes home.

AMIME_SOAK_SECONDS says how long (600).
"""
import copy
import os
import signal
import time

import checks
from harness import Flood, expect, expect_path, main, sites, write
from report import Findings

SECONDS = int(os.environ.get("AMIME_SOAK_SECONDS", "600"))
WARM_UP = 6  # rounds until every table was walked by ageing once and each thread that loads files has run
GROWTH_KB = 1024


def resident_kb(daemon):
    """Counted page by page. VmRSS is a sum of counters of each CPU, and megabytes off on a machine with many of them."""
    with open(f"/proc/{daemon.process.pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))


def one_round(findings):
    checks.raw_frames(findings)
    return checks.tcp(findings)


def reload_with(daemon, folder, config, n):
    """A tunnel beside the one in use comes, changes and goes."""
    more = copy.deepcopy(config)
    if n % 3:
        more["tunnels"]["beside"] = {"type": "gre", "local": "192.0.2.1", "remote": "203.0.113.9", "mtu": 2000 + n % 100}
    write(folder, "a.json", more)
    daemon.signal(signal.SIGHUP)


def test(net, folder):
    net.path_mtu(1500)
    (config, a), (_, b) = sites(folder)
    a.start()
    b.start()
    expect_path()
    findings, rounds, end = Findings(), 0, time.monotonic() + SECONDS
    kernel = checks.KernelWatch()
    for n in range(WARM_UP):
        reload_with(a, folder, config, n)
        one_round(findings)
    before = {daemon.name: resident_kb(daemon) for daemon in (a, b)}
    with Flood() as flood:
        while time.monotonic() < end and not findings and not flood.lost:
            reload_with(a, folder, config, rounds)
            rates = one_round(findings)
            rounds += 1
            if rounds % 20 == 0:
                print(f"      {rounds} rounds, {flood.sent} echo requests, TCP {rates} Mbit/s", flush=True)
    findings.show()
    expect(not findings and not flood.lost, f"{rounds} rounds, {flood.sent} echo requests, lost {flood.lost}")
    expect(kernel.reassembled(findings) == 0, "the kernels reassembled nothing")
    for daemon in (a, b):
        grown = resident_kb(daemon) - before[daemon.name]
        expect(grown < GROWTH_KB, f"{daemon.name} grew by {grown} kB")
        live = [worker["reassembly"]["live"] for worker in daemon.show("workers")["workers"]]
        expect(not any(live), f"{daemon.name} waits for no fragments any more: {live}")
        daemon.stop()


main(test)
