#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""GSO frames, which a host on the other end of a veth hands down by default.

af_xdp has the kernel cut them. af_packet refuses those longer than the MTU: a named drop of the port with the command
that helps, said once in the log, and the command does help.
"""
import socket
import time

from harness import HOST_A, HOST_ADDRESS, HOST_B, expect, expect_path, main, sites
from netns import EDGE_A, inside, run

UDP_SEGMENT = 103
SEGMENTS = 3


def send(times):
    """UDP datagrams that leave their host in one frame each time; how many arrive at the other one."""
    with inside(HOST_B):
        far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with inside(HOST_A):
        near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with far, near:
        far.bind((HOST_ADDRESS[HOST_B][0], 0))
        far.settimeout(0.5)
        near.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1000)
        for _ in range(times):
            near.sendto(bytes(SEGMENTS * 1000), far.getsockname())
        got = 0
        try:
            while got < times * SEGMENTS:
                got += len(far.recv(2000)) == 1000
        except TimeoutError:
            pass
    return got


def log_lines(daemon):
    with open(daemon.log, encoding="utf-8") as log:
        return sum("port lan" in line and "port_gso" in line and "ethtool -K" in line for line in log)


def logged(daemon, words):
    with open(daemon.log, encoding="utf-8") as log:
        return words in log.read()


def gso_drops(daemon):
    return [row for row in daemon.show("drops") if row["drop"] == "port_gso"]


def warnings(daemon):
    rows = daemon.ask({"method": "show", "what": "interfaces", "name": "lan"})["result"]["entries"]
    return [text for row in rows if row["kind"] == "port" for text in row["warnings"]]


def merging(daemon):
    """The kernel merges segments in front of us: said at once, with a command that helps."""
    expect(not warnings(daemon), "nothing spoils what is received")
    run("ethtool", "-K", "lan0", "gro", "on", ns=EDGE_A)
    said = warnings(daemon)
    expect(len(said) == 1 and said[0].endswith("try: ethtool -K lan0 gro off"), f"GRO is named: {said}")
    end = time.monotonic() + 5  # it is looked at once a second
    while not logged(daemon, "port lan: " + said[0]) and time.monotonic() < end:
        time.sleep(0.05)
    expect(logged(daemon, "port lan: " + said[0]), "the log says it too")
    run(*said[0].split("try: ")[1].split(), ns=EDGE_A)
    expect(not warnings(daemon), "and the command helps")


def test(net, folder):
    net.path_mtu(1500)
    for driver in ("af_xdp", "af_packet"):
        (_, a), (_, b) = sites(folder, driver=driver)
        a.start()
        b.start()
        expect_path()
        got = send(5)
        if driver == "af_xdp":
            expect(got == 5 * SEGMENTS and not gso_drops(a), f"af_xdp: the kernel cuts them: {got} datagrams arrive")
        else:
            drops = gso_drops(a)
            expect(got == 0 and len(drops) == 1 and drops[0]["interface"] == "lan" and drops[0]["count"] == 5,
                   f"af_packet: {got} arrive; dropped by name: {drops}")
            expect("ethtool -K" in drops[0]["text"], "and the text names the command that helps")
            end = time.monotonic() + 5  # it is looked at once a second
            while not log_lines(a) and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(1.2)
            expect(log_lines(a) == 1, f"the log says it once: {log_lines(a)}")
            run("ethtool", "-K", "eth0", "tso", "off", "gso", "off", "tx-udp-segmentation", "off", ns=HOST_A)
            got = send(5)
            expect(got == 5 * SEGMENTS, f"after ethtool -K: {got} datagrams arrive")
            merging(a)
        a.stop()
        b.stop()


main(test)
