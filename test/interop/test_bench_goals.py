#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each phase of tools/bench bgp has a goal for both figures, and one that is missed is found."""
from bench import CODEC_GOAL, PHASES, codec_missed, missed, summary
from world import expect

MET = {"cpu": 7.5, "peak": 80.0}
BIRD = {"cpu": 10.0, "peak": 100.0}


def run(phase=None, figure=None):
    """One run in which every goal is just met, but that one."""
    ours = {p: {f: MET[f] * (1.01 if (p, f) == (phase, figure) else 1) for f in MET} for p in PHASES}
    return {"amime-bgp": ours, "BIRD": {p: BIRD for p in PHASES}}


expect(not missed(summary([run()])), "a goal that is just met is met")
for name in PHASES:
    for kind in MET:
        found = [(row["phase"], row["figure"]) for row in missed(summary([run(name, kind)]))]
        expect(found == [(name, kind)], f"{name}, {kind}: a little more misses it")
expect(not codec_missed([{"routes": 10, "read_updates": CODEC_GOAL}]), "the codec just meets its goal")
expect(codec_missed([{"routes": 10, "read_updates": CODEC_GOAL - 1}]), "one UPDATE less misses it")
