#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
A worker of the running daemon that spins makes no system call while it carries packets and meets new hosts; one that may sleep makes
some.
"""
import os
import struct
import time

from daemon import Daemon
from harness import BUILD, expect, main, write
from netns import EDGE_A, Trouble
from strace import system_calls

HOSTS, LONG, SHORT = 16, 1514, 64
STRANGERS, FDB_SIZE = 4000, 1024  # more than the table has room for: there is always one that is new


def capture_file(folder):
    """Frames of some hosts and of many strangers, half of them too long to leave in one packet."""
    path = os.path.join(folder, "lan.pcap")
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for host in [*range(HOSTS), *range(0x1000, 0x1000 + STRANGERS)]:
            frame = b"\2\0\0\0\1" + bytes([host % HOSTS]) + b"\2\0\0\0" + host.to_bytes(2, "big") + b"\x88\xb5"
            frame = frame.ljust(LONG if host % 2 else SHORT, b"\0")
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    return path


def config(name, lan, idle):
    return {
        "system": {"name": name, "idle": idle, "fdb_size": FDB_SIZE},
        "ports": {"wan": {"driver": "ethdev", "devargs": "net_null0,no-rx=1", "vrf": "underlay"},
                  "lan": {"driver": "ethdev", "devargs": lan}},
        "tunnels": {"t": {"type": "gretap", "local": "192.0.2.1", "remote": "192.0.2.2"}},
        "vrfs": {"underlay": {"routes": [{"prefix": "0.0.0.0/0", "port": "wan", "mac": "02:00:00:00:00:02"}]}},
        "bridges": {"b": {"members": [{"port": "lan"}, {"tunnel": "t"}]}},
    }


def sent(daemon):
    return daemon.counter("tunnels", "tx_fragments")


def wait_for(what, holds, patience=10.0):
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise Trouble(f"not within {patience:.0f} s: {what}")
        time.sleep(0.05)


def watched(name, lan, idle, folder):
    """System calls of the worker, and how many fragments left meanwhile."""
    daemon = Daemon(EDGE_A, write(folder, name + ".json", config(name, lan, idle)), BUILD, folder).start()
    try:
        if "rx_pcap" in lan:
            wait_for("the FDB is full", lambda: daemon.show("fdb")["count"] > FDB_SIZE / 2 and sent(daemon) > 0)
        before = sent(daemon)
        calls = system_calls(daemon.show("workers")["workers"][0]["tid"], folder)
        return calls, sent(daemon) - before
    finally:
        daemon.stop()


def test(_, folder):
    calls, packets = watched("spins", f"net_pcap0,rx_pcap={capture_file(folder)},infinite_rx=1", "spin", folder)
    expect(packets > 10000, f"{packets} fragments left while it was watched")
    expect(not calls, f"a worker that spins: {len(calls)} system calls {calls[:5]}")
    calls, _ = watched("sleeps", "net_null1,no-rx=1", "adaptive", folder)
    expect(calls, f"a worker that sleeps: {len(calls)} system calls, such as {calls[:1]}")


main(test)
