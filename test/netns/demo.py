#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The demo: every row of the matrix between two sites, tried and looked up on the wire.

usage: demo.py [--build DIR] [--quick] [--row NAME]... [--driver NAME] [--keep]
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import checks
import pinger
import report
import rows
from capture import HEADERS_ONLY, WHOLE, BothSides
from daemon import Daemon
from netns import EDGE_A, EDGE_B, HOST_A, HOST_ADDRESS, HOST_B, Net, Trouble, run
from report import Findings, say

QUICK = ("vxlan4-gre4", "bare-etherip6", "vxlan6-gretap4")
PATH_MTUS = (1500, 1280)
# Drop reasons that no sender on this wire gives cause for: one of them says that a forwarder spoilt a packet.
DAMAGE = re.compile(r"eth_(short|source)|ip[46]_(short|version|.*length|checksum)|frag_(length.*|empty|beyond|tiny|overlap"
                    r"|duplicate|conflict)|gre_|etherip_|udp_|vxlan_|tunnel_(inner|ecn)")


class Sites:
    """The two daemons of one row."""

    def __init__(self, files, build, folder):
        self.daemons = {edge: Daemon(edge, file, build, folder) for edge, file in zip((EDGE_A, EDGE_B), files)}

    def start(self):
        for daemon in self.daemons.values():
            daemon.start()

    def stop(self, findings):
        for daemon in self.daemons.values():
            try:
                daemon.stop()
            except Trouble as trouble:
                findings.expect(False, str(trouble))

    def reassembled(self):
        checks.settle()
        return {edge: daemon.counter("tunnels", "rx_reassembled") for edge, daemon in self.daemons.items()}

    def losses(self):
        """What each forwarder dropped, by name, and what its ports say that they lost."""
        found = {}
        for daemon in self:
            for row in daemon.show("drops"):
                found[f"{daemon.name} {row['kind']} {row['interface']} {row['drop']}"] = row["count"]
            for port in daemon.show("ports"):
                for name, count in port["driver_counters"].items():
                    found[f"{daemon.name} port {port['name']} {name}"] = count
        return found

    def __iter__(self):
        return iter(self.daemons.values())


class Watched:
    """Captures and our own counters around some traffic."""

    def __init__(self, findings, sites, folder, name, snap):
        self.findings, self.sites = findings, sites
        self.both = BothSides(folder, name, snap)

    def __enter__(self):
        self.before = self.sites.reassembled()
        self.losses = self.sites.losses()
        self.both.__enter__()
        return self

    def __exit__(self, kind, *rest):
        self.both.__exit__(kind, *rest)
        if kind is None:
            after = self.sites.reassembled()
            self.reassembled = {edge: after[edge] - count for edge, count in self.before.items()}
            self.wire = checks.wire(self.findings, self.both, self.reassembled)
            steps = {name: n - self.losses.get(name, 0) for name, n in self.sites.losses().items()}
            damaged = [f"{name} {n}" for name, n in steps.items() if n and DAMAGE.match(name.rsplit(" ", 1)[1])]
            self.findings.expect(not damaged, f"damaged packets on a clean wire: {', '.join(damaged)}")
            if self.findings:
                said = ", ".join(f"{name} {n}" for name, n in steps.items() if n)
                self.findings.expect(False, f"meanwhile the forwarders counted: {said or 'no drops'}")


def try_row(net, row, sites, folder, path_mtu, with_tcp):
    """Everything on one row at one path MTU; prints its line. True where all promises hold."""
    findings = Findings()
    net.path_mtu(path_mtu)
    kernel = checks.KernelWatch()
    with Watched(findings, sites, folder, f"{row.name}-{path_mtu}", WHOLE) as seen:
        pinged, lost = checks.pings(findings)
        framed, wrong = checks.raw_frames(findings)
    checks.dissect(findings, seen.both, 2 * (pinged - lost))
    fragmented, firsts, again = seen.wire
    ours, rates = sum(seen.reassembled.values()), []
    if with_tcp:
        with Watched(findings, sites, folder, f"{row.name}-{path_mtu}-tcp", HEADERS_ONLY) as seen_tcp:
            rates = checks.tcp(findings)
        fragmented, again = fragmented + seen_tcp.wire.fragmented, again + seen_tcp.wire.cut_again
        firsts = sorted({*firsts, *seen_tcp.wire.firsts})
        ours += sum(seen_tcp.reassembled.values())
    findings.expect(fragmented, "not one datagram was fragmented: the main job was not seen")
    say(report.line(row.payload, row.tunnel, path_mtu, f"{lost} of {pinged}", f"{wrong} of {framed}",
                    f"{fragmented}{'=' if fragmented == ours else '!='}{ours}", " ".join(map(str, firsts)), again,
                    kernel.reassembled(findings), " ".join(map(str, rates)), "FAIL" if findings else "pass"))
    findings.show()
    return not findings


def configured(row, driver, folder):
    """The committed files, or where another driver was asked for, copies that name it."""
    if driver is None:
        return rows.files_of(row)
    files = [os.path.join(folder, f"{row.name}-{driver}-{letter}.json") for letter in "ab"]
    for path, text in zip(files, rows.texts(row, driver=driver)):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    return files


