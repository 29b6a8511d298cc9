#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The box has addresses: on a port that DPDK owns, on a NIC shared with the kernel, on a tunnel, and a loopback. The kernel
answers by its mirrors, hosts are routed through, and a flood of junk at site-a costs neither its sessions nor what passes.

   am-ha eth0 ── lan0 ══ br0 ══ tapa (net_tap) site-a ═══ GRE ═══ site-b (af_xdp) lan0 ── eth0 am-hb
   10.11.0.1                            10.11.0.254            10.12.0.254            10.12.0.1
"""
import json
import random
import socket
import struct
import threading
import time

from daemon import Daemon
from harness import BUILD, Flood, expect, expect_path, expect_ping, main, write
from netns import EDGE_A, EDGE_ADDRESS, EDGE_B, HOST_A, HOST_B, inside, ip, run

UDP_SEGMENT = 103
JUNK, SECONDS = 100_000, 3  # packets a second


def site(name, here, there, number, lan):
    other = 3 - number
    return {
        "system": {"name": name, "buffers": 32768},
        "ports": {"wan": {"device": "wan0", "vrf": "underlay"},
                  "lan": {**lan, "vrf": "default", "addresses": [f"10.1{number}.0.254/24", f"fd1{number}::fe/64"]}},
        "tunnels": {"to-other": {"type": "gre", "local": here, "remote": there, "addresses": [f"10.9.0.{number}/30"]}},
        "vrfs": {"default": {"loopbacks": [f"10.255.0.{number}", f"fd1f::{number}"],
                             "routes": [{"prefix": prefix, "tunnel": "to-other"}
                                        for prefix in (f"10.255.0.{other}/32", f"10.1{other}.0.0/24", f"fd1{other}::/64",
                                                       f"fd1f::{other}/128")]}}}


def start(folder):
    here, there = EDGE_ADDRESS[EDGE_A][0], EDGE_ADDRESS[EDGE_B][0]
    a = site("site-a", here, there, 1, {"driver": "ethdev", "devargs": "net_tap0,iface=tapa", "mac": "02:00:00:00:00:a1"})
    b = site("site-b", there, here, 2, {"device": "lan0"})
    daemons = [Daemon(ns, write(folder, f"{config['system']['name']}.json", config), BUILD, folder)
               for ns, config in ((EDGE_A, a), (EDGE_B, b))]
    for number, ns in ((1, HOST_A), (2, HOST_B)):
        ip(f"""address add 10.1{number}.0.1/24 dev eth0
               address add fd1{number}::99/64 dev eth0 nodad
               route add default via 10.1{number}.0.254
               route add default via fd1{number}::fe""", ns)
    # What the fixture takes from a bridge's port, a routing one needs: a link-local address to ask for neighbours from.
    ip("link set lan0 down\nlink set lan0 addrgenmode eui64\nlink set lan0 up", EDGE_B)
    for daemon in daemons:
        daemon.start()
    # The device of the PMD is a cable's end; its own MAC must not be the port's.
    ip("""link add br0 type bridge
          link set br0 addrgenmode none
          link set tapa address 02:00:00:00:00:99
          link set tapa addrgenmode none
          link set tapa master br0
          link set lan0 master br0
          link set br0 up
          link set tapa up""", EDGE_A)
    return daemons


def mirrors(daemon):
    return {row["interface"]: row for row in daemon.show("host")["interfaces"]}


def reach(a, b):
    for to in ("10.11.0.254", "10.255.0.1", "10.255.0.2", "10.9.0.1", "10.12.0.254", "fd11::fe", "fd1f::1", "fd1f::2"):
        expect_path(ns=HOST_A, to=to)
    for to in ("10.12.0.1", "fd12::99"):
        # Nobody knows that neighbour yet: the packet waits until the kernel has found it (RFC 1122 2.3.2.2).
        got = run("ping", "-c1", "-W5", to, ns=HOST_A, check=False)
        expect(" 1 received" in got, f"the first packet from {HOST_A} to {to} is answered")
    got = run("ping", "-c1", "-W4", "10.12.0.77", ns=HOST_A, check=False)
    expect("Destination Host Unreachable" in got, "and one to a neighbour that is not there is refused in words")
    waited = b.show("host")["waiting"]
    expect(waited["sent"] >= 2 and waited["lost"] == 1, f"packets that waited at site-b for a neighbour: {waited}")
    for ns, source, to in ((EDGE_A, "10.255.0.1", "10.12.0.1"), (EDGE_B, "10.255.0.2", "10.255.0.1")):
        got = run("ping", "-c2", "-W5", "-I", source, to, ns=ns, check=False)
        expect(" 2 received" in got, f"the box {source} reaches {to} by its routes")
    got = run("ip", "route", "get", "10.12.0.1", ns=EDGE_A)
    expect("dev wan0" in got, f"management's default is not beaten: {got.split(' uid')[0]}")
    kinds = {name: row["kind"] for name, row in mirrors(a).items()}
    expect(kinds == {"lan": "tap", "to-other": "tun", "vrf default": "tun"}, f"site-a's mirrors: {kinds}")
    kinds = {name: row["kind"] for name, row in mirrors(b).items()}
    expect(kinds["lan"] == "nic", f"site-b's mirrors: {kinds}")


class Session(threading.Thread):
    """A TCP connection to the box that sends a little and waits for it to come back, again and again."""

    def __init__(self, ns, to):
        super().__init__(daemon=True)
        with inside(EDGE_A):
            self.listener = socket.create_server((to, 1179))
        with inside(ns):
            self.client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.client.settimeout(5)
        self.client.connect((to, 1179))
        self.server = self.listener.accept()[0]
        self.server.settimeout(5)
        self.rounds, self.longest, self.error, self.running = 0, 0.0, None, True

    def run(self):
        try:
            while self.running:
                began = time.monotonic()
                self.client.sendall(b"keepalive")
                self.server.sendall(self.server.recv(64))
                self.client.recv(64)
                self.longest = max(self.longest, time.monotonic() - began)
                self.rounds += 1
                time.sleep(0.01)
        except OSError as error:
            self.error = error


def known(daemon):
    """Whom the kernel knows on a TAP is told, and is a route of workers."""
    rows = {row.get("neighbor"): row for row in daemon.show("neighbors")["entries"] if row.get("interface") == "lan"}
    host = rows.get("10.11.0.1", {})
    expect(host.get("mac") and host["device"] == "lan" and not host["why"], f"a neighbor on the TAP is known: {host}")
    answer = daemon.ask({"method": "show", "what": "routes", "to": "10.11.0.1"})["result"]["routes"]
    expect([(r["origin"], r["hops"][0]["state"], r["hops"][0]["mac"]) for r in answer] == [("neighbor", "live", host["mac"])],
           f"and workers send to it: {answer}")


def junk_tcp(sender, to):
    """Segments of no connection, from addresses all over the place."""
    source = struct.pack("!I", random.randrange(0x0b000000, 0x7e000000))
    tcp = struct.pack("!HHIIBBHHH", random.randrange(1024, 65536), 1179, random.randrange(1 << 32), 0, 0x50,
                      random.choice((2, 16, 24)), 1000, 0, 0)
    sender.sendto(struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + source + socket.inet_aton(to) + tcp, (to, 0))


def flood(to):
    """UDP in bursts of 60, and TCP, at JUNK packets a second; returns how many in how many seconds."""
    with inside(HOST_B):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 20)
    sent, began = 0, time.monotonic()
    with sender, raw:
        while (passed := time.monotonic() - began) < SECONDS:
            for _ in range(min(8, int((passed * JUNK - sent) / 63))):  # a late sender must not overflow queues by itself
                sender.sendto(bytes(20 * 60), (to, random.randrange(1024, 65536)))
                for _ in range(3):
                    junk_tcp(raw, to)
                sent += 63
            time.sleep(0.0005)
    return sent, passed


def lost_by(daemon):
    """Frames that the ports' own queues could not take: a worker did not get its core in time."""
    return daemon.counter("ports", "rx_dropped")


