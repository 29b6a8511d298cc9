# SPDX-License-Identifier: BSD-3-Clause
"""A folder that the libraries are installed into, and the commands of somebody who uses them from there."""
import os
import re
import subprocess
import tempfile

WARNINGS = ["-Wall", "-Wextra", "-Werror"]


class Wrong(Exception):
    pass


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200, **more)
    if done.returncode:
        raise Wrong(f"{' '.join(command)} says {done.returncode}:\n{done.stdout}")
    return done.stdout


class Installed:
    """What `meson install` put there. Headers of the library `name` are in include/FOLDER."""

    def __init__(self, build, root, name, folder):
        self.root = root
        run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", root, "--tags", "devel,runtime")
        self.pc = self.folder_of(f"{name}.pc")
        self.lib = self.folder_of(f"lib{name}.a")
        self.env = dict(os.environ, PKG_CONFIG_PATH=self.pc)
        prefix = self.flags("--variable=prefix", name)[0]
        if not prefix.startswith(root):
            raise Wrong(f"{name}.pc names a fixed prefix: meson configure -Dpkgconfig.relocatable=true {build}")
        self.include = os.path.join(self.flags("--variable=includedir", name)[0], folder)

    def folder_of(self, name):
        for folder, _, files in os.walk(self.root):
            if name in files:
                return folder
        raise Wrong(f"no {name} was installed")

    def flags(self, *args):
        return run("pkg-config", *args, env=self.env).split()

    def built_file(self, name):
        return os.path.join(self.lib, f"lib{name}.so")

    def headers(self):
        return sorted(os.path.relpath(os.path.join(folder, f), self.include) for folder, _, files in os.walk(self.include)
                      for f in files if f.endswith(".h"))

    def names(self):
        """Every am_ name that a header mentions."""
        text = ""
        for header in self.headers():
            with open(os.path.join(self.include, header), encoding="utf-8") as file:
                text += file.read()
        return set(re.findall(r"\bam_\w+", text))

    def compile_headers(self, compiler, flags, least):
        headers = self.headers()
        if len(headers) < least:
            raise Wrong(f"{len(headers)} headers in {self.include}")
        for header in headers:
            run(compiler, *WARNINGS, "-std=gnu11", "-fsyntax-only", "-x", "c", *flags, "-", input=f"#include <{header}>\n")

    def exported(self, name):
        """What the shared form defines; its soname is right."""
        dynamic = run("readelf", "-d", self.built_file(name))
        if f"soname: [lib{name}.so.0]" not in dynamic:
            raise Wrong(f"lib{name}.so has another soname:\n{dynamic}")
        lines = run("nm", "-D", "--defined-only", self.built_file(name)).splitlines()
        return {line.split()[2].split("@")[0] for line in lines if line.split()[1] != "A"}


def needed(program):
    """The libraries of ours that a program asks for."""
    return set(re.findall(r"NEEDED.*\[(libamime[^]]*)\]", run("readelf", "-d", program)))


def tap(tests, build, name, folder):
    """Run them on one installation, print TAP, and return the program's status."""
    print(f"1..{len(tests)}")
    failed = 0
    with tempfile.TemporaryDirectory() as root:
        installed = Installed(build, os.path.join(root, "prefix"), name, folder)
        for i, test in enumerate(tests, 1):
            try:
                test(installed, root)
                print(f"ok {i} - {test.__doc__}", flush=True)
            except Wrong as wrong:
                failed += 1
                print(f"not ok {i} - {test.__doc__}\n# " + str(wrong).replace("\n", "\n# "), flush=True)
    return 1 if failed else 0
