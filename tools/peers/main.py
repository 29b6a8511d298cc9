# SPDX-License-Identifier: BSD-3-Clause
"""The command line of tools/compare."""
import argparse
import os
import shutil
import sys
import tempfile
import time

import cases
import peers
import traffic
import vpp
from process import Trouble, priority

PRIORITY = -15  # of all that is measured: what else the machine does is to disturb no sample
WHAT = {"peers": peers, "traffic": traffic}
ABOUT = """\
peers (the default): the same frames through Amime, OVS-DPDK, the kernel, VPP where one is installed, and a forwarder that does
nothing, in turns on one core; TSC cycles a frame, and their ratio round by round.
traffic: TCP and pings between ordinary hosts of two sites, through what stands at the sites' edges: amimed, the kernel's
VXLAN, plain forwarders.
"""


def arguments(top):
    parser = argparse.ArgumentParser(prog=os.path.basename(sys.argv[0]), description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="cases of peers:\n" + "\n".join(f"  {c.name:17} {c.about}" for c in cases.CASES))
    names = [c.name for c in cases.CASES]
    parser.add_argument("what", nargs="?", choices=WHAT, default="peers")
    parser.add_argument("--case", action="append", choices=names, metavar="NAME", help="only this one; may be given again")
    parser.add_argument("--peer", action="append", choices=("amime", "ovs", "kernel", "vpp"), metavar="NAME",
                        help="amime, ovs, kernel or vpp: only amime and those given (default: all, vpp where one is installed)")
    parser.add_argument("--vpp", metavar="PROGRAM", help="peers: VPP's program (default: vpp of PATH, if there is one; Debian has no package of it)")
    parser.add_argument("--rounds", type=int, metavar="N", help="turns of each (peers: 9 good ones; traffic: 5)")
    parser.add_argument("--seconds", type=float, metavar="S", help="of a sample (peers: 0.4) or a TCP run (traffic: 3)")
    parser.add_argument("--congestion", default="cubic", metavar="NAME", help="traffic: congestion control of the hosts in ordinary use (default: cubic)")
    parser.add_argument("--cpu", type=int, default=os.cpu_count() - 1, metavar="N", help="peers: the measured core (default: the last)")
    parser.add_argument("--small-pages", action="store_true", help="peers: nobody uses huge pages")
    parser.add_argument("--quick", action="store_true", help="little of it, without OVS-DPDK and VPP: does everything work?")
    parser.add_argument("--json", metavar="FILE", help="write machine, versions and every sample; - is standard output")
    parser.add_argument("--out", metavar="DIR", help="write result.json, table.txt and plots (SVG) there")
    parser.add_argument("--build", metavar="DIR", help="folder with the built programs (default: build, or where we are installed)")
    parser.add_argument("--logs", metavar="DIR", help="where files and logs go (an empty folder; default: compare/ in the build folder)")
    options = parser.parse_args()
    return fill(options, top)


def fill(options, top):
    """What was not said."""
    quick = options.quick
    default = {"peers": (2, 0.2) if quick else (9, 0.4), "traffic": (1, 1) if quick else (5, 3)}[options.what]
    options.rounds, options.seconds = options.rounds or default[0], options.seconds or default[1]
    options.case = options.case or (cases.QUICK if quick else [c.name for c in cases.CASES])
    take_part(options)
    built = options.build or os.path.join(top, "build")
    if options.build or os.path.isdir(built):
        options.program = lambda name: os.path.join(built, "apps", name, name)
    else:
        options.program = lambda name: os.path.join(top, "..", "bin", name)
        built = None
    options.logs = log_folder(options.logs, built)
    return options


def take_part(options):
    """Who does: options.peer, and options.absent with a word for each that would if it were installed."""
    asked, options.absent = options.peer, {}
    options.peer = ["amime", *(asked or (["kernel"] if options.quick else ["ovs", "kernel", "vpp"]))]
    if "vpp" in options.peer:
        found, missing = vpp.program(options.vpp)
        if missing and (asked or options.vpp):
            raise Trouble(f"vpp cannot take part: {missing}")
        if missing:
            options.absent["vpp"] = missing
            options.peer.remove("vpp")
        options.vpp = found


def log_folder(asked, built):
    """An empty one. What is there already is only removed where nobody but we put anything."""
    if asked:
        os.makedirs(asked, exist_ok=True)
        if os.listdir(asked):
            raise Trouble(f"--logs {asked}: is not empty")
        return os.path.abspath(asked)
    if built is None:
        return tempfile.mkdtemp(prefix="amime-compare-")
    folder = os.path.abspath(os.path.join(built, "compare"))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def need(options):
    """Everything that is missing, at once."""
    if os.geteuid():
        raise Trouble("network namespaces and DPDK need root")
    if os.cpu_count() < 2:
        raise Trouble("needs two CPUs: one to measure, one for everything else")
    if not 0 <= options.cpu < os.cpu_count():
        raise Trouble(f"--cpu {options.cpu}: CPUs are 0 to {os.cpu_count() - 1}")
    for name in ("amimed", "amime-bench"):
        if not os.path.exists(options.program(name)):
            raise Trouble(f"{options.program(name)} is not there; build it: meson setup build && ninja -C build")
    missing = {package for program, package in WHAT[options.what].needed(options).items() if not shutil.which(program)}
    if missing:
        raise Trouble(f"missing packages; install them: apt-get install --no-install-recommends {' '.join(sorted(missing))}")


def compare(options):
    need(options)
    begin = time.monotonic()
    with priority(PRIORITY):
        result, lines, status = WHAT[options.what].compare(options)
    lines.append(f"\nTook {time.monotonic() - begin:.0f} s. Files and logs are in {options.logs}")
    text = "\n".join(lines) + "\n"
    if options.json != "-":
        sys.stdout.write(text)
    if options.json:
        result.write(options.json)
    if options.out:
        result.draw(options.out, text)
    return status


def main(top):
    try:
        return compare(arguments(top))
    except Trouble as trouble:
        print(f"compare: {trouble}", file=sys.stderr)
    except KeyboardInterrupt:
        print("compare: interrupted; everything is cleaned up", file=sys.stderr)
    return 1
