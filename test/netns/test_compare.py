#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/compare from end to end, short: amimed and the kernel do the work, take turns, and the result file makes sense."""
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("AMIME_BUILD", os.path.join(TOP, "build"))


def expect(holds, text):
    print(("ok    " if holds else "FAIL  ") + text, flush=True)
    if not holds:
        sys.exit(1)


def quick(folder):
    out, bench = os.path.join(folder, "out"), os.path.join(BUILD, "apps", "amime-bench", "amime-bench")
    done = subprocess.run([bench, "peers", "--quick", "--build", BUILD, "--logs", os.path.join(folder, "logs"), "--out", out],
                          stdout=subprocess.PIPE, text=True, timeout=100, check=False)
    print(done.stdout)
    expect(done.returncode == 0, "amime-bench peers --quick ends with status 0")
    with open(os.path.join(out, "result.json"), encoding="ascii") as file:
        return out, json.load(file)


def kept(row):
    return [s["value"] for s in row["samples"] if s["fate"] == "kept"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        out, result = quick(folder)
        rows = {row["name"]: row for row in result["cases"]}
        for case in ("encap-64", "decap-1514"):
            for peer in ("amime", "kernel"):
                row = rows[f"{case}/{peer}"]
                expect(row["samples"] and row["null"] in rows, f"{case}: {peer} showed its work, was measured, and has a floor")
                expect(all(5 < c < 1e6 for c in kept(row)), f"{case}: {peer} takes a plausible number of cycles: {kept(row)}")
            for ratio in kept(rows[f"ratio/{case} amime:kernel"]):
                expect(0 < ratio < 1, f"{case}: amime takes {ratio:.2f} of the kernel's cycles")
        expect(os.path.getsize(os.path.join(out, "bars.svg")) > 500, "there is a picture")


main()
