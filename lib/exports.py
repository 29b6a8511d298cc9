#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
Write a linker version script that exports what the installed headers name, and nothing else.

usage: lib/exports.py VERSION NM LIBRARY... -- HEADER...
Layers share some am_ functions among their own files, so a function is public where a header of ours mentions it.
"""
import re
import subprocess
import sys


def defined(nm, library):
    lines = subprocess.run([nm, "--defined-only", "--extern-only", library], check=True, capture_output=True, text=True)
    return {m for m in re.findall(r"^[0-9a-f]+ [A-Z] (am_\w+)$", lines.stdout, re.MULTILINE)}


def code(header):
    with open(header, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.DOTALL)


def main(version, nm, *rest):
    split = rest.index("--")
    libraries, headers = rest[:split], rest[split + 1:]
    named = {word for header in headers for word in re.findall(r"\bam_\w+", code(header))}
    public = sorted(named & {name for library in libraries for name in defined(nm, library)})
    print(f"{version} {{\nglobal:")
    print("".join(f"\t{name};\n" for name in public) + "local:\n\t*;\n};")


main(*sys.argv[1:])
