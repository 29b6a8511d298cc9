# SPDX-License-Identifier: BSD-3-Clause
"""The command line of tools/compare."""
import argparse
import os
import shutil
import sys
import time

import cases
import dpdk
import match
import report
from amime import Amime
from clock import Clock
from ovs import Ovs
from process import Trouble
from testpmd import Testpmd

PRIORITY = -15  # for us and all contestants: what else the machine does is to disturb no sample
PEERS_MB = 600  # huge pages for all that stand side by side
# program: the Debian package that has it
NEEDED = {"dpdk-testpmd": "dpdk-dev", "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk": "openvswitch-switch-dpdk",
          "ovs-vsctl": "openvswitch-common", "ovsdb-server": "openvswitch-switch"}


def arguments(top):
    parser = argparse.ArgumentParser(
        prog="tools/compare", description="The same frames through Amime, OVS-DPDK, the kernel and a forwarder that does "
        "nothing, in turns on one core: TSC cycles a frame, and their ratio round by round.")
    parser.add_argument("--case", action="append", choices=[c.name for c in cases.CASES], metavar="NAME",
                        help="only this one; may be given again. " + "; ".join(f"{c.name}: {c.about}" for c in cases.CASES))
    parser.add_argument("--cpu", type=int, default=os.cpu_count() - 1, help="the measured core (default: the last one)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each contestant (default: 9)")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of a sample (default: 0.4)")
    parser.add_argument("--quick", action="store_true", help="two cases, three short rounds, no OVS: does everything work?")
    parser.add_argument("--json", metavar="FILE", help="machine, versions and every sample; - is standard output")
    parser.add_argument("--build", default=os.path.join(top, "build"), help="folder with the built programs")
    parser.add_argument("--logs", metavar="DIR", help="where files and logs go (default: compare/ in the build folder)")
    options = parser.parse_args()
    options.logs = os.path.abspath(options.logs or os.path.join(options.build, "compare"))
    if options.quick:
        options.case = options.case or list(cases.QUICK)
        options.rounds, options.seconds = 3, 0.2
    return options


def need(options):
    missing = {package for program, package in NEEDED.items()
               if not shutil.which(program) and not (options.quick and "switch" in package + program)}
    if missing:
        raise Trouble(f"missing packages; install them: apt-get install --no-install-recommends {' '.join(sorted(missing))}")
    if os.geteuid():
        raise Trouble("network namespaces and DPDK need root")
    if os.cpu_count() < 2:
        raise Trouble("needs two CPUs: one to measure, one for everything else")


def compare(options):
    need(options)
    shutil.rmtree(options.logs, ignore_errors=True)
    os.makedirs(options.logs)
    memory = dpdk.Memory(dpdk.free_hugepages_mb() >= PEERS_MB)
    amime, floor = Amime(options.build, options.logs, memory), Testpmd(options.logs, memory)
    peers = [amime] if options.quick else [amime, Ovs(options.logs, memory)]
    clock = Clock()
    os.sched_setaffinity(0, set(range(os.cpu_count())) - {options.cpu})
    os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    results, begin = [], time.monotonic()
    for case in cases.CASES:
        if not options.case or case.name in options.case:
            results.append(match.play(case, peers, floor, clock, options))
    whole = report.Report(options, memory, clock, peers, floor, results, time.monotonic() - begin)
    whole.write()
    return 0 if whole.good() else 1


def main(top):
    try:
        return compare(arguments(top))
    except Trouble as trouble:
        print(f"compare: {trouble}", file=sys.stderr)
    except KeyboardInterrupt:
        print("compare: interrupted; everything is cleaned up", file=sys.stderr)
    return 1
