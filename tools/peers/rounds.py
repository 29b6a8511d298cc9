# SPDX-License-Identifier: BSD-3-Clause
"""Taking turns: every contestant of a case is up, all but one stand still, and each gets the core in every round."""
import dataclasses
import statistics
import time

SETTLE = 0.12        # seconds that a contestant runs before its sample: its caches and tables are warm again
SLOW_PERCENT = 115   # a probe of more than this of the fastest: the core was slow
BUSY_PERCENT = 90    # of a sample's time the worker must have had the core: what came between leaves cold caches
TIMES = 3            # at most so many times the rounds asked for, while samples are left out


@dataclasses.dataclass
class Sample:
    cycles: float  # per unit, of the time that the worker had the core
    loss: float    # part of the frames that did not come out
    busy: float    # part of the time that the worker had the core
    probe: int     # the slower of the probes before and after
    fate: str = "kept"


class Contestant:
    """One program at work, and its samples. A unit is a frame inside the tunnel; ins and outs are packets of each."""

    def __init__(self, name, plane, ins, outs):
        self.name, self.plane, self.ins, self.outs = name, plane, ins, outs
        self.samples = []

    def sample(self, clock, cpu, seconds):
        before = clock.probe(cpu)
        self.plane.thaw()
        time.sleep(SETTLE)
        first = self.reading(clock)
        time.sleep(seconds)
        last = self.reading(clock)
        self.plane.freeze()
        probe = max(before, clock.probe(cpu))
        self.samples.append(self.evaluate(first, last, probe))

    def reading(self, clock):
        """Counters and times of one moment: the counters are read in between."""
        early, busy = clock.cycles(), self.plane.busy_ns()
        came, went = self.plane.counts()
        late = clock.cycles()
        return (early + late) / 2, time.monotonic_ns(), busy, came / self.ins, went / self.outs

    @staticmethod
    def evaluate(first, last, probe):
        cycles, ns, busy_ns, came, went = (b - a for a, b in zip(first, last))
        busy = min(busy_ns / ns, 1.0)
        return Sample(cycles=cycles * busy / went if went else float("inf"), loss=1 - went / came if came else 1.0,
                      busy=busy, probe=probe)


def take(contestants, clock, cpu, rounds, seconds, progress):
    """Go round until there are as many rounds as asked for in which everybody's sample counts."""
    whole = taken = 0
    while whole < rounds and taken < TIMES * rounds:
        taken += 1
        for contestant in contestants:
            progress(f"round {taken}, {whole} of {rounds} are good: {contestant.name}")
            contestant.sample(clock, cpu, seconds)
        judge(contestants)
        whole = sum(all(s.fate == "kept" for s in row) for row in zip(*(c.samples for c in contestants)))


def judge(contestants):
    """Say of each sample whether it counts."""
    fastest = min(s.probe for c in contestants for s in c.samples)
    for contestant in contestants:
        for sample in contestant.samples:
            slow, taken = sample.probe * 100 > fastest * SLOW_PERCENT, sample.busy * 100 < BUSY_PERCENT
            sample.fate = "slow" if slow else "interrupted" if taken else "kept"


@dataclasses.dataclass
class Spread:
    median: float
    low: float
    high: float
    n: int


def spread(values):
    """Median and quartiles; None where there is nothing."""
    values = sorted(values)
    if not values:
        return None
    if len(values) < 4:
        return Spread(statistics.median(values), values[0], values[-1], len(values))
    low, _, high = statistics.quantiles(values, n=4)
    return Spread(statistics.median(values), low, high, len(values))
