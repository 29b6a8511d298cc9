#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The real Internet's routes in the FIB, each lookup compared with a reference, alone and under changes.

usage: fib_test.py AMIME_BENCH [--long]      --long: all of them, and as many addresses and changes as `amime-bench fib` takes
                                            by itself; otherwise one in ten
"""
import json
import re
import subprocess
import sys


def internet():
    """Every network of Debian's libloc-database that some AS announces."""
    dump = subprocess.run(["location", "dump"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout.decode()
    blocks = (dict(re.findall(r"^(net|aut-num):\s+(\S+)", block, re.MULTILINE)) for block in dump.split("\n\n"))
    return [b["net"] for b in blocks if len(b) == 2]


def main(bench, *options):
    routes = sorted(set(internet()))
    part = 1 if "--long" in options else 10
    routes = routes[::part]
    less = [] if part == 1 else ["--ipv4", "100000", "--ipv6", "25000", "--addresses", "200000", "--changes", "5000"]
    run = subprocess.run([bench, "fib", "--routes", "-", "--json", "-", *less], input="\n".join(routes).encode(),
                         stdout=subprocess.PIPE, check=True)
    result = json.loads(run.stdout)
    facts = result["settings"]
    for family, colon, least in (("ipv4", False, 1000000), ("ipv6", True, 250000)):
        least //= part
        given = sum((":" in r) == colon for r in routes)
        assert given > least / 2, f"libloc-database has only {given} networks of {family}"
        assert facts[family + "_routes_given"] == given, (family, given, facts)
        assert facts[family + "_routes"] == max(least, given), (family, facts)
        assert facts[family + "_wrong"] == 0 and facts[family + "_wrong_under_changes"] == 0, facts
        assert facts[family + "_lookups_under_changes"] >= facts[family + "_addresses"], facts
        assert facts[family + "_lookups_of_passing_routes"] > 0, facts
        print(f"{family}: {given:.0f} networks and {facts[family + '_routes'] - given:.0f} drawn ones, "
              f"{facts[family + '_addresses']:.0f} addresses right, {facts[family + '_lookups_under_changes']:.0f} lookups "
              f"right during {facts[family + '_changes_under_reader']:.0f} changes")
    rows = {row["name"] for row in result["cases"]}
    assert {f"{f}/{w}" for f in ("ipv4", "ipv6") for w in ("load", "lookup/64", "change", "default")} <= rows, rows


main(*sys.argv[1:])
