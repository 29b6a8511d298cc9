# SPDX-License-Identifier: BSD-3-Clause
"""The time stamp counter, and a probe that tells when the measured core is slow."""
import ctypes
import hashlib
import mmap
import os
import platform
import time

from process import Trouble

PROBE = bytes(1 << 20)
# rdtsc; shl rdx,32; or rax,rdx; ret
READ_TSC = bytes.fromhex("0f31" "48c1e220" "4809d0" "c3")


class Clock:
    """cycles() reads the time stamp counter."""

    def __init__(self):
        if platform.machine() != "x86_64":
            raise Trouble(f"cycles are those of x86's time stamp counter; this machine is {platform.machine()}")
        self.code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self.code.write(READ_TSC)
        self.cycles = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(self.code)))
        self.begin = self.cycles(), time.monotonic_ns()

    def hertz(self):
        """Of the counter, over the time since we began."""
        return (self.cycles() - self.begin[0]) * 1e9 / (time.monotonic_ns() - self.begin[1])

    def probe(self, cpu):
        """Cycles for a piece of work that is always the same, on that core."""
        home = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {cpu})
        hashlib.sha256(PROBE[:65536]).digest()
        begin = self.cycles()
        hashlib.sha256(PROBE).digest()
        took = self.cycles() - begin
        os.sched_setaffinity(0, home)
        return took
