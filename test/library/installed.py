#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The libraries as others get them: installed into a folder of the test's own, then used through pkg-config alone.

usage: installed.py BUILD COMPILER EXAMPLE CONFIG     prints TAP
"""
import os
import re
import subprocess
import sys
import tempfile

BUILD, COMPILER, EXAMPLE, CONFIG = sys.argv[1:]
LIBRARIES = ["amime", "amime-model"]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]
SAID = ["in by lan: 1514 octets", "out by wan: 1290 octets", "out by wan: 294 octets"]


class Wrong(Exception):
    pass


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more)
    if done.returncode:
        raise Wrong(f"{' '.join(command)} says {done.returncode}:\n{done.stdout}")
    return done.stdout


class Installed:
    """What `meson install` put there, and the commands of somebody who uses it."""

    def __init__(self, root):
        self.root = root
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", root, "--tags", "devel,runtime")
        self.pc = self.folder_of("amime.pc")
        self.lib = self.folder_of("libamime.a")
        self.env = dict(os.environ, PKG_CONFIG_PATH=self.pc)
        if not self.flags("--variable=prefix", "amime")[0].startswith(root):
            raise Wrong("amime.pc names a fixed prefix: meson configure -Dpkgconfig.relocatable=true " + BUILD)

    def folder_of(self, name):
        for folder, _, files in os.walk(self.root):
            if name in files:
                return folder
        raise Wrong(f"no {name} was installed")

    def flags(self, *args):
        return run("pkg-config", *args, env=self.env).split()

    def library_file(self, name):
        return os.path.join(self.lib, f"lib{name}.so")

    def headers(self):
        top = self.flags("--variable=includedir", "amime")[0] + "/amime"
        return top, sorted(os.path.relpath(os.path.join(folder, f), top) for folder, _, files in os.walk(top)
                           for f in files if f.endswith(".h"))


def headers_compile(installed, _):
    """each header alone, with warnings as errors, from the folders that pkg-config names"""
    flags = installed.flags("--cflags", *LIBRARIES)
    top, headers = installed.headers()
    if len(headers) < 20:
        raise Wrong(f"{len(headers)} headers in {top}")
    for header in headers:
        run(COMPILER, *WARNINGS, "-std=gnu11", "-fsyntax-only", "-x", "c", *flags, "-", input=f"#include <{header}>\n")


def only_public_names(installed, _):
    """the shared forms have a soname and define what a header names, nothing else"""
    top, headers = installed.headers()
    text = ""
    for header in headers:
        with open(os.path.join(top, header), encoding="utf-8") as file:
            text += file.read()
    named = set(re.findall(r"\bam_\w+", text))
    for name in LIBRARIES:
        dynamic = run("readelf", "-d", installed.library_file(name))
        if f"soname: [lib{name}.so.0]" not in dynamic:
            raise Wrong(f"lib{name}.so has another soname:\n{dynamic}")
        lines = run("nm", "-D", "--defined-only", installed.library_file(name)).splitlines()
        defined = {line.split()[2].split("@")[0] for line in lines if line.split()[1] != "A"}
        if len(defined) < 20 or defined - named:
            raise Wrong(f"lib{name}.so defines {len(defined)} names, of them in no header: {sorted(defined - named)}")


def needed(program):
    return set(re.findall(r"NEEDED.*\[(libamime[^]]*)\]", run("readelf", "-d", program)))


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


def main():
    tests = [headers_compile, only_public_names, example_shared, example_static]
    print(f"1..{len(tests)}")
    failed = 0
    with tempfile.TemporaryDirectory() as root:
        installed = Installed(os.path.join(root, "prefix"))
        for i, test in enumerate(tests, 1):
            try:
                test(installed, root)
                print(f"ok {i} - {test.__doc__}", flush=True)
            except Wrong as wrong:
                failed += 1
                print(f"not ok {i} - {test.__doc__}\n# " + str(wrong).replace("\n", "\n# "), flush=True)
    return 1 if failed else 0


sys.exit(main())
