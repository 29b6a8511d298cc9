# SPDX-License-Identifier: BSD-3-Clause
"""System calls of one thread."""
import os
import signal
import subprocess
import time

from harness import expect

WATCH_S = 2.0


def system_calls(tid, folder):
    """The lines that strace writes of one thread in some seconds."""
    path = os.path.join(folder, f"trace.{tid}")
    with subprocess.Popen(["strace", "-qq", "-o", path, "-p", str(tid)], stderr=subprocess.PIPE, text=True) as tracer:
        time.sleep(WATCH_S)
        attached = tracer_of(tid) == tracer.pid
        tracer.send_signal(signal.SIGINT)
        said = tracer.communicate(timeout=10)[1]
    expect(attached, f"strace watches thread {tid} {said}")
    with open(path, encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if "(" in line]


def tracer_of(tid):
    with open(f"/proc/{tid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("TracerPid:"))
