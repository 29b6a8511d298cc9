#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The library does no I/O and reads no clock: what it asks of the C library is memory and nothing else.

usage: symbols_test.py ARCHIVE...
"""
import re
import subprocess
import sys

# Memory and strings, our own, and what the compiler puts in by itself: sanitizers, coverage, stack protector.
ALLOWED = re.compile(r"^(malloc|calloc|realloc|free|mem(cpy|move|set|cmp)|bcmp|strlen|_GLOBAL_OFFSET_TABLE_|am_\w+|__stack_chk_fail"
                     r"|__mem\w+_chk|__(asan|ubsan|sanitizer|gcov|llvm)_\w+|__start___\w+|__stop___\w+)$")

bad = []
count = 0
for archive in sys.argv[1:]:
    lines = subprocess.run(["nm", "-u", archive], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    for line in lines:
        symbol = re.match(r"^\s+U (\w+)$", line)
        if symbol:
            count += 1
            if not ALLOWED.match(symbol.group(1)):
                bad.append(f"{archive}: {symbol.group(1)}")
if not count:
    bad.append("no undefined symbol at all: nm was given the wrong file")
print("\n".join(bad) if bad else f"{count} undefined symbols, all of memory")
sys.exit(1 if bad else 0)
