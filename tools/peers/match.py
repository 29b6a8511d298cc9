# SPDX-License-Identifier: BSD-3-Clause
"""One case: each peer shows first that it does the work, then all take turns on the core."""
import contextlib
import os
import time

import frames
import rounds
from cases import FRAMES, TRIALS, Files
from process import Trouble
from progress import progress

CHECK_PATIENCE = 3.0  # seconds for all frames of a file to come out
QUIET = 0.3           # seconds without a new one: no more come


def all_out(plane, expected):
    """Wait until so many packets came out, or no more do."""
    end, last, still = time.monotonic() + CHECK_PATIENCE, -1, time.monotonic()
    while time.monotonic() < end:
        _, went = plane.counts()
        if went >= expected:
            return
        if went != last:
            last, still = went, time.monotonic()
        elif went and time.monotonic() - still > QUIET:
            return
        time.sleep(0.02)


def inspect(case, peer, seen):
    """None where out came what must; else in words what is wrong. What came in before a peer was ready may be missing."""
    if not seen:
        return "drops all"
    inside, cuts = seen, 0
    if case.way == "encap":
        try:
            inside, cuts = frames.unwrap(seen, peer.protocol, case.link_mtu)
        except frames.Malformed as malformed:
            return f"wrong output: {malformed}"
    wanted = case.inside()
    if set(inside) != set(wanted) or len(inside) < len(wanted):
        return f"wrong output: {len(inside)} frames, {len(set(inside) - set(wanted))} of them are none that were sent"
    if cuts != (len(inside) if case.outs > 1 else 0):
        return f"wrong output: {cuts} of {len(inside)} came in two fragments"
    return None


def show_work(case, peer, files, folder, cpu):
    """The file through the peer and into a file."""
    out = os.path.join(folder, f"{case.name}-{peer.name}-out.pcap")
    progress(f"{case.name}: what does {peer.name} make of {FRAMES} frames?")
    plane = peer.show(case, files.source(peer.form), out, cpu)
    try:
        all_out(plane, TRIALS * FRAMES * case.outs)
        said = plane.complaint()
    finally:
        plane.stop()
    return inspect(case, peer, frames.read_pcap(out)) or (f"wrong counters: {said}" if said else None)


class Result:
    """Of one case: a contestant for each peer and each floor, and what kept a peer out."""

    def __init__(self, case):
        self.case = case
        self.contestants = {}  # name: Contestant
        self.floor_of = {}     # name of all others: name of its floor
        self.refused = {}      # name of a peer: why it was not measured
        self.complaints = {}   # name of a contestant: what its own counters say that must not be


def null_of(name):
    """The same program with nothing to do but receive and send."""
    return f"{name}-null"


def contestants(case, able, cpu, stack):
    """Start everybody; each stands still as soon as it runs. Yields (contestant, name of its floor; None: it is one)."""
    floors = {}

    def ready(name, plane, ins, outs):
        stack.callback(plane.stop)
        plane.freeze()
        return rounds.Contestant(name, plane, ins, outs)

    for peer, source in able:
        key = peer.floor_key(source)
        name = floors.get(key, f"floor-{peer.name}")
        progress(f"{case.name}: starting {peer.name}")
        yield ready(peer.name, peer.start(case, source, cpu), case.ins, case.outs), name
        if hasattr(peer, "start_null"):
            yield ready(null_of(peer.name), peer.start_null(case, source, cpu), case.ins, case.ins), name
        if key not in floors:
            floors[key] = name
            yield ready(name, peer.start_floor(source, cpu), case.ins, case.ins), None


def hear(result):
    """What each says when all samples are taken."""
    for name, contestant in result.contestants.items():
        contestant.plane.thaw()
        said = contestant.plane.complaint()
        contestant.plane.freeze()
        if said:
            result.complaints[name] = said


def play(case, peers, clock, options):
    result, files, able = Result(case), Files(case, options.logs), []
    for peer in peers:
        wrong = show_work(case, peer, files, options.logs, options.cpu)
        if wrong:
            result.refused[peer.name] = wrong
        else:
            able.append((peer, files.source(peer.form)))
    if "amime" in result.refused:
        raise Trouble(f"{case.name}: amimed {result.refused['amime']}; its files are in {options.logs}")
    with contextlib.ExitStack() as stack:
        for contestant, its_floor in contestants(case, able, options.cpu, stack):
            result.contestants[contestant.name] = contestant
            if its_floor:
                result.floor_of[contestant.name] = its_floor
        rounds.take(list(result.contestants.values()), clock, options.cpu, options.rounds, options.seconds,
                    lambda text: progress(f"{case.name}: {text}"))
        hear(result)
    progress("")
    return result
