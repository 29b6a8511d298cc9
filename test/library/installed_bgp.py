#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
libamime-bgp as others get it: built by itself where there is nothing but cmocka, installed into a folder of the test's own, then used through
pkg-config alone.

usage: installed_bgp.py SOURCE COMPILER EXAMPLE     prints TAP
"""
import json
import os
import re
import shutil
import sys
import tempfile

from prefix import WARNINGS, Wrong, needed, run, tap

SOURCE, COMPILER, EXAMPLE = sys.argv[1:]
SAID = ["AS 65: up with AS 66", "AS 66: up with AS 65", "AS 66: 198.51.65.0/24", "AS 65: 198.51.66.0/24"]
# Memory and strings, and the text of addresses; what compiler and loader put in by themselves.
HARMLESS = re.compile(r"^(malloc|calloc|realloc|free|mem\w+|bcmp|str\w+|v?s?n?printf|__v?s?n?printf_chk|inet_pton|__\w+_chk|__stack_chk_fail"
                      r"|__ctype_\w+|_ITM_\w+|__cxa_finalize|__gmon_start__|_GLOBAL_OFFSET_TABLE_)$")
WRITES = re.compile(r"^_*(v?printf|v?fprintf|v?dprintf)(_chk)?$")


def headers_compile(installed, _):
    """each header alone, with warnings as errors, from the one folder that pkg-config names"""
    flags = installed.flags("--cflags", "amime-bgp")
    if flags != [f"-I{installed.include}"]:
        raise Wrong(f"pkg-config says {flags}")
    installed.compile_headers(COMPILER, flags, 20)


def only_public_names(installed, _):
    """the shared form has a soname and defines what a header of bgp/ names, nothing else"""
    defined = installed.exported("amime-bgp")
    wrong = {name for name in defined if not name.startswith("am_bgp_")} | (defined - installed.names())
    if len(defined) < 100 or wrong:
        raise Wrong(f"it defines {len(defined)} names, of them it should not: {sorted(wrong)}")


def undefined(*command):
    return {name.split("@")[0] for name in re.findall(r"^(?:[0-9a-f]+)? +[Uw] (\S+)$", run(*command), re.MULTILINE)}


def no_io(installed, _):
    """neither form asks the C library for a file, a socket, a clock or a thread, or for anything that is not there"""
    archive = os.path.join(installed.lib, "libamime-bgp.a")
    inside = set(re.findall(r"^[0-9a-f]+ \w (\S+)$", run("nm", "--defined-only", archive), re.MULTILINE))
    asked = undefined("nm", "-D", installed.built_file("amime-bgp")) | (undefined("nm", archive) - inside)
    wrong = {name for name in asked if not HARMLESS.match(name) or WRITES.match(name)}
    if not asked or wrong:
        raise Wrong(f"of {len(asked)} symbols these are not of memory: {sorted(wrong)}")


def runs(program, **env):
    said = run(program, env=dict(os.environ, **env)).splitlines()
    if said != SAID:
        raise Wrong(f"{program} says {said}, not {SAID}")


def example_is_short(*_):
    """the example is all of a program in at most 60 lines, licence and comments among them"""
    with open(EXAMPLE, encoding="ascii") as file:
        lines = file.read().count("\n")
    if lines > 60:
        raise Wrong(f"it has {lines} lines")


def example_shared(installed, folder):
    """the example, linked as its first lines say"""
    program = os.path.join(folder, "shared")
    run(COMPILER, *WARNINGS, EXAMPLE, "-o", program, *installed.flags("--cflags", "--libs", "amime-bgp"))
    if needed(program) != {"libamime-bgp.so.0"}:
        raise Wrong(f"it needs {needed(program)}")
    runs(program, LD_LIBRARY_PATH=installed.lib)


def example_static(installed, folder):
    """the example with the library inside"""
    program = os.path.join(folder, "static")
    run(COMPILER, *WARNINGS, EXAMPLE, "-o", program, *installed.flags("--cflags", "amime-bgp"),
        "-Wl,-Bstatic", *installed.flags("--libs", "amime-bgp"), "-Wl,-Bdynamic")
    if needed(program):
        raise Wrong(f"it still needs {needed(program)}")
    runs(program)


def build_alone(folder):
    """A build that finds no package but cmocka, of no more than what is installed. Its folder."""
    build, packages = os.path.join(folder, "build"), os.path.join(folder, "packages")
    os.mkdir(packages)
    cmocka = run("pkg-config", "--variable=pcfiledir", "cmocka").strip()
    shutil.copy(os.path.join(cmocka, "cmocka.pc"), packages)
    run("meson", "setup", "-Dbgp_only=true", build, SOURCE, env=dict(os.environ, PKG_CONFIG_LIBDIR=packages))
    targets = json.loads(run("meson", "introspect", "--targets", build))
    run("ninja", "-C", build, *(os.path.relpath(t["filename"][0], build) for t in targets if t["installed"]))
    return build


TESTS = [headers_compile, only_public_names, no_io, example_is_short, example_shared, example_static]
with tempfile.TemporaryDirectory() as top:
    sys.exit(tap(TESTS, build_alone(top), "amime-bgp", "amime-bgp"))