def junk(a, b):
    box = "10.255.0.1"
    session = Session(HOST_B, box)
    session.start()
    drops_before, late_before = {row["drop"]: row["count"] for row in a.show("drops")}, lost_by(b)
    before = {row["class"]: row["passed"] for row in a.show("host")["punt"]}
    with Flood(HOST_B, "10.11.0.1", sizes=(100,)) as good:
        sent, seconds = flood(box)
    session.running = False
    session.join()
    rate = sent / seconds
    expect(rate > 0.9 * JUNK, f"{sent} packets of junk at the box in {seconds:.1f} s")
    expect(session.error is None, f"the TCP session went on: {session.rounds} rounds, the longest {1000 * session.longest:.0f} ms"
           + (f", {session.error}" if session.error else ""))
    expect(session.longest < 1, "and none took a second")
    late, drops = lost_by(b) - late_before, {row["drop"]: row["count"] - drops_before.get(row["drop"], 0) for row in a.show("drops")}
    # What the kernel answers to junk has nowhere to go: it counts where the box's own packets do.
    own = {row["drop"] for row in a.show("drops") if row["kind"] == "vrf"}
    good_drops = {name: count for name, count in drops.items() if count and not name.startswith("punt_") and name not in own}
    expect(not good_drops and not lost_by(a), f"site-a drops nothing but junk: {good_drops}, queues lost {lost_by(a)}")
    # On a busy machine site-b, which only carries the junk, may come too late for some of it, and for pings between it.
    expect(not good.lost or late, f"of {good.sent} pings through the box {len(good.lost)} were lost, and {late} frames by site-b")
    passed = {row["class"]: row["passed"] - before[row["class"]] for row in a.show("host")["punt"]}
    expect(passed["other"] < 2000 * (seconds + 2) and passed["tcp"] < 2000 * (seconds + 2), f"handed to the kernel: {passed}")
    expect(drops["punt_other"] + drops["punt_tcp"] > 0.5 * (sent - late), f"dropped by name: {drops}")


