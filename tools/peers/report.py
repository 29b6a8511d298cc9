# SPDX-License-Identifier: BSD-3-Clause
"""What the peers cost: a table for people, and rows for a result file."""
import math
import statistics

import rounds
from match import null_of
from result import MET, MISSED, NOT_JUDGED, row

LEAST_ROUNDS = 5  # of a ratio that is judged: where there are fewer, two that were disturbed decide the median
JUDGED = "ovs"  # beside it goals are
LOSS = 0.005  # of the frames: more is said, and judges nothing
LINE = "{:<17} {:<8} {:>8} {:>17} {:>8} {:>8} {:>7} {:>5}  {}"


def net(result, name, base=None):
    """Cycles less those of the floor, or of another base, round by round: {round: cycles}"""
    mine, floor = (result.contestants[n].samples for n in (name, base or result.floor_of[name]))
    return {i: a.cycles - b.cycles for i, (a, b) in enumerate(zip(mine, floor)) if a.fate == b.fate == "kept"}


def ratios(result, other, base=None):
    """Ours to another's, net, round by round. Base: what is taken off the other instead of its floor."""
    ours, theirs = net(result, "amime"), net(result, other, base)
    return [ours[i] / theirs[i] for i in sorted(ours.keys() & theirs.keys()) if theirs[i] > 0]


def others(result):
    return [name for name in result.floor_of if name != "amime" and name not in map(null_of, result.floor_of)]


def judged(result, other):
    return result.case.goal if other == JUDGED and result.case.goal else None


def verdict(result, other):
    """(spread of the ratio, None where there is no goal, or what became of it: MET, MISSED or NOT_JUDGED)"""
    ratio, goal = rounds.spread(ratios(result, other)), judged(result, other)
    if goal is None:
        return ratio, None
    if not ratio or ratio.n < LEAST_ROUNDS or doubt(result, other):
        return ratio, NOT_JUDGED
    return ratio, MET if ratio.median <= goal else MISSED


def lost(result, name):
    return statistics.median(s.loss for s in result.contestants[name].samples)


def doubt(result, other):
    """Why a ratio says nothing however many rounds it has; empty where it does."""
    losers = [name for name in ("amime", other) if lost(result, name) > LOSS]
    if losers:
        return f"{' and '.join(losers)} lost frames, and what is left costs more"
    if any(cycles <= 0 for cycles in net(result, other).values()):
        return f"{other} had rounds below its floor, which a ratio leaves out"
    return ""


def unmeasured(result):
    """There is a goal, and no measurement of whom it is beside."""
    return bool(result.case.goal and JUDGED in result.refused)


def status(results):
    """MET where every goal is and every peer did what it said. A goal that is missed weighs more than one that cannot be judged."""
    fates = {verdict(r, other)[1] for r in results for other in others(r)} | {NOT_JUDGED for r in results if unmeasured(r)}
    wrong = [why for r in results for why in r.refused.values() if why.startswith("wrong")]
    if MISSED in fates or wrong or any(r.complaints for r in results):
        return MISSED
    return NOT_JUDGED if NOT_JUDGED in fates else MET


def table(results, machine, peers, settings, absent):
    """All lines of it; absent: {name of a peer that takes no part: why}."""
    hertz = machine["tsc_hz"]
    yield (f"{machine['cpu']}, TSC {hertz / 1e6:.0f} MHz, core {machine['core_hz'] / 1e6:.0f} MHz at best, CPU {settings['cpu']} of "
           f"{machine['cpus']}, {machine['kernel']}, {settings['memory']}")
    for peer in peers:
        yield f"  {peer.name}: {peer.title} ({peer.version()})"
        if hasattr(peer, "null_title"):
            yield f"  {null_of(peer.name)}: {peer.null_title}"
    for name, why in absent.items():
        yield f"  {name}: takes no part: {why}"
    yield "TSC cycles a frame, median and quartiles; net: less the floor, which only receives and sends, round by round\n"
    yield LINE.format("CASE", "PEER", "CYCLES", "QUARTILES", "FLOOR", "NET", "MPPS", "KEPT", "")
    for result in results:
        yield from case_lines(result, hertz)


def case_lines(result, hertz):
    for name in result.floor_of:
        yield peer_line(result, name, hertz)
    for name, why in result.refused.items():
        yield LINE.format(result.case.name, name, *["-"] * 5, "", why)
    if unmeasured(result):
        yield f"{'':17} amime / {JUDGED}: goal {result.case.goal}: not judged, since {JUDGED} was not measured"
    for name, complaint in result.complaints.items():
        yield f"{'':17} {name}, its own counters: {complaint}"
    for other in others(result):
        ratio, fate = verdict(result, other)
        goal = "" if fate is None else f"; goal {result.case.goal}: {in_words(ratio, fate, doubt(result, other))}"
        yield f"{'':17} amime / {other}, net: {said(ratio)}{goal}"
        null = null_of(other)
        if null in result.contestants:
            yield f"{'':17} amime / {other} less {null}: {said(rounds.spread(ratios(result, other, null)))}"


def in_words(ratio, fate, why):
    if fate == NOT_JUDGED and why:
        return f"not judged, since {why}"
    if fate == NOT_JUDGED:
        return (f"not judged, {ratio.n if ratio else 0} whole rounds where it wants {LEAST_ROUNDS}: "
                "run it with more --rounds, on a machine with nothing else to do")
    return "pass" if fate == MET else "FAIL"


def said(ratio):
    return f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f}, {ratio.n} rounds)" if ratio else "no round to trust"


def peer_line(result, name, hertz):
    mine, base = (rounds.spread([s.cycles for s in result.contestants[n].samples if s.fate == "kept"])
                  for n in (name, result.floor_of[name]))
    less = rounds.spread(net(result, name).values())
    if not mine or not base or not less:
        return LINE.format(result.case.name, name, *["-"] * 5, "0", "no sample to trust")
    loss = lost(result, name)
    return LINE.format(result.case.name, name, f"{mine.median:.1f}", f"{mine.low:.1f}-{mine.high:.1f}", f"{base.median:.1f}",
                       f"{less.median:.1f}", f"{hertz / mine.median / 1e6:.2f}", mine.n,
                       f"loses {loss:.1%}" if loss > LOSS else "")


def rows(result, titles):
    """For the result file."""
    case = result.case
    for name, contestant in result.contestants.items():
        floor = result.floor_of.get(name)
        about = f"{case.about}: {titles[name]}" if floor else "the same source and sink, and nothing between"
        yield row(f"{case.name}/{name}", about, "cycles", [(s.cycles, s.probe, s.fate) for s in contestant.samples
                                                           if math.isfinite(s.cycles)],
                  per="frame", null=f"{case.name}/{floor}" if floor else None)
    for other in others(result):
        yield row(f"ratio/{case.name} amime:{other}", f"{case.about}, net cycles round by round", "ratio", ratios(result, other),
                  goal=judged(result, other))
        null = null_of(other)
        if null in result.contestants:
            yield row(f"ratio/{case.name} amime:{other} less {null}", f"{case.about}, {other}'s own forwarding taken off it", "ratio",
                      ratios(result, other, null))
