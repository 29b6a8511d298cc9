#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The demo of the appliance: three routed sites in a triangle of GRE tunnels, and the boxes themselves.

usage: appliance.py [--build DIR] [--logs DIR] [--keep]
"""
import argparse
import contextlib
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

import pinger
import rows
import triangle
from daemon import Daemon
from netns import NET, Trouble, inside, run
from report import say
from triangle import A, B, C, SITES, Triangle, behind, box4, box6, host4, host6

SIZES = range(1100, 1501)
SHORT_SIZES = range(1100, triangle.SHORT_MTU + 1)
ANSWERS, PATIENCE = 20, 10  # that a session has at least, and how many seconds they may take
TCP_OCTETS = 12_000_000
PICTURE = """
  am-ha -- 10.1.1.0/24 -- am-a ----.                   .---- am-b -- 10.1.2.0/24 -- am-hb
                       10.255.0.1   `----- am-net ----'   10.255.0.2
                                             |                                    three GRE tunnels: a-b, b-c (over IPv6),
                                           am-c -- 10.1.3.0/24 -- am-hc           and a-c with a key and MTU 1400
                                        10.255.0.3
"""


class Checks:
    """Each is one line; what did not hold is said under it."""

    def __init__(self):
        self.passed = self.failed = 0

    def line(self, what, complaints):
        complaints = [text for text in complaints if text]
        say(f"{'FAIL' if complaints else 'ok  '}  {what}")
        for text in complaints:
            say(f"        BROKEN: {text}")
        self.passed, self.failed = self.passed + (not complaints), self.failed + bool(complaints)


def pings(ns, targets, sizes):
    """A complaint for each target that did not answer every size."""
    for to in targets:
        lost = pinger.ping(ns, to, sizes)
        yield lost and f"{ns} to {to}: {len(lost)} of {len(sizes)} sizes lost, first {lost[0]}"


def own_pings(site, to, source):
    """From the box itself, by its loopback address."""
    done = subprocess.run(["ip", "netns", "exec", site.edge, "ping", "-n", "-c", "3", "-i", "0.05", "-W", "1", "-I", source, to],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10)
    return done.returncode and f"{site.edge} from {source} to {to}: {done.stdout.strip().splitlines()[-2:]}"


def hops(ns, to, method):
    out = run("traceroute", "-n", "-q", "1", "-w", "1", "-m", "6", *method, to, ns=ns)
    return [line.split()[1] for line in out.splitlines()[1:]]


def traceroute(site, to, way, methods=((), ("-I",))):
    """UDP and ICMP, which must tell the same story."""
    for method in methods:
        seen = hops(site.host, to, method)
        yield seen != way and f"traceroute {' '.join(method)} {to}: {' '.join(seen)}, not {' '.join(way)}"


def path_mtu(site, to, expected):
    out = run("tracepath", "-n", "-m", "6", to, ns=site.host)
    found = re.search(r"Resume: pmtu (\d+)", out)
    return (not found or int(found.group(1)) != expected) and f"tracepath {to}: {out.strip().splitlines()[-1]}, not {expected}"


def tcp(source, to, ns):
    """Octets go all the way, both ways; what path MTU there is, TCP finds."""
    for way in ((), ("-R",)):
        with subprocess.Popen(["ip", "netns", "exec", ns, "iperf3", "-s", "-1", "--forceflush"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as server:
            try:
                if "listening" not in server.stdout.readline() + server.stdout.readline():
                    raise Trouble("iperf3 -s does not listen")
                run("iperf3", "-c", to, "-n", str(TCP_OCTETS), "-w", "256K", "--connect-timeout", "2000", *way, ns=source.host,
                    timeout=15)
            except (Trouble, subprocess.TimeoutExpired) as trouble:
                yield f"TCP {source.host} to {to} {''.join(way)}: {trouble}"
            finally:
                server.kill()


class Session:
    """One TCP connection to a box, a question and an answer each 5 ms, as somebody typing into it. waits() are the gaps."""

    def __init__(self, server_ns, client_ns, to):
        family = socket.AF_INET6 if ":" in to else socket.AF_INET
        with inside(server_ns):
            self.listener = socket.create_server(("", 0), family=family)
        self.port = self.listener.getsockname()[1]
        self.server = threading.Thread(target=self.serve, daemon=True)
        self.server.start()
        with inside(client_ns):
            self.client = socket.socket(family)
        self.client.settimeout(3)
        self.client.connect((to, self.port))
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waits, self.trouble, self.running = [], "", True
        self.thread = threading.Thread(target=self.talk)

    def serve(self):
        peer, _ = self.listener.accept()
        with peer, contextlib.suppress(OSError):
            while data := peer.recv(64):
                peer.sendall(data)

    def talk(self):
        try:
            for number in range(1 << 30):
                if not self.running:
                    return
                begin = time.monotonic()
                self.client.sendall(struct.pack("!I", number))
                if self.client.recv(4, socket.MSG_WAITALL) != struct.pack("!I", number):
                    raise OSError("another answer")
                self.waits.append(time.monotonic() - begin)
                time.sleep(0.005)
        except OSError as error:
            self.trouble = str(error)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.client.close()
        self.listener.close()

    def had_enough(self):
        """There are enough answers, or there will be no more."""
        return len(self.waits) >= ANSWERS or bool(self.trouble)

    def complaint(self):
        if self.trouble or not self.had_enough():
            return f"the session broke after {len(self.waits)} answers: {self.trouble or 'too few'}"
        return ""


def steered(checks):
    """TCP to the boxes' own addresses on the NIC that the tunnels use, while TCP through the tunnels fills it."""
    with Session(A.edge, NET, A.wan4 + ".1") as four, Session(B.edge, NET, B.wan6 + "1") as six:
        trouble, end = [*tcp(A, host4(B), B.host)], time.monotonic() + PATIENCE
        while not (trouble or four.had_enough() and six.had_enough()) and time.monotonic() < end:
            trouble = [*tcp(A, host4(B), B.host)]  # a fast machine is done before there were many questions
    worst = max([0.0, *four.waits, *six.waits]) * 1000
    checks.line(f"TCP to {A.wan4}.1 and {B.wan6}1 on steered NICs, while tunnels forward on them: {len(four.waits)} and"
                f" {len(six.waits)} answers, slowest {worst:.0f} ms", [*trouble, four.complaint(), six.complaint()])


def own_tcp(checks):
    """To the loopback addresses of the boxes, through a tunnel."""
    with Session(B.edge, A.host, box4(B)) as four, Session(C.edge, B.host, box6(C)) as six:
        end = time.monotonic() + PATIENCE
        while not (four.had_enough() and six.had_enough()) and time.monotonic() < end:
            time.sleep(0.02)
    checks.line(f"TCP from {A.host} to {box4(B)} and from {B.host} to {box6(C)}: the boxes' loopbacks",
                [four.complaint(), six.complaint()])


def pairs():
    return [(here, there) for here in SITES for there in SITES if here is not there]


def try_all(checks):
    for here, there in pairs():
        sizes = SHORT_SIZES if {here.letter, there.letter} == triangle.SHORT else SIZES
        checks.line(f"ping {here.host} to {there.host}: DF, {sizes[0]} to {sizes[-1]} octets, IPv4, IPv6, IPv4 by an IPv6 next hop",
                    pings(here.host, (host4(there), host6(there), behind(there)), sizes))
    for here in SITES:
        checks.line(f"ping {here.host} to the loopbacks of the three boxes",
                    pings(here.host, [address(site) for site in SITES for address in (box4, box6)], (100, 1280, 1400)))
    checks.line(f"ping from box {A.edge} by its loopback to {C.host} and box {B.edge}, and from {C.edge} to {B.host}",
                [own_pings(A, host4(C), box4(A)), own_pings(A, box6(B), box6(A)), own_pings(C, host6(B), box6(C))])
    for here, there in ((A, B), (C, A)):
        checks.line(f"traceroute {here.host} to {there.host}: both boxes, by their loopbacks",
                    [*traceroute(here, host4(there), [box4(here), box4(there), host4(there)]),
                     *traceroute(here, host6(there), [box6(here), box6(there), host6(there)])])
    checks.line(f"path MTU {A.host} to {C.host} is {triangle.SHORT_MTU}, and to {B.host} 1500",
                [path_mtu(A, host4(C), triangle.SHORT_MTU), path_mtu(A, host6(C), triangle.SHORT_MTU),
                 path_mtu(A, host4(B), 1500), path_mtu(A, host6(B), 1500)])
    for here, there in ((A, B), (B, C), (A, C)):
        checks.line(f"iperf3 {here.host} and {there.host}, both ways, IPv4 and IPv6: {TCP_OCTETS / 1e6:.0f} MB each",
                    [*tcp(here, host4(there), there.host), *tcp(here, host6(there), there.host)])
    own_tcp(checks)
    steered(checks)


def bring_up(build, folder):
    daemons = [Daemon(site.edge, triangle.file_of(site), build, folder) for site in SITES]
    for daemon in daemons:
        daemon.start()
    for here, there in pairs():
        for to in (host4(there), host6(there)):
            if pinger.wait_for_answer(here.host, to, patience=5) is None:
                logs = "\n".join(f"  log of {daemon.name}:\n{daemon.tail()}" for daemon in daemons)
                raise Trouble(f"{here.host} does not reach {to} within 5 s\n{logs}")
    return daemons


def stop(checks, daemons):
    complaints = []
    for daemon in daemons:
        try:
            daemon.stop()
        except Trouble as trouble:
            complaints.append(str(trouble))
    checks.line("the daemons end when told to", complaints)


def demo(options):
    """Exit status."""
    shutil.rmtree(options.logs, ignore_errors=True)
    os.makedirs(options.logs)
    begin, checks = time.monotonic(), Checks()
    with Triangle() as net:
        say(PICTURE)
        daemons = bring_up(options.build, options.logs)
        try:
            try_all(checks)
        except (Trouble, OSError, subprocess.SubprocessError) as trouble:
            checks.line("the demo itself", [str(trouble)])
        if options.keep:
            net.keep = True
            say(f"""
The sites are left standing with {os.path.relpath(os.path.dirname(triangle.file_of(A)), rows.TOP)}/. Look around:
  ip netns exec am-ha traceroute -n 10.1.3.1
  {os.path.join(options.build, 'apps', 'amimectl', 'amimectl')} -s site-a show routes
tools/demo --clean removes them.""")
        else:
            stop(checks, daemons)
    if checks.failed:
        say(f"\nLogs of the daemons are in {options.logs}")
    say(f"\ndemo appliance: {time.monotonic() - begin:.0f} s")
    say(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


def main():
    parser = argparse.ArgumentParser(prog="tools/demo appliance", description="Three routed sites in network namespaces.")
    parser.add_argument("--build", default=os.path.join(rows.TOP, "build"), help="folder with the built programs")
    parser.add_argument("--logs", metavar="DIR", help="where logs go (default: demo-appliance/ in the build folder)")
    parser.add_argument("--keep", action="store_true", help="leave the sites standing and say how to look around")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    options.logs = options.logs or os.path.join(options.build, "demo-appliance")
    try:
        return demo(options)
    except Trouble as trouble:
        print(f"demo: {trouble}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
