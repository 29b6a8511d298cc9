#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""amime-bench wire between two sites: both ends of one tester, two daemons, and an Internet between them.

usage: bench.py [--build DIR] [--row NAME] [--driver NAME] [--path-mtu N] [OPTION of amime-bench wire]...
"""
import argparse
import json
import os
import signal
import subprocess
import sys

import rows
import tester
from harness import sites
from netns import Net, Trouble


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench wire", description="Measure two sites and an Internet in network namespaces with amime-bench wire.",
        epilog="Every other option goes to amime-bench wire; without --config it measures what config/wire/sites.json says.")
    parser.add_argument("--build", default=os.path.join(rows.TOP, "build"), help="folder with the built programs")
    parser.add_argument("--row", default="vxlan4-gre4", help="what the sites speak: a row of tools/demo (vxlan4-gre4)")
    parser.add_argument("--driver", choices=("af_xdp", "af_packet"), default="af_packet", help="of the tester and the sites")
    parser.add_argument("--path-mtu", type=int, default=1500, metavar="N", help="of the Internet (1500)")
    parser.add_argument("--config", help="for the tester, in place of config/wire/sites.json")
    parser.add_argument("--out", help="folder for results (default: bench/wire in the build folder)")
    options, rest = parser.parse_known_args()
    options.build = os.path.abspath(options.build)
    if options.row not in [row.name for row in rows.rows()]:
        parser.error(f"no row {options.row}; there are: {' '.join(row.name for row in rows.rows())}")
    return options, rest


def cpus():
    """One for the tester alone and the others for what is tested, where there are several."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        return [], []
    return ["--cpu", str(usable[-1])], ["taskset", "-c", ",".join(map(str, usable[:-1]))]


def bench(options, rest):
    out = options.out or os.path.join(options.build, "bench", "wire")
    os.makedirs(out, exist_ok=True)
    own, others = cpus()
    with Net() as net:
        net.path_mtu(options.path_mtu)
        tester.gather_ports()
        daemons = [daemon for _, daemon in sites(out, options.row, options.driver)]
        config = options.config
        if not config:
            config = os.path.join(out, "config.json")
            with open(config, "w", encoding="ascii") as file:
                json.dump(tester.configuration(driver=options.driver), file, indent=2)
        try:
            for daemon in daemons:
                daemon.build, daemon.wrapper = options.build, others
                daemon.start()
            tester.bench(options.build, "wire", "--config", config, "--out", out, *own, *rest)
        finally:
            for daemon in daemons:
                daemon.stop()
    print(f"\nResults, plots and the logs of both sites are in {out}")


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("bench: interrupted; cleaned up"))
    options, rest = arguments()
    try:
        bench(options, rest)
    except (Trouble, OSError, subprocess.SubprocessError) as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
