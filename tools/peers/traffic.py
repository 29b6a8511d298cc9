# SPDX-License-Identifier: BSD-3-Clause
"""Real traffic between ordinary hosts, through what stands at the edges of two sites; the setups take turns.

A site's host and its edge share a core, as on a small box: what an edge spends, the host lacks. So rates compare setups of one
run, and say nothing about a box of its own.
"""
import contextlib
import os
import statistics
import time

import rounds
import sites
from process import Trouble
from progress import progress
from result import Result, row

FLOWS = (1, 64)
IDLE_SECONDS = 3
PINGS, PING_SECONDS = 100, 0.01
DRIVERS = ("af_xdp", "af_packet")
LATENCY_GOAL_US, IDLE_GOAL_PERCENT, RATE_GOAL = 250, 5, 1.0
KERNEL = "vxlan/kernel"
LINE = "{:<20} {:>16} {:>16} {:>11} {:>12} {:>6}"


def forward_of(driver):
    return f"forward/{driver}"


def tunnel_of(driver):
    return f"amime/{driver}"


def setups(program, quick):
    """Everything that is compared. Offloads are off but where the name says otherwise."""
    yield sites.KernelVxlan(KERNEL, False)
    for driver in DRIVERS:
        yield sites.Amime(tunnel_of(driver), False, program, driver)
        yield sites.Amime(forward_of(driver), False, program, driver, forward=True)
    if not quick:
        yield sites.KernelForward("forward/kernel", False)
        yield sites.KernelVxlan("vxlan/kernel-as-is", True)
        yield sites.Amime("amime/af_xdp-as-is", True, program, "af_xdp")


class Measured:
    """One setup and what was seen of it."""

    def __init__(self, setup, folder, congestion):
        self.setup, self.name = setup, setup.name
        setup.connect()
        setup.start(folder)
        setup.reachable()
        self.iperf = sites.Iperf(setup, folder, congestion)
        self.rates = {flows: [] for flows in FLOWS}
        self.again = {flows: 0 for flows in FLOWS}
        self.pings, self.idle = [], []

    def tcp(self, flows, seconds):
        rate, again = self.iperf.tcp(flows, seconds, omit=1)
        self.rates[flows].append(rate)
        self.again[flows] += again

    def ping(self):
        self.pings.append(statistics.median(sites.ping(self.setup, PINGS, PING_SECONDS)))


def rest(measured):
    """The part of a core that each daemon takes while nothing happens, in percent."""
    daemons = [(one, d.pid) for one in measured for d in one.setup.daemons()]
    before = [sites.cpu_seconds(pid) for _, pid in daemons]
    begin = time.monotonic()
    time.sleep(IDLE_SECONDS)
    took = time.monotonic() - begin
    for (one, pid), first in zip(daemons, before):
        one.idle.append(100 * (sites.cpu_seconds(pid) - first) / took)


def fragments(measured):
    """What the edges sent in two, by the one who knows: a setup whose tunnel does not fragment is not what was to be measured."""
    for one in measured:
        said = one.setup.fragmented()
        if said == 0:
            raise Trouble(f"{one.name}: nothing was fragmented outside")


def measure(options):
    with contextlib.ExitStack() as stack:
        measured = []
        for setup in setups(options.program("amimed"), options.quick):
            progress(f"building {setup.name}")
            stack.callback(setup.close)
            measured.append(Measured(setup, options.logs, options.congestion))
        progress("nothing happens")
        rest(measured)
        for number in range(options.rounds):
            turn = f"round {number + 1} of {options.rounds}"
            for one in measured:
                progress(f"{turn}: {one.name}: ping")
                one.ping()
            for flows in FLOWS:
                for one in measured:
                    progress(f"{turn}: {one.name}: TCP, flows: {flows}")
                    one.tcp(flows, options.seconds)
        fragments(measured)
        for one in measured:
            one.losses = one.setup.losses()
    progress("")
    return measured


# ---- judging ----

