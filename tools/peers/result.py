# SPDX-License-Identifier: BSD-3-Clause
"""A result as amime-bench reads it (amime-bench plot): machine, versions, settings, and rows with every sample."""
import json
import os
import sys

from process import Trouble, run

FORMAT = 1
# Exit status of a comparison, as amime-bench has it: not to be judged is what it says where a machine was too busy.
MET, MISSED, NOT_JUDGED = 0, 1, 3


def row(name, about, unit, samples, per="", null=None, goal=None, better="less"):
    """samples: numbers, or (number, probe, fate)"""
    def value(sample):
        if isinstance(sample, tuple):
            return dict(zip(("value", "probe", "fate"), sample))
        return {"value": sample, "fate": "kept"}

    made = {"name": name, "about": about, "unit": unit, "per": per, "better": better, "samples": [value(s) for s in samples]}
    return made | ({"null": null} if null else {}) | ({"goal": goal} if goal else {})


class Result:
    def __init__(self, command, bench, versions, settings):
        """bench: the program amime-bench, which knows the machine and our own versions."""
        self.bench = bench
        known = json.loads(run(bench, "micro", "--quick", "--samples", "1", "--filter", "=mss/syn", "--json", "-", timeout=60))
        self.value = {"format": FORMAT, "command": command, "machine": known["machine"],
                      "versions": known["versions"] | versions, "settings": settings, "cases": [], "curves": []}

    @property
    def machine(self):
        return self.value["machine"]

    @property
    def versions(self):
        return self.value["versions"]

    def add(self, *rows):
        self.value["cases"] += rows

    def write(self, path):
        text = json.dumps(self.value, indent=1) + "\n"
        if path == "-":
            sys.stdout.write(text)
            return
        try:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        except OSError as error:
            raise Trouble(f"{path}: {error.strerror}") from None

    def draw(self, folder, table):
        """result.json, our own table and plots into the folder."""
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "result.json")
        self.write(path)
        run(self.bench, "plot", path, "--out", folder)
        with open(os.path.join(folder, "table.txt"), "w", encoding="utf-8") as file:
            file.write(table)
