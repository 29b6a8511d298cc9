# SPDX-License-Identifier: BSD-3-Clause
"""Real traffic between ordinary hosts, through what stands at the edges of two sites; the setups take turns.

A site's host and its edge share a core, as on a small box: what an edge spends, the host lacks. So rates compare setups of one
run, and say nothing about a box of its own. "Anywhere" leaves the hosts to the scheduler.
"""
import collections
import contextlib
import math
import os
import statistics
import time

import rounds
import sites
from process import Trouble
from progress import progress
from result import MET, MISSED, Result, row

IDLE_SECONDS = 3  # of a sample: the clock of CPU times ticks each 10 ms, a third of a percent of that
IDLE_SAMPLES = 5  # at least, however few the rounds
PINGS, PING_SECONDS = 100, 0.01
DRIVERS = ("af_xdp", "af_packet")
LATENCY_GOAL_US, IDLE_GOAL_PERCENT, RATE_GOAL = 250, 5, 1.0
KERNEL = "vxlan/kernel"
LINE = "{:<20} {:>16} {:>16} {:>11} {:>12} {:>14}"
OTHER_LINE = "{:<20} {:>16} {:>12}"
BBR = "bbr"

# One way to use TCP. Placed: a site's host has the core of its edge.
Use = collections.namedtuple("Use", "name about flows congestion placed goal")


def ordinary(congestion):
    return tuple(Use(f"tcp-{flows}", f"TCP, flows: {flows}", flows, congestion, True, RATE_GOAL) for flows in (1, 64))


def other(congestion):
    """What hosts may do as well. BBR has a timer for each flow, and does not slow down where something is lost."""
    yield Use("tcp-64-anywhere", "TCP, flows: 64, anywhere", 64, congestion, False, RATE_GOAL)
    if sites.has_congestion(BBR):
        yield Use("tcp-1-bbr", "TCP, flows: 1, BBR", 1, BBR, True, RATE_GOAL)
        yield Use("tcp-64-bbr", "TCP, flows: 64, BBR", 64, BBR, True, RATE_GOAL)
        yield Use("tcp-64-bbr-anywhere", "TCP, flows: 64, BBR, anywhere", 64, BBR, False, RATE_GOAL)


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
    """One setup and what was seen of it: what ordinary use carries, and other use where it is asked for."""

    def __init__(self, setup, folder, uses):
        self.setup, self.name, self.uses = setup, setup.name, uses
        setup.connect()
        setup.start(folder)
        setup.reachable()
        self.iperf = sites.Iperf(setup, folder)
        self.rates = {use: [] for use in uses}
        self.again = dict.fromkeys(uses, 0)
        self.pings = []
        self.idle = {daemon: [] for daemon in setup.daemons()}

    def tcp(self, use, seconds):
        rate, again = self.iperf.tcp(use.flows, seconds, 1, use.congestion, use.placed)
        self.rates[use].append(rate)
        self.again[use] += again

    def ping(self):
        self.pings.append(statistics.median(sites.ping(self.setup, PINGS, PING_SECONDS)))

    def busier(self):
        """Of each rest what the busier daemon took; nothing where there are none."""
        return [max(both) for both in zip(*self.idle.values())]


def rest(measured):
    """The part of a core that each daemon takes while nothing happens, in percent."""
    daemons = [(daemon, samples) for one in measured for daemon, samples in one.idle.items()]
    before = [sites.cpu_seconds(daemon.pid) for daemon, _ in daemons]
    begin = time.monotonic()
    time.sleep(IDLE_SECONDS)
    took = time.monotonic() - begin
    for (daemon, samples), first in zip(daemons, before):
        samples.append(100 * (sites.cpu_seconds(daemon.pid) - first) / took)


def take_turns(measured, options):
    """All rounds. Daemons rest before the first, when they have just started, and after each, when they had traffic."""
    progress("nothing happens")
    rest(measured)
    rests = max(1, math.ceil((IDLE_SAMPLES - 1) / options.rounds))
    for number in range(options.rounds):
        turn = f"round {number + 1} of {options.rounds}"
        take_round(measured, turn, options.seconds)
        progress(f"{turn}: nothing happens")
        for _ in range(rests):
            rest(measured)


def take_round(measured, turn, seconds):
    for one in measured:
        progress(f"{turn}: {one.name}: ping")
        one.ping()
    for use in dict.fromkeys(use for one in measured for use in one.uses):
        for one in measured:
            if use in one.uses:
                progress(f"{turn}: {one.name}: {use.about}")
                one.tcp(use, seconds)


def fragments(measured):
    """What the edges sent in two, by the one who knows: a setup whose tunnel does not fragment is not what was to be measured."""
    for one in measured:
        said = one.setup.fragmented()
        if said == 0:
            raise Trouble(f"{one.name}: nothing was fragmented outside")


def uses_of(name, options):
    """Other use is what the default driver is compared in, beside what it is compared with."""
    asked = ordinary(options.congestion)
    if options.quick or name not in (KERNEL, tunnel_of(DRIVERS[0]), forward_of(DRIVERS[0])):
        return asked
    return (*asked, *other(options.congestion))


