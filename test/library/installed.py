#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The libraries as others get them: installed into a folder of the test's own, then used through pkg-config alone.

usage: installed.py BUILD COMPILER EXAMPLE CONFIG     prints TAP
"""
import os
import sys

from prefix import WARNINGS, Wrong, needed, run, tap

BUILD, COMPILER, EXAMPLE, CONFIG = sys.argv[1:]
LINES = 60
LIBRARIES = ["amime", "amime-model"]
SAID = [f"{where}, queue 0: {octets} octets" for where, octets in
        (("in by lan", 1514), ("out by wan", 1290), ("out by wan", 294))]


def headers_compile(installed, _):
    """each header alone, with warnings as errors, from the folders that pkg-config names"""
    installed.compile_headers(COMPILER, installed.flags("--cflags", *LIBRARIES), 20)


def example_is_short(_, __):
    """an example of at most 60 lines, blank ones and comments not counted"""
    with open(EXAMPLE, encoding="utf-8") as file:
        lines = [line for line in map(str.strip, file) if line and not line.startswith(("/*", "*"))]
    if len(lines) > LINES:
        raise Wrong(f"{EXAMPLE} has {len(lines)} lines")


def only_public_names(installed, _):
    """the shared forms have a soname and define what a header names, nothing else"""
    named = installed.names()
    for name in LIBRARIES:
        defined = installed.exported(name)
        if len(defined) < 20 or defined - named:
            raise Wrong(f"lib{name}.so defines {len(defined)} names, of them in no header: {sorted(defined - named)}")


def runs(program, **env):
    said = run(program, CONFIG, env=dict(os.environ, **env)).splitlines()
    if said != SAID:
        raise Wrong(f"{program} says {said}, not {SAID}")


def example_shared(installed, folder):
    """the example, linked as its first lines say"""
    program = os.path.join(folder, "shared")
    run(COMPILER, *WARNINGS, EXAMPLE, "-o", program, *installed.flags("--cflags", "--libs", *LIBRARIES, "libdpdk"))
    if needed(program) != {"libamime.so.0", "libamime-model.so.0"}:
        raise Wrong(f"it needs {needed(program)}")
    runs(program, LD_LIBRARY_PATH=installed.lib)


def example_static(installed, folder):
    """the example with the libraries inside, and DPDK's shared ones"""
    program = os.path.join(folder, "static")
    run(COMPILER, *WARNINGS, EXAMPLE, "-o", program, *installed.flags("--cflags", *LIBRARIES, "libdpdk"),
        "-Wl,-Bstatic", *installed.flags("--libs", "amime-model", "amime"),
        "-Wl,-Bdynamic", *installed.flags("--libs", "libdpdk", "jansson"))
    if needed(program):
        raise Wrong(f"it still needs {needed(program)}")
    runs(program)


sys.exit(tap([headers_compile, only_public_names, example_is_short, example_shared, example_static], BUILD, "amime", "amime"))
