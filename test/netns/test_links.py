#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tunnels as links: an EtherIP tunnel that is no bridge's has a TAP, by which the kernel finds its neighbours; a GRE tunnel without
addresses has a link-local one, which is all that an unnumbered BGP session needs.

   site-a (am-a) ═══ eth: EtherIP, 10.9.1.0/30 ═══ site-b (am-b) lan0 ── eth0 am-hb 10.12.0.1
                 ═══ ptp: GRE, no addresses    ═══
"""
import json
import os
import subprocess
import time

from daemon import Daemon
from harness import BUILD, expect, expect_path, expect_ping, main, write
from netns import EDGE_A, EDGE_ADDRESS, EDGE_B, HOST_B, Trouble, ip, run
from test_irb import talk

OTHER = {1: 2, 2: 1}
PROGRAM = os.path.join(BUILD, "apps", "amime-bgp", "amime-bgp")


def site(number, here, there):
    other = OTHER[number]
    config = {
        "system": {"name": f"site-{'ab'[number - 1]}"},
        "ports": {"wan": {"device": "wan0", "vrf": "underlay"}},
        "tunnels": {"eth": {"type": "etherip", "local": here, "remote": there,
                            "addresses": [f"10.9.1.{number}/30", f"fd09::{number}/64"]},
                    "ptp": {"type": "gre", "local": here, "remote": there, "host": "ptp"}},
        "vrfs": {"default": {"loopbacks": [f"10.255.0.{number}", f"fd00:255::{number}"],
                             "routes": [{"prefix": f"10.255.0.{other}/32", "tunnel": "ptp", "via": f"fe80::{other}"}]}}}
    if number == 2:
        config["ports"]["lan"] = {"device": "lan0", "vrf": "default", "addresses": ["10.12.0.254/24"]}
    else:
        config["vrfs"]["default"]["routes"].append({"prefix": "10.12.0.0/24", "tunnel": "eth", "via": "10.9.1.2"})
    return config


def start(folder):
    here, there = EDGE_ADDRESS[EDGE_A][0], EDGE_ADDRESS[EDGE_B][0]
    daemons = [Daemon(ns, write(folder, f"{number}.json", site(number, *ends)), BUILD, folder)
               for number, ns, ends in ((1, EDGE_A, (here, there)), (2, EDGE_B, (there, here)))]
    ip("address add 10.12.0.1/24 dev eth0\nroute add default via 10.12.0.254", HOST_B)
    for daemon in daemons:
        daemon.start()
    return daemons


def ethernet(a):
    kinds = {row["interface"]: row["kind"] for row in a.show("host")["interfaces"]}
    expect(kinds["eth"] == "tap" and kinds["ptp"] == "tun", f"the tunnels' mirrors: {kinds}")
    expect_path(ns=EDGE_A, to="10.9.1.2")
    expect_path(ns=EDGE_A, to="fd09::2")
    neighbours = run("ip", "neigh", "show", "dev", "eth", ns=EDGE_A)
    expect("10.9.1.2 lladdr" in neighbours and "fd09::2 lladdr" in neighbours, "its neighbours are the kernel's: " + neighbours.replace("\n", "; "))
    expect_path(ns=HOST_B, to="10.9.1.1")
    expect(talk(HOST_B, "10.9.1.1", 2011), "a host behind the other site speaks TCP to the box, by neighbours on both sides")
    expect_ping(sizes=(100, 1500), ns=HOST_B, to="10.9.1.1")


def link_local_of(ns):
    addresses = json.loads(run("ip", "-n", ns, "-j", "-6", "address", "show", "dev", "ptp"))[0]["addr_info"]
    return [a["local"] for a in addresses if a["scope"] == "link"]


def point_to_point(a):
    mine, theirs = link_local_of(EDGE_A), link_local_of(EDGE_B)
    expect(len(mine) == len(theirs) == 1 and mine != theirs, f"a GRE tunnel has a link-local address at each end: {mine + theirs}")
    got = run("ping", "-c2", "-i0.2", "-W3", theirs[0] + "%ptp", ns=EDGE_A, check=False)
    expect(" 2 received" in got and "ttl=64" in got, f"they reach each other, and no hop is taken: {got.splitlines()[1]}")
    # Our own kernel answers first, and with its second answer ping ends: the other's has the time between both.
    got = run("ping", "-c2", "-i1", "-W3", "ff02::1%ptp", ns=EDGE_A, check=False)
    expect(theirs[0] in got, "what is sent to all nodes comes to the other end")
    got = run("ping", "-c2", "-i0.2", "-W3", "-I", "10.255.0.1", "10.255.0.2", ns=EDGE_A, check=False)
    expect(" 2 received" in got, "IPv4 goes by a next hop of the tunnel's link-local addresses")
    a.stop()
    a.start()
    expect(link_local_of(EDGE_A) == mine, "and it is the same after a restart")


class Speaker:
    """amime-bgp with one unnumbered neighbour, and what it announces."""

    def __init__(self, ns, folder, number):
        self.socket = os.path.join(folder, f"bgp-{number}.sock")
        config = write(folder, f"bgp-{number}.json", {
            "as": 65000 + number, "router_id": f"10.255.0.{number}", "announce": [f"203.0.113.{number}/32"],
            "neighbors": {"other": {"interface": "ptp", "as": "external", "import": "accept", "export": "accept"}}})
        with open(os.path.join(folder, f"bgp-{number}.log"), "w", encoding="ascii") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", ns, PROGRAM, "--config", config, "--socket", self.socket],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ask(self, *words):
        return json.loads(run(PROGRAM, "--json", "--socket", self.socket, *words))

    def is_up(self):
        try:
            return self.ask("show", "neighbors", "other")[0]["state"] == "Established"
        except Trouble:
            return False  # it does not answer yet

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def unnumbered(folder):
    """BGP over a tunnel without addresses: found by router advertisements, IPv4 routes with a link-local next hop."""
    speakers = [Speaker(ns, folder, number) for number, ns in ((1, EDGE_A), (2, EDGE_B))]
    try:
        end = time.monotonic() + 15
        while not all(s.is_up() for s in speakers) and time.monotonic() < end:
            time.sleep(0.1)
        expect(all(s.is_up() for s in speakers), f"unnumbered BGP peers are up over the tunnel (took {15 - (end - time.monotonic()):.1f} s)")
        while time.monotonic() < end and not speakers[0].ask("show", "routes", "ipv4", "203.0.113.2/32")["routes"]:
            time.sleep(0.1)
        routes = json.dumps(speakers[0].ask("show", "routes", "ipv4", "203.0.113.2/32")["routes"])
        expect(link_local_of(EDGE_B)[0] in routes, "and an IPv4 route has the link-local address of the other end as its next hop")
    finally:
        for speaker in speakers:
            speaker.stop()


def test(net, folder):
    net.path_mtu(1500)
    a, b = start(folder)
    ethernet(a)
    unnumbered(folder)
    point_to_point(a)
    a.stop()
    b.stop()


if __name__ == "__main__":
    main(test)
