#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The box has addresses: on a port that DPDK owns, on a NIC shared with the kernel, on a tunnel, and a loopback. The kernel
answers by its mirrors, hosts are routed through, and a flood of junk at site-a costs neither its sessions nor what passes.

   am-ha eth0 ── lan0 ══ br0 ══ tapa (net_tap) site-a ═══ GRE ═══ site-b (af_xdp) lan0 ── eth0 am-hb
   10.11.0.1                            10.11.0.254            10.12.0.254            10.12.0.1
"""
import json
import os
import random
import socket
import struct
import threading
import time

from daemon import Daemon
from harness import BUILD, Flood, expect, expect_path, expect_ping, main, write
from junk import send_junk, write_frames
from netns import EDGE_A, EDGE_ADDRESS, EDGE_B, HOST_A, HOST_B, NET, inside, ip, mac, run, without_tentative
from pinger import checksum

JUNK, PACE, ARP_JUNK, SECONDS = 100_000, 125_000, 2_000, 3  # packets a second: at least, and what is tried
BOX, CHUNK, FLOOR = "10.255.0.1", 4000, 100_000  # octets that a session sends at once, and at least a second


def site(name, here, there, number, lan):
    other = 3 - number
    return {
        "system": {"name": name, "buffers": 65536},
        "ports": {"wan": {"device": "wan0", "vrf": "underlay"},
                  "lan": {**lan, "vrf": "default", "addresses": [f"10.1{number}.0.254/24", f"fd1{number}::fe/64"]}},
        "tunnels": {"to-other": {"type": "gre", "local": here, "remote": there, "addresses": [f"10.9.0.{number}/30"]},
                    "astray": {"type": "gre", "local": here, "remote": f"10.1{number}.0.7", "host": False}},
        "vrfs": {"default": {"loopbacks": [f"10.255.0.{number}", f"fd1f::{number}"],
                             "routes": [{"prefix": "10.72.0.0/16", "via": f"10.1{number}.0.99"}, {"prefix": "10.73.0.0/16", "tunnel": "astray"}] +
                                       [{"prefix": prefix, "tunnel": "to-other"}
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
    without_tentative(EDGE_B)
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
    """A TCP connection to the box that sends something and waits for it to come back, again and again."""

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
                for here, there in ((self.client, self.server), (self.server, self.client)):
                    here.sendall(bytes(CHUNK))
                    left = CHUNK
                    while left:
                        left -= len(there.recv(left))
                self.longest = max(self.longest, time.monotonic() - began)
                self.rounds += 1
                time.sleep(0.01)
        except OSError as error:
            self.error = error


def checksummed(header):
    return header[:10] + checksum(header) + header[12:]


def ip4(source, to, protocol, payload, fragment=0, ident=0):
    return checksummed(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0)
                       + source + socket.inet_aton(to)) + payload


def junk_packets(draw, n):
    """TCP of no connection, UDP, echo requests and fragments of datagrams that never become whole, from all over the place."""
    for i in range(n):
        source = struct.pack("!I", draw.randrange(0x0b000000, 0x7e000000))
        ports = struct.pack("!HH", draw.randrange(1024, 65536), 1179)
        kind = i % 4
        if kind == 0:
            yield ip4(source, BOX, 6, ports + struct.pack("!IIBBHHH", draw.randrange(1 << 32), 0, 0x50, draw.choice((2, 16, 24)), 1000, 0, 0))
        elif kind == 1:
            yield ip4(source, BOX, 17, ports + struct.pack("!HH", 28, 0) + bytes(20))
        elif kind == 2:
            echo = struct.pack("!BBHHH", 8, 0, 0, i, 1)
            yield ip4(source, BOX, 1, echo[:2] + checksum(echo) + echo[4:])
        else:
            yield ip4(source, BOX, 17, bytes(64), fragment=draw.choice((0x2000, 0x2008, 8)), ident=i & 0xffff)


def junk_files(folder):
    """What the Internet sends in site-b's name, and what a host of the LAN asks."""
    draw = random.Random(7)
    here, there = EDGE_ADDRESS[EDGE_A][0], EDGE_ADDRESS[EDGE_B][0]
    ethernet = bytes.fromhex((mac(EDGE_A, "wan0") + mac(NET, "to-a")).replace(":", "")) + b"\x08\0"
    tunnelled = [ethernet + ip4(socket.inet_aton(there), here, 47, b"\0\0\x08\0" + packet, fragment=0x4000)
                 for packet in junk_packets(draw, 4096)]
    asks = [b"\xff" * 6 + b"\2\0\0\0\x0a" + bytes([n]) + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + b"\2\0\0\0\x0a" + bytes([n])
            + bytes([10, 11, 0, 2 + n]) + bytes(6) + bytes([10, 11, 0, 254]) for n in range(200)]
    return write_frames(f"{folder}/junk", tunnelled), write_frames(f"{folder}/arp", asks)


