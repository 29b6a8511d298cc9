#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The comparison with a stored baseline notices a worker that is a quarter slower, and nothing where none is.

usage: slower.py AMIME_BENCH [STORED.json...]

`amime-bench baseline --check`, as bench/baseline runs it, against a result that was just taken on this machine, with each turn of
a worker as it is and made 25 % longer; then the slower one against the stored file of such a core: whether that is still of today's
packets is said, and no failure.
"""
import json
import os
import subprocess
import sys
import tempfile

FINE, SLOWER = 0, 1
HANDICAP = ["--handicap", "25"]


def baseline(bench, *options):
    done = subprocess.run([bench, "baseline", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(f"$ amime-bench baseline {' '.join(options)}\n{done.stdout}status {done.returncode}\n", flush=True)
    return done.returncode, done.stdout


def judged(path):
    """Cases that are no mere ports, which others are net of."""
    with open(path, encoding="utf-8") as file:
        return {row["name"] for row in json.load(file)["cases"] if row.get("null")}


def worse(output):
    return {line.split()[0] for line in output.splitlines() if line.endswith(" worse")}


def against_fresh(bench, fresh):
    status, _ = baseline(bench, "--json", fresh)
    assert status == FINE, "no baseline could be taken"
    status, output = baseline(bench, "--check", fresh)
    assert (status, worse(output)) == (FINE, set()), "the same worker is taken for another one"
    status, output = baseline(bench, "--check", fresh, *HANDICAP)
    assert status == SLOWER, "a worker that is a quarter slower is not noticed"
    assert worse(output) == judged(fresh), f"only {worse(output)} of {judged(fresh)} are noticed"


def against_stored(bench, stored):
    status, output = baseline(bench, *(word for path in stored for word in ("--check", path)), *HANDICAP)
    if "is of another core" in output:
        print("not run: a slower worker against what is stored: no file in test/bench is of such a core")
    elif status == FINE:  # no defect of this change: packets are cheaper than they were stored
        print("not noticed: a worker that is a quarter slower than today's is as quick as what is stored: write it again, see CONTRIBUTING.md")


def main(bench, *stored):
    with tempfile.TemporaryDirectory() as folder:
        against_fresh(bench, os.path.join(folder, "fresh.json"))
    if stored:
        against_stored(bench, stored)


main(*sys.argv[1:])