def measure(options):
    with contextlib.ExitStack() as stack:
        measured = []
        for setup in setups(options.program("amimed"), options.quick):
            progress(f"building {setup.name}")
            stack.callback(setup.close)
            measured.append(Measured(setup, options.logs, uses_of(setup.name, options)))
        take_turns(measured, options)
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
        text = f"{self.about:<62} {s.median:8.2f} ({s.low:.2f}-{s.high:.2f}) {self.unit}"
        if self.goal is None:
            return text
        return f"{text}; goal at {'least' if self.more else 'most'} {self.goal:g}: {'pass' if self.met() else 'FAIL'}"

    def row(self):
        return row(self.name, self.about, self.unit, self.samples, goal=self.goal, better="more" if self.more else "less")


class Bound(Goal):
    """What no sample may exceed: a promise of each moment, and a median would not show where it is broken."""

    def met(self):
        return max(self.samples) <= self.goal

    def line(self):
        middle, low, high = statistics.median(self.samples), min(self.samples), max(self.samples)
        return (f"{self.about:<62} {middle:8.2f} ({low:.2f}-{high:.2f}, least-most of {len(self.samples)}) {self.unit}; "
                f"goal of the worst at most {self.goal:g}: {'pass' if self.met() else 'FAIL'}")

    def row(self):
        return row(self.name, f"{self.about}; the worst sample counts", self.unit, self.samples, goal=self.goal)


def goals(measured):
    by_name = {one.name: one for one in measured}
    kernel = by_name[KERNEL]
    for driver in DRIVERS:
        ours, forward = by_name[tunnel_of(driver)], by_name[forward_of(driver)]
        for use in ours.uses:
            for beside in (kernel, forward):
                # The default driver is judged.
                goal = use.goal if driver == DRIVERS[0] and beside is kernel else None
                yield Goal(f"ratio/{use.name} {ours.name}:{beside.name}", f"{use.about}, {ours.name} to {beside.name}",
                           "ratio", [a / b for a, b in zip(ours.rates[use], beside.rates[use])], goal, more=True)
        yield Goal(f"above-forward/{driver}", f"ping through 2 idle boxes, {ours.name} above {forward.name}", "us",
                   [a - b for a, b in zip(ours.pings, forward.pings)], LATENCY_GOAL_US)
        if "forward/kernel" in by_name:
            bridge = by_name["forward/kernel"]
            yield Goal(f"above-bridge/{driver}", f"the same above {bridge.name}, which never sleeps", "us",
                       [a - b for a, b in zip(ours.pings, bridge.pings)])
        yield Bound(f"idle/{driver}", f"CPU of the busier idle daemon, {ours.name}", "%", ours.busier(), IDLE_GOAL_PERCENT)


def rate(samples, digits=0):
    low, middle, high = (f"{value:.{digits}f}" for value in (min(samples), statistics.median(samples), max(samples)))
    return f"{middle} ({low}-{high})"


def other_table(measured):
    """Other use, a part for each."""
    for use in dict.fromkeys(use for one in measured for use in one.uses[2:]):
        yield f"\n{use.about} ({use.congestion}): median Mbit/s, segments resent"
        for one in measured:
            if use in one.uses:
                yield OTHER_LINE.format(one.name, rate(one.rates[use]), one.again[use])


def table(measured):
    yield "TCP between hosts of two sites, MTU 1500 over 1500: median Mbit/s (least-most), segments resent; ping: median round trip"
    yield "idle: % of a core that the busier daemon took in each rest, median (least-most)"
    yield "dropped: in all runs, those of other use too\n"
    ways = measured[0].uses[:2]
    yield LINE.format("SETUP", *(f"TCP x {use.flows}" for use in ways), "RESENT", "PING us", "IDLE %")
    for one in measured:
        idle = rate(one.busier(), 1) if one.idle else ""
        yield LINE.format(one.name, *(rate(one.rates[use]) for use in ways), "/".join(str(one.again[use]) for use in ways),
                          f"{statistics.median(one.pings):.0f}", idle)
        for what, count in one.losses.items():
            yield f"{'':20} dropped: {what} {count}"
    yield from other_table(measured)
    yield ""
    for goal in goals(measured):
        yield goal.line()


def rows(measured):
    for one in measured:
        for use in one.uses:
            yield row(f"{use.name}/{one.name}", use.about, "Mbit/s", one.rates[use], better="more")
        yield row(f"ping/{one.name}", f"median of {PINGS} round trips", "us", one.pings)
        for site, samples in zip("ab", one.idle.values()):
            yield row(f"idle/{one.name}/{site}", f"CPU of site {site}'s daemon while nothing happens", "%", samples)
    for goal in goals(measured):
        yield goal.row()


# Programs, and the Debian packages that have them.
def needed(_options):
    return {"iperf3": "iperf3", "ping": "iputils-ping", "ethtool": "ethtool"}


def compare(options):
    """(result, lines of the table, exit status)"""
    settings = {"rounds": options.rounds, "seconds": options.seconds, "cpus": os.cpu_count(), "congestion": options.congestion}
    result = Result("traffic", options.program("amime-bench"), {"iperf3": sites.iperf_version()}, settings)
    measured = measure(options)
    result.add(*rows(measured))
    return result, list(table(measured)), MET if all(goal.met() for goal in goals(measured)) else MISSED
