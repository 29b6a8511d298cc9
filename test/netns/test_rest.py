#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A worker waits for its ports' descriptors where packets come one by one, and for its clock alone where there is traffic."""
import os
import re

from harness import Flood, expect, expect_path, main, sites
from junk import send_junk, write_frames
from netns import HOST_A, mac
from strace import system_calls

# strace makes a worker slow, so few packets must be apart enough; a burst is more than ten frames.
PAUSE, RATE, SECONDS = 0.02, 50_000, 3
WAIT = re.compile(r"ppoll\(.*\], (\d+), \{tv_sec=(\d+), tv_nsec=(\d+)\}")


def waits(daemon, folder):
    """(waits for descriptors of ports, rests), as numbers of system calls."""
    calls = system_calls(daemon.show("workers")["workers"][0]["tid"], folder)
    found = [match.groups() for match in map(WAIT.match, calls) if match]
    expect(found, f"a worker that may sleep waits: {len(calls)} system calls, such as {calls[:1]}")
    rests = [int(ns) for fds, _, ns in found if fds == "1"]
    expect(all(ns <= 100000 for ns in rests), f"nothing waits longer for a worker that rests: {sorted(rests)[-3:]} ns")
    return len(found) - len(rests), len(rests)


def counted(daemon):
    worker = daemon.show("workers")["workers"][0]
    return worker["sleeps"], worker["rests"]


def test(_, folder):
    (_, a), (_, b) = sites(folder)
    for daemon in (a, b):
        daemon.start()
    expect_path()
    with Flood(sizes=(100,), pause=PAUSE):
        before = counted(a)
        ports, rests = waits(a, folder)
        after = counted(a)
    expect(ports > 0 and not rests, f"one packet at a time: waited {ports} times for its ports, rested {rests} times")
    expect(after[0] - before[0] > 10 and after[1] == before[1], f"and that is counted: {before} to {after} sleeps, rests")
    frame = bytes.fromhex(mac(HOST_A, "eth0").replace(":", ""))
    frame = b"\2\0\0\0\0\x99" + frame + b"\x88\xb5" + bytes(46)
    with send_junk(HOST_A, "eth0", RATE, SECONDS, write_frames(os.path.join(folder, "frames"), [frame])) as sender:
        ports, rests = waits(a, folder)
        sender.communicate()
    expect(rests > 10, f"bursts of packets: waited {ports} times for its ports, rested {rests} times")
    expect(counted(a)[1] - after[1] >= rests, f"and rests are counted: {after} to {counted(a)}")
    for daemon in (a, b):
        daemon.stop()


main(test)