def reload_keeps(a, config_path):
    """Another address comes, an old one stays, and nothing flaps."""
    with open(config_path, encoding="ascii") as file:
        config = json.load(file)
    config["ports"]["lan"]["addresses"].append("10.13.0.254/24")
    session = Session(HOST_A, "10.11.0.254")
    session.start()
    write(config_path.rsplit("/", 1)[0], config_path.rsplit("/", 1)[1], config)
    run(a.program("amimectl"), "-n", "site-a", "reload")
    expect("10.13.0.254/24" in run("ip", "address", "show", "dev", "lan", ns=EDGE_A), "a reload puts the new address on the mirror")
    time.sleep(0.2)
    session.running = False
    session.join()
    expect(session.error is None and session.rounds > 3, f"a TCP session to the box lives through it: {session.rounds} rounds")


def test(net, folder):
    net.path_mtu(1500)
    a, b = start(folder)
    reach(a, b)
    known(a)
    expect_ping(sizes=(100, 1400), ns=HOST_A, to="10.12.0.1")
    junk(a, b)
    reload_keeps(a, a.config)
    a.kill()
    links = run("ip", "-br", "link", ns=EDGE_A)
    expect("site-a" not in links and "to-other" not in links, "after kill -9 no mirror is left")
    b.stop()
    expect("2097" not in run("ip", "rule", ns=EDGE_B) and "10.12.0.254" not in run("ip", "address", ns=EDGE_B),
           "after SIGTERM neither rule nor address is")


main(test)