def bring_up(sites):
    """Start both, and wait until the hosts see each other: neighbours and MACs are found on the way."""
    sites.start()
    took = pinger.wait_for_answer(HOST_A, HOST_ADDRESS[HOST_B][0], patience=5)
    took6 = pinger.wait_for_answer(HOST_A, HOST_ADDRESS[HOST_B][1], patience=5)
    if took is None or took6 is None:
        tails = "\n".join(f"  log of {daemon.name}:\n{daemon.tail()}" for daemon in sites)
        raise Trouble(f"the hosts do not see each other within 5 s\n{tails}")


def prepare_hosts(driver):
    """AF_PACKET sees a host's GSO frames as one long frame, which is refused by name; this is the remedy that is named."""
    if driver == "af_packet":
        for host in (HOST_A, HOST_B):
            run("ethtool", "-K", "eth0", "tso", "off", "gso", "off", ns=host)


def do_row(net, row, options, folder):
    """(path MTUs passed, failed)"""
    sites = Sites(configured(row, options.driver, folder), options.build, folder)
    passed = failed = 0
    findings = Findings()
    try:
        net.path_mtu(PATH_MTUS[0])
        bring_up(sites)
        for path_mtu in PATH_MTUS:
            good = try_row(net, row, sites, folder, path_mtu, with_tcp=path_mtu == PATH_MTUS[0])
            passed, failed = passed + good, failed + (not good)
    except (Trouble, OSError, subprocess.SubprocessError) as trouble:
        say(report.line(row.payload, row.tunnel, *[""] * 8, "FAIL"))
        findings.expect(False, str(trouble))
        failed += 1
    finally:
        before = len(findings.lines)
        sites.stop(findings)
        failed += len(findings.lines) > before
    findings.show()
    if not failed:
        for name in os.listdir(folder):
            if name.endswith(".pcap"):
                os.unlink(os.path.join(folder, name))
    return passed, failed


def leave_standing(net, row, options, folder):
    """For --keep: the first row up again, and how to look around."""
    files = configured(row, options.driver, folder)
    net.path_mtu(PATH_MTUS[0])
    bring_up(Sites(files, options.build, folder))
    net.keep = True
    ctl = os.path.join(options.build, "apps", "amimectl", "amimectl")
    say(f"""
The sites are left standing with {', '.join(os.path.relpath(f, rows.TOP) for f in files)}. Look around:
  ip netns exec am-ha ping -M do -s 1472 10.1.0.2        a whole 1500-octet packet, never to be fragmented by anyone inside
  ip netns exec am-net tcpdump -ni to-a                  its two fragments on the Internet
  {ctl} -s site-a show tunnels
  {ctl} -s site-a explain tunnel to-b
  ip netns exec am-net ip route show                     the router; its locked MTUs are the path MTU
tools/demo or tools/demo --clean removes them.""")


def choose(options):
    if options.row:
        known = {row.name: row for row in rows.rows()}
        unknown = [name for name in options.row if name not in known]
        if unknown:
            raise Trouble(f"no row {unknown[0]}; there are: {' '.join(known)}")
        return [known[name] for name in options.row]
    return [row for row in rows.rows() if not options.quick or row.name in QUICK]


def arguments():
    parser = argparse.ArgumentParser(prog="tools/demo", description="Two sites and an Internet in network namespaces.")
    parser.add_argument("--build", default=os.path.join(rows.TOP, "build"), help="folder with the built programs")
    parser.add_argument("--logs", metavar="DIR", help="where logs and captures go (default: demo/ in the build folder)")
    parser.add_argument("--quick", action="store_true", help=f"only the rows {' '.join(QUICK)}")
    parser.add_argument("--row", action="append", metavar="NAME", help="only this row; may be given again")
    parser.add_argument("--driver", choices=("af_xdp", "af_packet"), help="another driver than the files name")
    parser.add_argument("--keep", action="store_true", help="leave the sites standing and say how to look around")
    parser.add_argument("--clean", action="store_true", help="only remove what --keep left standing")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    return options


def demo(options):
    """Exit status."""
    chosen = choose(options)
    folder = options.logs or os.path.join(options.build, "demo")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    begin, passed, failed = time.monotonic(), 0, 0
    with Net() as net:
        if options.clean:
            say("demo: nothing of ours is left")
            return 0
        say(report.PICTURE)
        prepare_hosts(options.driver)
        report.head()
        for row in chosen:
            good, bad = do_row(net, row, options, folder)
            passed, failed = passed + good, failed + bad
        if options.keep:
            leave_standing(net, chosen[0], options, folder)
    if failed:
        say(f"\nCaptures and logs of what failed are in {folder}")
    say(f"\ndemo: {len(chosen)} rows in {time.monotonic() - begin:.0f} s")
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("demo: interrupted; cleaned up"))
    try:
        return demo(arguments())
    except Trouble as trouble:
        report.complain(f"demo: {trouble}")
    except KeyboardInterrupt:
        report.complain("demo: interrupted; cleaned up")
    return 1


if __name__ == "__main__":
    sys.exit(main())
