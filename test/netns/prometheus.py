# SPDX-License-Identifier: BSD-3-Clause
"""A strict reader of Prometheus' text format: what promtool check metrics refuses, it refuses."""
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9]+)")
UNITS = ("milliseconds", "minutes", "kilobytes", "bits", "celsius_degrees")


class Malformed(Exception):
    """What is wrong, and in which line."""


def need(holds, number, text):
    if not holds:
        raise Malformed(f"line {number}: {text}")


def labels_of(text, number):
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        need(match, number, f"labels: {text[at:]}")
        need(match[1] not in found, number, f"label {match[1]} twice")
        need(not match[1].startswith("__"), number, f"label {match[1]} is reserved")
        found[match[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], match[2])
        at = match.end()
    return found


def read(text):
    """{(name, frozenset of labels): value}; every family has help and type once, in front of its samples."""
    need(text.endswith("\n"), 0, "it does not end in a line's end")
    samples, types, helped, closed, family = {}, {}, set(), set(), None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# HELP "):
            name, _, words = line[7:].partition(" ")
            need(NAME.fullmatch(name) and words, number, "HELP of what?")
            need(name not in helped, number, f"help of {name} twice")
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            need(kind in ("counter", "gauge"), number, f"type {kind}")
            need(name in helped and name not in types, number, f"type of {name} without help, or twice")
            need((kind == "counter") == name.endswith("_total"), number, f"{name}: counters end in _total, and no others")
            need(not any(unit in name for unit in UNITS), number, f"{name}: not a base unit")
            closed.add(family)
            family, types[name] = name, kind
        else:
            match = SAMPLE.fullmatch(line)
            need(match, number, f"no sample: {line}")
            need(match[1] == family and family not in closed, number, f"{match[1]} is not among its family")
            key = match[1], frozenset(labels_of(match[2] or "", number).items())
            need(key not in samples, number, f"{line} twice")
            samples[key] = int(match[3])
    return samples


def total(samples, name, **labels):
    """The sum of a family's samples that have these labels."""
    return sum(value for (n, have), value in samples.items() if n == name and set(labels.items()) <= have)