def arrived(daemon, looks=("host", "ports")):
    """Frames that came to site-a's wan, as XDP counts them, as the port counts them, and what its queue could not take."""
    seen = {what: daemon.show(what) for what in looks}
    rules = next(s for s in seen["host"]["steering"] if s["port"] == "wan")["rules"]
    port = next(p for p in seen["ports"] if p["name"] == "wan")
    return {"xdp": sum(r["frames"] for r in rules if r["rule"] == "gre"), "taken": port["counters"]["rx_packets"],
            "missed": port["driver_counters"]["rx_dropped"]}


def junk(a, b, folder):
    junk_file, arp_file = junk_files(folder)
    session = Session(HOST_B, BOX)
    session.start()
    # XDP's count is looked at last here, and first at the end: what comes between two looks must not lack among the taken.
    drops_before, first = {row["drop"]: row["count"] for row in a.show("drops")}, arrived(a, ("ports", "host"))
    before = {row["class"]: row["passed"] for row in a.show("host")["punt"]}
    late_before = b.counter("ports", "rx_dropped")
    with Flood(HOST_B, "10.11.0.1", sizes=(100,), pause=0.005) as good:
        # Two of them, since one takes most of a CPU.
        senders = [send_junk(NET, "to-a", PACE // 2, SECONDS, junk_file) for _ in range(2)] + [send_junk(HOST_A, "eth0", ARP_JUNK, SECONDS, arp_file)]
        *parts, arp = [json.loads(sender.communicate()[0]) for sender in senders]
    session.running = False
    session.join()
    wire = {"sent": sum(p["sent"] for p in parts), "refused": sum(p["refused"] for p in parts), "seconds": max(p["seconds"] for p in parts)}
    rate = wire["sent"] / wire["seconds"]
    expect(rate >= JUNK, f"the machine reached {rate:.0f} packets of junk a second at the box: {wire}, and {arp} of ARP")
    end = time.monotonic() + 2  # what is in a queue still waits for the kernel, or for the worker
    while True:
        came = {key: value - first[key] for key, value in arrived(a).items()}
        if wire["sent"] + good.sent <= came["xdp"] <= came["taken"] + came["missed"] or time.monotonic() > end:
            break
        time.sleep(0.02)
    expect(came["xdp"] >= wire["sent"] + good.sent and came["taken"] + came["missed"] >= came["xdp"],
           f"all that was sent came to the box: {came}")
    expect(session.error is None, f"the TCP session went on: {session.rounds} rounds, the longest {1000 * session.longest:.0f} ms"
           + (f", {session.error}" if session.error else ""))
    through = session.rounds * CHUNK / wire["seconds"]
    expect(session.longest < 1 and through > FLOOR, f"at {through / 1000:.0f} kB/s each way, and no round took a second")
    drops = {row["drop"]: row["count"] - drops_before.get(row["drop"], 0) for row in a.show("drops")}
    # What the kernel answers to junk has nowhere to go: it counts where the box's own packets do.
    own = {row["drop"] for row in a.show("drops") if row["kind"] == "vrf"}
    good_drops = {name: count for name, count in drops.items() if count and not name.startswith("punt_") and name not in own}
    expect(not good_drops, f"site-a drops nothing but junk: {good_drops}")
    late = came["missed"] + b.counter("ports", "rx_dropped") - late_before
    expect(not good.lost and not late, f"of {good.sent} pings through the box {len(good.lost)} were lost; queues of both boxes missed {late} frames")
    passed = {row["class"]: row["passed"] - before[row["class"]] for row in a.show("host")["punt"]}
    limits = {row["class"]: row["rate"] * (wire["seconds"] + 2) for row in a.show("host")["punt"]}
    expect(all(passed[name] < limits[name] for name in ("arp_nd", "tcp", "icmp", "other")), f"handed to the kernel: {passed}")
    junk_drops = sum(count for name, count in drops.items() if name.startswith("punt_"))
    expect(junk_drops > 0.8 * wire["sent"], f"dropped by name: {drops}")


def known(daemon):
    """Whom the kernel knows on a TAP is told, and is a route of workers."""
    rows = {row.get("neighbor"): row for row in daemon.show("neighbors")["entries"] if row.get("interface") == "lan"}
    host = rows.get("10.11.0.1", {})
    expect(host.get("mac") and host["device"] == "lan" and not host["why"], f"a neighbor on the TAP is known: {host}")
    answer = daemon.ask({"method": "show", "what": "routes", "to": "10.11.0.1"})["result"]["routes"]
    expect([(r["origin"], r["hops"][0]["state"], r["hops"][0]["mac"]) for r in answer] == [("neighbor", "live", host["mac"])],
           f"and workers send to it: {answer}")
    said = run(daemon.program("amimectl"), "-n", daemon.name, "explain", "packet", "lan", "10.11.0.1", "10.12.0.1", "2000", "udp", "1", "2")
    expect("out: to-other, port wan" in said and said.count("outer packet of") == 2 and "\nok: " in said, f"explain packet:\n{said}")


def dead_ends(a, b):
    """A gateway that nobody is; a remote on the LAN, where the underlay's packets must not go; and what is the kernel's."""
    def gateway():
        return a.ask({"method": "show", "what": "routes", "to": "10.72.0.1"})["result"]["routes"][0]["hops"][0]

    # Who is not there is asked for again and again, and is one or the other: both are looked at while it is the same.
    hop, row, end = gateway(), {}, time.monotonic() + 5
    while time.monotonic() < end:
        row = next(row for row in a.show("neighbors")["entries"] if row.get("to") == "10.11.0.99")
        before, hop = hop, gateway()
        if before["state"] == hop["state"]:
            break
    expect(hop["state"] in ("no-neighbor", "resolving") and "10.11.0.99" in hop.get("why", ""), f"a dead gateway on a TAP is said: {hop}")
    expect(row["state"] == hop["state"] and row["why"] and row["origin"] == "kernel", f"among neighbors too: {row}")
    hop = b.ask({"method": "show", "what": "routes", "to": "10.73.0.1"})["result"]["routes"][0]["hops"][0]
    expect(hop["state"] == "tunnel-down" and "VRF default's, not underlay's" in hop["why"], f"a tunnel's remote on the LAN is not reached: {hop}")
    said = run(b.program("amimectl"), "-n", b.name, "explain", "packet", "lan", "10.12.0.1", "10.12.0.254", "100", "tcp", "1", "179")
    expect("for the kernel: this port leaves to it" in said, f"explain packet to the box itself:\n{said}")


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
    rounds, end = session.rounds, time.monotonic() + 5
    while session.rounds <= rounds + 3 and session.error is None and time.monotonic() < end:
        time.sleep(0.02)
    session.running = False
    session.join()
    expect(session.error is None and session.rounds > rounds + 3,
           f"a TCP session to the box lives through it: {session.rounds} rounds, {rounds} of them until then, {session.error or 'no error'}")


def test(net, folder):
    net.path_mtu(1500)
    a, b = start(folder)
    reach(a, b)
    known(a)
    dead_ends(a, b)
    expect_ping(sizes=(100, 1400), ns=HOST_A, to="10.12.0.1")
    junk(a, b, folder)
    reload_keeps(a, a.config)
    a.kill()
    links = run("ip", "-br", "link", ns=EDGE_A)
    expect("site-a" not in links and "to-other" not in links, "after kill -9 no mirror is left")
    b.stop()
    expect("2097" not in run("ip", "rule", ns=EDGE_B) and "10.12.0.254" not in run("ip", "address", ns=EDGE_B),
           "after SIGTERM neither rule nor address is")


main(test)
