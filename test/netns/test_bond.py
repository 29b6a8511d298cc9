#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ports that bond: two amimed agree by LACP over two cables, one is pulled, traffic goes on; the same with one in reserve.

The members are TAPs of DPDK's; the cables, between their kernel's sides, are packet sockets of this test.
"""
import contextlib
import select
import socket
import threading
import time

from daemon import Daemon
from harness import BUILD, EDGE_A, EDGE_B, expect, expect_path, expect_ping, main, write
from netns import inside, ip

MEMBERS = 2
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23


class Cable:
    """Between two devices of two namespaces, both ways; what one side's device is cannot be seen by the other."""

    def __init__(self, ends):
        self.running = True
        self.socks = []
        for ns, device in ends:
            with inside(ns):
                sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            sock.bind((device, 0))
            self.socks.append(sock)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        other = dict(zip(self.socks, reversed(self.socks)))
        while self.running:
            for sock in select.select(self.socks, [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # a device that is set down
                    other[sock].send(sock.recv(4096))

    def close(self):
        self.running = False
        self.thread.join()
        for sock in self.socks:
            sock.close()


def configuration(name, mode):
    return {
        "system": {"name": name, "hugepages": "never", "buffers": 4096},
        "ports": {
            "trunk": {"driver": "bond", "mode": mode, "mtu": 1500,
                      "members": [f"net_tap{i},iface=m{i}" for i in range(MEMBERS)]},
            "lan": {"driver": "af_packet", "device": "lan0"},
        },
        "xconnects": {"x": {"members": [{"port": "trunk"}, {"port": "lan"}]}},
    }


def members(daemon):
    port = next(p for p in daemon.show("ports") if p["name"] == "trunk")
    return port["bond"]["members"]


def active(daemon):
    return [m["active"] for m in members(daemon)]


def wait_for(holds, what, patience):
    begin = time.monotonic()
    while time.monotonic() < begin + patience and not holds():
        time.sleep(0.05)
    expect(holds(), f"{what} (took {time.monotonic() - begin:.1f} s)")


def set_links(daemons, member, state):
    """Both ends see that a cable is pulled, or there again."""
    for daemon in daemons:
        ip(f"link set m{member} {state}", daemon.ns)


@contextlib.contextmanager
def bonded(folder, mode):
    daemons = [Daemon(ns, write(folder, f"{mode}-{name}.json", configuration(f"{mode}-{name}", mode)), BUILD, folder)
               for ns, name in ((EDGE_A, "a"), (EDGE_B, "b"))]
    cables = []
    try:
        for daemon in daemons:
            daemon.start()
            ip("\n".join(f"link set m{i} up" for i in range(MEMBERS)), daemon.ns)
        cables = [Cable([(d.ns, f"m{i}") for d in daemons]) for i in range(MEMBERS)]
        yield daemons
    finally:
        for cable in cables:
            cable.close()
        for daemon in daemons:
            daemon.stop()


def lacp(folder):
    with bonded(folder, "lacp") as (a, b):
        wait_for(lambda: all(active(a)) and all(active(b)), "all members of both ends carry", 8.0)
        trunk_b = next(p for p in b.show("ports") if p["name"] == "trunk")
        expect(all(m["partner"] == trunk_b["mac"] for m in members(a)), "each knows the other end")
        # Each knows of itself at once, and of the other by its next LACPDU.
        wait_for(lambda: all("distributing" in m["partner_state"] for m in members(a)), "which says that it carries, too", 3.0)
        expect_path(patience=3)
        expect_ping()
        set_links((a, b), 0, "down")
        wait_for(lambda: active(a) == active(b) == [False, True], "a member without a link is left out", 3.0)
        expect_path(patience=2)
        expect_ping()
        set_links((a, b), 0, "up")
        wait_for(lambda: all(active(a)) and all(active(b)), "and comes back", 8.0)


def active_backup(folder):
    with bonded(folder, "active-backup") as (a, b):
        wait_for(lambda: active(a) == active(b) == [True, False], "the first member carries alone", 3.0)
        expect_path(patience=3)
        expect_ping()
        set_links((a, b), 0, "down")
        wait_for(lambda: active(a) == active(b) == [False, True], "without a link the next one does", 3.0)
        expect_path(patience=2)
        expect_ping()


def test(net, folder):
    lacp(folder)
    active_backup(folder)


main(test)
