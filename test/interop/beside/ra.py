#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The router advertisements of lib/bgp between two namespaces: a kernel believes them, another end of ours hears them, and an FRR interface
peer, which waits for one, begins to connect; its own are heard.

usage: ra.py RA_PEER
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from peers import Frr  # noqa: E402
from world import A, B, LINK_LOCAL, eventually, expect, main, run  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))


class Peer:
    """ra_peer in a namespace, and the lines that it wrote."""

    def __init__(self, folder, ns):
        self.name, self.ns, self.log = f"ra_peer in {ns}", ns, os.path.join(folder, f"ra-{ns}.log")
        self.process = None

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.ns, PROGRAM, "eth0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def said(self, text):
        with open(self.log, encoding="utf-8") as file:
            return text in file.read()

    def tail(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(5)


def default_route():
    return f"via {LINK_LOCAL[A]}" in run("ip", "-6", "route", "show", "default", ns=B)


def test(scene):
    run("sysctl", "-q", "-w", "net.ipv6.conf.eth0.accept_ra=2", ns=B)
    ours = scene.start(Peer(scene.folder, A))
    eventually("the kernel of B takes A for its router", default_route)
    other = scene.start(Peer(scene.folder, B))
    eventually("A hears B", lambda: ours.said(f"appeared {LINK_LOCAL[B]}"))
    eventually("B hears A", lambda: other.said(f"appeared {LINK_LOCAL[A]}"))
    other.stop()
    eventually("B takes its leave", lambda: ours.said(f"gone {LINK_LOCAL[B]}: it says that it is no router any more"))
    expect(not ours.said(f"appeared {LINK_LOCAL[A]}"), "A is not its own neighbour")
    ours.stop()
    eventually("the kernel of B has no router any more", lambda: not default_route())
    frr = scene.start(Frr(scene.folder, neighbor="eth0", remote="interface remote-as external"))
    expect(frr.neighbor("eth0")["bgpState"] == "Idle", "FRR waits for an advertisement")
    ours = scene.start(Peer(scene.folder, A))
    eventually("FRR begins to connect", lambda: frr.neighbor("eth0")["bgpState"] in ("Active", "Connect"))
    eventually("FRR is heard", lambda: ours.said(f"appeared {LINK_LOCAL[B]}"))


main(test, addresses=False)
