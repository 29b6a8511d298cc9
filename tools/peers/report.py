# SPDX-License-Identifier: BSD-3-Clause
"""Results for people, and for programs."""
import dataclasses
import json
import os
import platform
import statistics
import sys

import rounds


def cpu_model():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")


def net(result, name):
    """Cycles less those of the floor, round by round: {round: cycles}"""
    mine, floor = (result.contestants[n].samples for n in (name, result.floor_of[name]))
    return {i: a.cycles - b.cycles for i, (a, b) in enumerate(zip(mine, floor)) if a.fate == b.fate == "kept"}


def ratios(result, name, other):
    ours, theirs = net(result, name), net(result, other)
    return [ours[i] / theirs[i] for i in sorted(ours.keys() & theirs.keys()) if theirs[i] > 0]


def verdict(result):
    """(spread of the ratio to OVS-DPDK, "pass", "FAIL" or "-")"""
    if "ovs" not in result.contestants:
        return None, "-"
    ratio = rounds.spread(ratios(result, "amime", "ovs"))
    if not result.case.goal:
        return ratio, "-"
    return ratio, "pass" if ratio and ratio.median <= result.case.goal else "FAIL"


class Report:
    def __init__(self, options, memory, clock, peers, floor, results, took):
        self.options, self.results, self.took = options, results, took
        self.machine = {"cpu": cpu_model(), "kernel": f"{platform.system()} {platform.release()}", "tsc_hz": round(clock.hertz()),
                        "cpus": os.cpu_count(), "on_cpu": options.cpu, "memory": str(memory)}
        self.versions = {p.name: p.version() for p in [*peers, floor]}
        self.titles = {p.name: p.title for p in [*peers, floor]}

    def good(self):
        return all(verdict(r)[1] != "FAIL" for r in self.results)

    def write(self):
        if self.options.json != "-":
            self.print()
        if self.options.json:
            self.write_json()

    def print(self):
        m = self.machine
        print(f"{m['cpu']}, TSC {m['tsc_hz'] / 1e6:.0f} MHz, CPU {m['on_cpu']} of {m['cpus']}, {m['kernel']}, {m['memory']}")
        print("; ".join(f"{self.titles[n]} ({v})" for n, v in self.versions.items()))
        print("TSC cycles a frame: median and quartiles over rounds; net is less the floor on the same source and sink\n")
        line = "{:<18} {:<8} {:>7} {:>15} {:>7} {:>7} {:>6} {:>6}  {}"
        print(line.format("CASE", "PEER", "CYCLES", "QUARTILES", "FLOOR", "NET", "MPPS", "KEPT", ""))
        for result in self.results:
            self.print_case(line, result)
        slow, interrupted = (sum(s.fate == fate for r in self.results for c in r.contestants.values() for s in c.samples)
                             for fate in ("slow", "interrupted"))
        print(f"\nLeft out: {slow} samples while the core was slow, {interrupted} while it was taken away. "
              f"Took {self.took:.0f} s.")

    def print_case(self, line, result):
        for name, floor in result.floor_of.items():
            mine = rounds.spread([s.cycles for s in result.contestants[name].samples if s.fate == "kept"])
            base = rounds.spread([s.cycles for s in result.contestants[floor].samples if s.fate == "kept"])
            less = rounds.spread(net(result, name).values())
            if not mine or not base or not less:
                print(line.format(result.case.name, name, *["-"] * 5, "0", "no sample to keep"))
                continue
            loss = statistics.median(s.loss for s in result.contestants[name].samples)
            print(line.format(result.case.name, name, f"{mine.median:.1f}", f"{mine.low:.1f}-{mine.high:.1f}",
                              f"{base.median:.1f}", f"{less.median:.1f}", f"{self.machine['tsc_hz'] / mine.median / 1e6:.2f}",
                              f"{mine.n}", f"loses {loss:.1%}" if loss > 0.001 else ""))
        for name, why in result.refused.items():
            print(line.format(result.case.name, name, *["-"] * 5, "", why))
        ratio, said = verdict(result)
        if ratio:
            goal = f", goal {result.case.goal}: {said}" if result.case.goal else ""
            print(f"{'':18} amime / ovs, net: {ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f}, {ratio.n} rounds){goal}")

    def write_json(self):
        text = json.dumps(self.value(), indent=1) + "\n"
        if self.options.json == "-":
            sys.stdout.write(text)
        else:
            with open(self.options.json, "w", encoding="ascii") as file:
                file.write(text)

    def value(self):
        return {"command": "peers", "unit": "TSC cycles a frame", "machine": self.machine, "versions": self.versions,
                "rounds": self.options.rounds, "seconds": self.options.seconds,
                "cases": [self.case_value(r) for r in self.results]}

    @staticmethod
    def case_value(result):
        ratio, said = verdict(result)
        return {"name": result.case.name, "about": result.case.about, "goal": result.case.goal or None, "verdict": said,
                "ratio": dataclasses.asdict(ratio) if ratio else None, "floor_of": result.floor_of, "refused": result.refused,
                "contestants": {n: [dataclasses.asdict(s) for s in c.samples] for n, c in result.contestants.items()}}
