#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""While amimed runs the kernel does not answer for it; after kill -9 nothing of it remains, and a new one starts."""
import contextlib
import json
import os
import select
import socket
import subprocess
import time

from harness import expect, expect_path, expect_ping, main, sites
from netns import EDGE_A, EDGE_ADDRESS, NET, inside, run

DRIVERS = ("af_xdp", "af_packet")
GRE, ETHERIP = 47, 97


def refusal(protocol, to, patience=1.0):
    """The (type, code) of the ICMP error that a packet of a tunnel protocol gets, or None. Sent from the Internet."""
    v6 = ":" in to
    family = socket.AF_INET6 if v6 else socket.AF_INET
    with inside(NET):
        sender = socket.socket(family, socket.SOCK_RAW, protocol)
        listener = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    with sender, listener:
        sender.sendto(bytes(40), (to, 0))
        end = time.monotonic() + patience
        while select.select([listener], [], [], max(0, end - time.monotonic()))[0]:
            packet, source = listener.recvfrom(2048)
            kind, code = (packet if v6 else packet[(packet[0] & 15) * 4:])[:2]
            if source[0] == to and (kind, code) in ((3, 2), (4, 1)):
                return kind, code
    return None


def traces():
    """What an amimed may have put into the kernel of its namespace."""
    found = [f"XDP on {link['ifname']}" for link in json.loads(run("ip", "-n", EDGE_A, "-j", "link")) if "xdp" in link]
    for group in json.loads(run("bpftool", "-j", "net", ns=EDGE_A)):
        found += [f"{kind} {row}" for kind, attached in group.items() for row in attached]
    return found + [line for line in run("nft", "list", "tables", ns=EDGE_A).splitlines() if line]


def links_of(pid):
    """Numbers of the BPF links that a process holds."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        # What it has closed meanwhile, as its sockets of a moment, is no link that it holds.
        with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as file:
            found |= {int(line.split()[1]) for line in file if line.startswith("link_id:")}
    return found


def links():
    """Of all that the kernel has."""
    return {row["id"] for row in json.loads(run("bpftool", "-j", "link", "show"))}


def one_driver(folder, driver):
    (_, a), (_, b) = sites(folder, driver=driver)
    a.start()
    b.start()
    expect_path()
    expect_ping()
    got = refusal(GRE, EDGE_ADDRESS[EDGE_A][0], patience=0.5)
    expect(got is None, f"{driver}: the kernel does not answer GRE to the tunnel's address while amimed runs: {got}")
    expect(traces(), f"{driver}: what it put into the kernel can be seen: {len(traces())} things")
    attached = links_of(a.process.pid)
    expect(len(attached) == (2 if driver == "af_xdp" else 0) and attached <= links(), f"{driver}: a BPF link a port: {sorted(attached)}")
    a.kill()
    expect(not attached & links(), f"{driver}: after kill -9 the links are gone")
    expect(not traces(), f"{driver}: after kill -9 nothing is left in the kernel: {traces()}")
    for to, protocol in ((EDGE_ADDRESS[EDGE_A][0], GRE), (EDGE_ADDRESS[EDGE_A][0], ETHERIP), (EDGE_ADDRESS[EDGE_A][1], GRE)):
        got = refusal(protocol, to)
        expect(got is not None, f"{driver}: the kernel answers protocol {protocol} to {to} again: {got}")
        # Linux answers one destination at most once a second.
        time.sleep(1.1)
    a.start()
    expect_path()
    expect_ping()
    attached = links_of(a.process.pid)
    a.stop()
    expect(not attached & links(), f"{driver}: after SIGTERM the links are gone")
    expect(not traces(), f"{driver}: after SIGTERM nothing is left either: {traces()}")
    b.stop()


def test(net, folder):
    net.path_mtu(1500)
    for driver in DRIVERS:
        one_driver(folder, driver)
    sockets = subprocess.run(["ls", "/run/amime"], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    expect("site-a.sock" not in sockets, "no control socket is left")


main(test)