class Goal:
    """A number of one driver's setup, from pairs of one round, against a bound where there is one."""

    def __init__(self, name, about, unit, samples, goal=None, more=False):
        self.name, self.about, self.unit, self.samples, self.goal, self.more = name, about, unit, samples, goal, more
        self.spread = rounds.spread(samples)

    def met(self):
        if self.goal is None:
            return True
        return self.spread.median >= self.goal if self.more else self.spread.median <= self.goal

    def line(self):
        s = self.spread
        text = f"{self.about:<56} {s.median:8.2f} ({s.low:.2f}-{s.high:.2f}) {self.unit}"
        if self.goal is None:
            return text
        return f"{text}; goal at {'least' if self.more else 'most'} {self.goal:g}: {'pass' if self.met() else 'FAIL'}"

    def row(self):
        return row(self.name, self.about, self.unit, self.samples, goal=self.goal, better="more" if self.more else "less")


def goals(measured):
    by_name = {one.name: one for one in measured}
    kernel = by_name[KERNEL]
    for driver in DRIVERS:
        ours, forward = by_name[tunnel_of(driver)], by_name[forward_of(driver)]
        for flows in FLOWS:
            for other in (kernel, forward):
                # The default driver is judged.
                goal = RATE_GOAL if driver == DRIVERS[0] and other is kernel else None
                yield Goal(f"ratio/tcp-{flows} {ours.name}:{other.name}", f"TCP, flows: {flows}, {ours.name} to {other.name}",
                           "ratio", [a / b for a, b in zip(ours.rates[flows], other.rates[flows])], goal, more=True)
        yield Goal(f"above-forward/{driver}", f"ping through 2 idle boxes, {ours.name} above {forward.name}", "us",
                   [a - b for a, b in zip(ours.pings, forward.pings)], LATENCY_GOAL_US)
        if "forward/kernel" in by_name:
            bridge = by_name["forward/kernel"]
            yield Goal(f"above-bridge/{driver}", f"the same above {bridge.name}, which never sleeps", "us",
                       [a - b for a, b in zip(ours.pings, bridge.pings)])
        yield Goal(f"idle/{driver}", f"CPU of the busier idle daemon, {ours.name}", "%", [max(ours.idle)], IDLE_GOAL_PERCENT)


def table(measured):
    yield "TCP between hosts of two sites, MTU 1500 over 1500: median Mbit/s (least-most), segments resent; ping: median round trip\n"
    yield LINE.format("SETUP", *(f"TCP x {f}" for f in FLOWS), "RESENT", "PING us", "IDLE")
    for one in measured:
        rates = [f"{statistics.median(r):.0f} ({min(r):.0f}-{max(r):.0f})" for r in one.rates.values()]
        idle = f"{max(one.idle):.1f}%" if one.idle else ""
        yield LINE.format(one.name, *rates, "/".join(map(str, one.again.values())), f"{statistics.median(one.pings):.0f}", idle)
        for what, count in one.losses.items():
            yield f"{'':20} dropped: {what} {count}"
    yield ""
    for goal in goals(measured):
        yield goal.line()


def rows(measured):
    for one in measured:
        for flows in FLOWS:
            yield row(f"tcp-{flows}/{one.name}", f"TCP, flows: {flows}", "Mbit/s", one.rates[flows], better="more")
        yield row(f"ping/{one.name}", f"median of {PINGS} round trips", "us", one.pings)
    for goal in goals(measured):
        yield goal.row()


# Programs, and the Debian packages that have them.
def needed(_options):
    return {"iperf3": "iperf3", "ping": "iputils-ping", "ethtool": "ethtool"}


def compare(options):
    """(result, lines of the table, whether all goals are met)"""
    settings = {"rounds": options.rounds, "seconds": options.seconds, "cpus": os.cpu_count(), "congestion": options.congestion}
    result = Result("traffic", options.program("amime-bench"), {"iperf3": sites.iperf_version()}, settings)
    measured = measure(options)
    result.add(*rows(measured))
    return result, list(table(measured)), all(goal.met() for goal in goals(measured))
