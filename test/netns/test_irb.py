#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""config/irb/: both sites' hosts are in one bridge, and its gateway is site-a, which routes to site-b's loopback; and no site floods
the other's network with questions whose answers it has heard.

   am-ha eth0 ── lan0 [bridge lan, 10.1.0.254] site-a ═══ VXLAN in GRE ═══ site-b [bridge lan] lan0 ── eth0 am-hb
   10.1.0.1                                    10.255.0.1                  10.255.0.2                  10.1.0.2
"""
import contextlib
import os
import select
import socket
import time

import rows
from daemon import Daemon
from frames import open_raw, receive
from harness import BUILD, expect, expect_path, expect_ping, main
from netns import EDGE_A, EDGE_B, HOST_A, HOST_ADDRESS, HOST_B, inside, ip, run

GATEWAY = {4: "10.1.0.254", 6: "fd01::fe"}
FAR = {4: "10.255.0.2", 6: "fd00:255::2"}
ARP, IPV6, ICMPV6, NS = b"\x08\x06", b"\x86\xdd", 58, 135


def start(folder):
    for ns in (HOST_A, HOST_B):
        ip(f"route add default via {GATEWAY[4]}\nroute add default via {GATEWAY[6]}", ns)
    daemons = [Daemon(ns, os.path.join(rows.CONFIG, "irb", f"site-{letter}.json"), BUILD, folder)
               for ns, letter in ((EDGE_A, "a"), (EDGE_B, "b"))]
    for daemon in daemons:
        daemon.start()
    return daemons


def talk(ns, to, port):
    """TCP from a host to the box, there and back."""
    with inside(EDGE_A):
        listener = socket.create_server((to, port), family=socket.AF_INET6 if ":" in to else socket.AF_INET)
    with inside(ns):
        client = socket.socket(listener.family, socket.SOCK_STREAM)
    with listener, client:
        client.settimeout(5)
        client.connect((to, port))
        server = listener.accept()[0]
        with server:
            server.settimeout(5)
            client.sendall(b"to the gateway")
            server.sendall(server.recv(64)[::-1])
            return client.recv(64) == b"yawetag eht ot"


def reach():
    for family in (4, 6):
        for ns in (HOST_A, HOST_B):
            expect_path(ns=ns, to=GATEWAY[family])
            expect_path(ns=ns, to=FAR[family])
            expect(talk(ns, GATEWAY[family], 2000 + family), f"{ns} speaks TCP to the gateway {GATEWAY[family]}")
    expect_ping(sizes=(100, 1500), ns=HOST_B, to=FAR[4])
    for source, to in ((GATEWAY[4], "10.1.0.2"), ("fd01::fe", "fd01::2")):
        got = run("ping", "-c2", "-i0.2", "-W3", "-I", source, to, ns=EDGE_A)
        expect(" 2 received" in got, f"the box {source} reaches {to}, behind the other site")


def questions(sock, about):
    """How many came since the last look that ask for an address, from others."""
    n, v4, v6 = 0, socket.inet_aton(about[0]), socket.inet_pton(socket.AF_INET6, about[1])
    while select.select([sock], [], [], 0)[0]:
        data = receive(sock)
        if data[:2] == b"\xff\xff" and data[12:14] == ARP:
            n += data[38:42] == v4
        elif data[:2] == b"\x33\x33" and data[12:14] == IPV6 and data[20] == ICMPV6 and data[54] == NS:
            n += data[62:78] == v6
    return n


def ask_again(sock, to):
    """A forgets its neighbours and reaches `to` all the same; how many questions B saw."""
    run("ip", "neigh", "flush", "dev", "eth0", ns=HOST_A)
    for address in to:
        expect_path(ns=HOST_A, to=address)
    return questions(sock, to)


def answered(daemon):
    return sum(bridge["answered"] for bridge in daemon.show("mac-ip")["bridges"])


def known(daemon):
    return {row["ip"]: row["origin"] for row in daemon.show("mac-ip")["entries"]}


def suppress(a, b):
    there = HOST_ADDRESS[HOST_B]
    with contextlib.closing(open_raw(HOST_B)) as sock:
        first = ask_again(sock, there)
        # A worker hands what it heard to the control thread, and the answer on to its asker.
        wanted, end = {GATEWAY[4]: "own", GATEWAY[6]: "own", there[0]: "remote", there[1]: "remote"}, time.monotonic() + 3
        while not wanted.items() <= (pairs := known(a)).items() and time.monotonic() < end:
            time.sleep(0.02)
        expect(wanted.items() <= pairs.items(), f"site-a knows who has which address: {pairs}")
        before, longest = answered(a), 0.0
        for _ in range(5):
            began = time.monotonic()
            expect(ask_again(sock, there) == 0, "what host A asks about host B stays at site-a")
            longest = max(longest, time.monotonic() - began)
        expect(answered(a) - before >= 10, f"site-a has answered {answered(a) - before} times, the first time {first} questions were flooded")
    pairs = known(b)
    expect(pairs[GATEWAY[4]] == pairs[GATEWAY[6]] == "configured", f"site-b knows the gateway by its file: {pairs}")
    run("ip", "neigh", "flush", "dev", "eth0", ns=HOST_B)
    before = answered(b)
    expect_path(ns=HOST_B, to=GATEWAY[4])
    expect(answered(b) > before, "and answers for it")
    table = run(a.program("amimectl"), "-n", "site-a", "show", "mac-ip")
    expect("10.1.0.2" in table and "vtep 10.255.0.2" in table, "amimectl shows the table")


def duplicate(a):
    """Host A takes the gateway's address: it is told by a kernel that looks for duplicates, and the log has it."""
    ip("address add fd01::fe/64 dev eth0", HOST_A)
    end = time.monotonic() + 5
    while "dadfailed" not in run("ip", "address", "show", "dev", "eth0", ns=HOST_A) and time.monotonic() < end:
        time.sleep(0.1)
    expect("dadfailed" in run("ip", "address", "show", "dev", "eth0", ns=HOST_A), "a host that takes the gateway's address finds that out")
    a.stop()


def test(net, folder):
    net.path_mtu(1500)
    a, b = start(folder)
    reach()
    suppress(a, b)
    duplicate(a)
    b.stop()


if __name__ == "__main__":
    main(test)
