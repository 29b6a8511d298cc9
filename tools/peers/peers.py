# SPDX-License-Identifier: BSD-3-Clause
"""The same frames through every peer, in turns on one core."""
import os

import cases
import dpdk
import match
import report
from amime import Amime
from clock import Clock
from kernel import Kernel
from ovs import PROGRAM as OVS_PROGRAM
from ovs import Ovs
from result import Result
from testpmd import Testpmd
from vpp import MEMORY_MB as VPP_MB
from vpp import Vpp

PEERS_MB = 400  # huge pages for all that stand side by side, without VPP
# program: the Debian package that has it
NEEDED = {"dpdk-testpmd": "dpdk-dev"}
NEEDED_OVS = {OVS_PROGRAM: "openvswitch-switch-dpdk", "ovs-vsctl": "openvswitch-common", "ovsdb-server": "openvswitch-switch"}


def needed(options):
    return NEEDED if "ovs" not in options.peer else NEEDED | NEEDED_OVS


def compare(options):
    """(result, lines of the table, exit status)"""
    enough = PEERS_MB + (VPP_MB if "vpp" in options.peer else 0)
    memory = dpdk.Memory(not options.small_pages and dpdk.free_hugepages_mb() >= enough)
    floor = Testpmd(options.logs, memory)
    all_peers = {"amime": lambda: Amime(options.program("amimed"), options.logs, memory, floor),
                 "ovs": lambda: Ovs(options.logs, memory, floor), "kernel": lambda: Kernel(floor),
                 "vpp": lambda: Vpp(options.vpp, options.logs, memory, floor)}
    peers = [all_peers[name]() for name in all_peers if name in options.peer]
    clock = Clock()
    os.sched_setaffinity(0, set(range(os.cpu_count())) - {options.cpu})
    settings = {"cpu": options.cpu, "memory": str(memory), "rounds": options.rounds, "seconds": options.seconds}
    result = Result("peers", options.program("amime-bench"), {p.name: p.version() for p in [*peers, floor] if p.name != "amime"},
                    settings)
    results = [match.play(case, peers, clock, options) for case in cases.CASES if case.name in options.case]
    titles = {p.name: p.title for p in peers} | {match.null_of(p.name): p.null_title for p in peers if hasattr(p, "null_title")}
    for one in results:
        result.add(*report.rows(one, titles))
    return result, list(report.table(results, result.machine, peers, settings, options.absent)), report.status(results)
