#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every example of config/ is run by a test: here, unchanged, unless another one runs it. A file that nobody runs is a failure.

   am-ex-lan DEVICE ── DEVICE [amimed with the example] DEVICE ── DEVICE am-ex-wan
   hosts                am-ex                                     the gateway, and all remotes

NICs that are not there are TAPs of DPDK's, and CPUs that are not there any others: that is all that is replaced, and said.
"""
import contextlib
import fnmatch
import glob
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import pinger
import rows
from daemon import Daemon
from frames import ETHERTYPE, frame, open_raw, receive
from harness import BUILD, expect, expect_path, write
from netns import Net, Trouble, inside, ip, run, without_tentative

BOX, LAN, WAN = "am-ex", "am-ex-lan", "am-ex-wan"
HOSTS = f"/etc/netns/{BOX}/hosts"
NAMED = "198.51.100.1"  # what the name of a remote leads to
GRE, ETHERIP = 47, 97
# Which other test here runs it; that is registered in meson.build and has the last word in its text.
ELSEWHERE = {
    "demo/*": ("demo", "files_of"),
    "appliance/*": ("appliance", "triangle.file_of"),
    "irb/*": ("irb", '"irb"'),
    "management.json": ("management", '"management.json"'),
    "out-of-band.json": ("management", '"out-of-band.json"'),
}
# No configurations of amimed: schemas, and what the tests of amime-bench run.
OTHERS = ("schema.json", "bgp.schema.json", "traffic/*", "wire/*")


class World(Net):
    """The devices that an example's ports name, each with its other end where hosts or the Internet are."""

    def __init__(self, config):
        super().__init__((BOX, LAN, WAN))
        self.config = config

    def connect(self):
        for ns in self.names:
            ip("link set lo up", ns)
        if "net_tap" in json.dumps(self.config):
            # DPDK is told by a signal of what the kernel sends there, and a signal breaks off the kernel's check of an XDP program.
            run("sysctl", "-q", "-w", "net.ipv6.conf.default.disable_ipv6=1", ns=BOX)
        for port in self.config["ports"].values():
            if "device" in port:
                self.cable(port["device"], WAN if port.get("vrf") == "underlay" or port["device"] == "ix0" else LAN)
        wan = self.config["ports"]["wan"]
        if "device" in wan:
            for tunnel in self.config["tunnels"].values():
                self.underlay(wan["device"], tunnel)

    @staticmethod
    def cable(device, far):
        ip(f"link add {device} netns {BOX} type veth peer name {device} netns {far}")
        for ns in (BOX, far):
            ip(f"link set {device} up", ns)

    @staticmethod
    def underlay(device, tunnel):
        """The tunnel's address here and its remote there, a gateway between."""
        local = tunnel["local"].replace("interface:wan", "192.0.2.1")
        remote = tunnel["remote"] if re.fullmatch("[0-9a-f.:]+", tunnel["remote"]) else NAMED
        net, gateway = (64, local[:-1] + "fe") if ":" in local else (24, local.rsplit(".", 1)[0] + ".254")
        nodad = " nodad" if ":" in local else ""
        ip(f"address replace {local}/{net} dev {device}{nodad}\nroute replace default via {gateway}", BOX)
        ip(f"address replace {gateway}/{net} dev {device}{nodad}\naddress replace {remote} dev lo", WAN)
        if ":" in local:
            without_tentative(BOX)  # it asks for its gateway


def without_hardware(config):
    """NICs by their PCI addresses are TAPs, and workers run on any CPUs where this machine has not got those."""
    text = json.dumps(config)
    for n, address in enumerate(sorted(set(re.findall(r'"(\d{4}:\d\d:\d\d\.\d)"', text)))):
        print(f"      replaced: {address} by a TAP, nic{n}")
        text = text.replace(f'"{address}"', f'"net_tap{n},iface=nic{n}"')
    config = json.loads(text)
    missing = set(config["system"].get("cpus", ())) - os.sched_getaffinity(0)
    if missing:
        print(f"      replaced: CPUs {config['system'].pop('cpus')}, of which {missing} is not there, by any")
    return config


# ---- what passes ----

def tagged(number, vlan):
    tag = struct.pack("!HH", 0x8100, vlan) if vlan else b""
    return frame(200, number, b"\xff" * 6, bytes.fromhex("02005e10000a"), tag)


def seen(sock, within, wanted):
    """The first frame for which wanted() says so, or None."""
    end = time.monotonic() + within
    while (left := end - time.monotonic()) > 0:
        if select.select([sock], [], [], left)[0] and wanted(data := receive(sock)):
            return data
    return None


def outer(data):
    """(protocol, source, destination) of an IP packet in a frame, as text."""
    if data[12:14] == b"\x08\x00":
        return data[23], socket.inet_ntop(socket.AF_INET, data[26:30]), socket.inet_ntop(socket.AF_INET, data[30:34])
    if data[12:14] == b"\x86\xdd":
        return data[20], socket.inet_ntop(socket.AF_INET6, data[22:38]), socket.inet_ntop(socket.AF_INET6, data[38:54])
    return None, None, None


def first(value):
    return value if isinstance(value, list) else [value]


def carried(config, lan, wan, vlan=0, ends=None):
    """A broadcast of the LAN is in a tunnel's packet on the uplink. lan and wan: (namespace, device)."""
    tunnel = next(iter(config["tunnels"].values()))
    local, remote = ends or (first(tunnel["local"]), first(tunnel["remote"]))
    protocol = ETHERIP if tunnel["type"] == "etherip" else GRE
    with contextlib.closing(open_raw(*lan)) as inner, contextlib.closing(open_raw(*wan)) as uplink:
        for number in range(1, 20):  # neighbours find each other
            sent = tagged(number, vlan)
            inner.send(sent)
            data = seen(uplink, 0.2, lambda d, payload=sent[-150:]: payload in d)
            if data:
                break
    expect(data is not None, f"a broadcast of {lan[1]}{f', VLAN {vlan}' if vlan else ''} leaves by {wan[1]}")
    got = outer(data)
    expect(got[0] == protocol and got[1] in local and got[2] in remote, f"in the tunnel: {got}")


def answer_gre(sock):
    """The far end of a GRE tunnel for IP: one echo request that comes is answered."""
    packet, who = sock.recvfrom(2048)
    gre = packet[20:]
    inner = gre[4:]
    at = (inner[0] & 15) * 4
    message = b"\0\0\0\0" + inner[at + 4:]
    reply = inner[:12] + inner[16:20] + inner[12:16] + inner[20:at] + message[:2] + pinger.checksum(message) + message[4:]
    sock.sendto(gre[:4] + reply, who)
    return socket.inet_ntoa(inner[16:20])


def kernel_ping(ns, source, to, patience):
    return subprocess.run(["ip", "netns", "exec", ns, "ping", "-n", "-c", "1", "-W", str(patience), "-I", source, to],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def through(remote, to, tries=5):
    """The first ones may wait, or come back as unreachable: the gateway is found by them."""
    with inside(WAN):
        far = socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE)
    far.bind((remote, 0))
    far.settimeout(0.3)
    with far, contextlib.closing(pinger.Pinger(LAN, to)) as ping:
        sent = set()
        for _ in range(tries):
            sent.add(ping.send(100)[0])
            with contextlib.suppress(TimeoutError):
                while answer_gre(far) == to and select.select([ping.socket], [], [], 0.3)[0]:
                    if sent & {got for got, _ in ping.replies()}:
                        return True
    return False


def host(device, address, gateway, ns=LAN):
    ip(f"address add {address} dev {device}\nroute add default via {gateway}", ns)


# ---- one example each ----

def only_there(_daemon, _config):
    """Ports in memory: nothing can reach it."""


def bridged(_daemon, config):
    member = next(m for b in (*config.get("bridges", {}).values(), *config.get("xconnects", {}).values())
                  for m in b["members"] if "port" in m)
    ports = config["ports"]
    carried(config, (LAN, ports[member["port"]]["device"]), (WAN, ports["wan"]["device"]), member.get("vlan", 0))


def dynamic(_daemon, config):
    carried(config, (LAN, "lan0"), (WAN, "wan0"), ends=(["192.0.2.1"], [NAMED]))


def striped(_daemon, config):
    carried(config, (BOX, "nic1"), (BOX, "nic0"))


def bonded(daemon, _config):
    """Without a partner a bond does not carry; it looks for one on both members."""
    with contextlib.closing(open_raw(BOX, "nic0")) as one, contextlib.closing(open_raw(BOX, "nic1")) as two:
        for device, sock in (("nic0", one), ("nic1", two)):
            expect(seen(sock, 3.0, lambda d: d[12:14] == b"\x88\x09"), f"LACP looks for a partner on {device}")
    wan = next(p for p in daemon.show("ports") if p["name"] == "wan")
    expect(len(wan["bond"]["members"]) == 2, "both NICs are members")


def routed(_daemon, _config):
    host("lan0", "192.0.2.2/24", "192.0.2.1")
    for to in ("192.0.2.1", "10.255.0.1"):
        expect_path(ns=LAN, to=to)
    for to, remote in (("10.255.0.2", "203.0.113.1"), ("10.255.0.3", "203.0.113.2")):
        expect(through(remote, to), f"an echo of the LAN is answered by {to} through its tunnel, by {remote}")


def rule(daemon, acl, number):
    """Packets that it has matched."""
    return next(row["packets"] for row in daemon.show("acls") if (row["acl"], row["rule"]) == (acl, number))


def filtered(daemon, _config):
    """A customer's own address reaches the Internet, a forged one does not, nor does TCP 23 from there reach the customer."""
    host("cust0", "203.0.113.7/24", "203.0.113.1")
    ip("address add 203.0.114.7/32 dev lo", LAN)
    ip("address add 198.18.0.1/30 dev ix0\naddress add 193.0.0.1/32 dev lo\nroute add 203.0.113.0/24 via 198.18.0.2", WAN)
    expect_path(ns=LAN, to="193.0.0.1")
    counted = {what: rule(daemon, *what) for what in (("from-customer", 0), ("from-customer", 1), ("to-transit", 2), ("from-transit", 4))}
    expect(kernel_ping(LAN, "203.0.113.7", "193.0.0.1", 3), "permitted: the customer's own address")
    expect(not kernel_ping(LAN, "203.0.114.7", "193.0.0.1", 0.3), "denied: a forged one")
    with inside(WAN):
        telnet = socket.socket()
    with telnet:
        telnet.settimeout(0.3)
        telnet.bind(("193.0.0.1", 0))
        with contextlib.suppress(TimeoutError):
            telnet.connect(("203.0.113.7", 23))
            raise Trouble("TCP 23 reaches the customer")
    moved, end = {}, time.monotonic() + 3  # nothing comes back of what is dropped: nobody says when it has come
    while not (moved and all(moved.values())) and time.monotonic() < end:
        time.sleep(0.02)
        moved = {" ".join(map(str, what)): rule(daemon, *what) - count for what, count in counted.items()}
    expect(all(moved.values()), f"the rules have counted it: {moved}")
    dropped = sum(row["count"] for row in daemon.show("drops") if row["drop"] == "acl_in")
    expect(dropped >= moved["from-customer 1"] + moved["from-transit 4"], f"and dropped what they deny: {dropped}")


RUN = {
    "acl-edge.json": filtered,
    "bench.json": only_there,
    "bonded-edge.json": bonded,
    "etherip-xconnect.json": bridged,
    "gretap-bridge.json": bridged,
    "home-dynamic.json": dynamic,
    "routed-edge.json": routed,
    "site-a.json": bridged,
    "site-b.json": bridged,
    "smallest-vps.json": bridged,
    "striped.json": striped,
    "vxlan-over-etherip.json": bridged,
    "vxlan-over-gre-v6.json": bridged,
}


# ---- all of them ----

def examples():
    return sorted(os.path.relpath(path, rows.CONFIG) for path in glob.glob(os.path.join(rows.CONFIG, "**", "*.json"), recursive=True))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def nobody_runs(names):
    """What is wrong with who runs what."""
    here = os.path.dirname(os.path.realpath(__file__))
    registered = read(os.path.join(here, "meson.build"))
    for name in names:
        if name not in RUN and not any(fnmatch.fnmatch(name, p) for p in (*ELSEWHERE, *OTHERS)):
            yield f"no test runs config/{name}"
    for pattern, (test, word) in ELSEWHERE.items():
        path = next((p for p in (f"test_{test}.py", f"{test}.py") if os.path.exists(os.path.join(here, p))), None)
        if not path or word not in read(os.path.join(here, path)) or not (f"'{test}': " in registered or f"'{test}.py'" in registered):
            yield f"config/{pattern} is not run by netns/{test}"
    yield from (f"config/{name} is gone" for name in RUN if name not in names)


def amimectl(daemon, what):
    return json.loads(run(daemon.program("amimectl"), "-n", daemon.name, "--json", "show", what))


def has_all(daemon, config):
    """What amimectl shows has each object of the file."""
    for what in ("ports", "tunnels"):
        names = {row["name"] for row in amimectl(daemon, what)}
        expect(names == set(config[what]), f"show {what}: {sorted(names)}")
    shown = amimectl(daemon, "interfaces")
    names = {row["name"] for row in (shown["entries"] if isinstance(shown, dict) else shown)}
    expect(set(config["ports"]) | set(config["tunnels"]) <= names, f"show interfaces: {sorted(names)}")


def wait_up(daemon, config):
    """All ports, but for a bond: it has no partner here."""
    end = time.monotonic() + 3
    while time.monotonic() < end:
        down = [p for p in daemon.show("ports") if p["link"] != "up" and config["ports"][p["name"]].get("driver") != "bond"]
        if not down:
            break
        time.sleep(0.05)
    expect(not down, f"ports are up, not down: {down}")


def example(name, folder):
    began = time.monotonic()
    print(f"config/{name}", flush=True)
    path = os.path.join(rows.CONFIG, name)
    config = json.loads(read(path))
    real = without_hardware(config)
    with World(real):
        daemon = Daemon(BOX, path if real == config else write(folder, os.path.basename(name), real), BUILD, folder)
        daemon.start()
        has_all(daemon, config)
        wait_up(daemon, config)
        RUN[name](daemon, config)
        errors = [line for line in read(daemon.log).splitlines() if ": error: " in line]
        expect(not errors, f"no error in its log: {errors}")
        daemon.stop()
        print(f"ok    it ends with 0, after {time.monotonic() - began:.1f} s", flush=True)


def main():
    wrong = list(nobody_runs(examples()))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    os.makedirs(os.path.dirname(HOSTS), exist_ok=True)
    try:
        write(os.path.dirname(HOSTS), "hosts", f"127.0.0.1 localhost\n{NAMED} office.example.net\n")
        for name in sys.argv[1:] or RUN:
            try:
                with tempfile.TemporaryDirectory() as folder:
                    example(name, folder)
            except (Trouble, OSError, subprocess.SubprocessError) as trouble:
                wrong.append(f"config/{name}: {type(trouble).__name__}: {trouble}")
    finally:
        os.unlink(HOSTS)
        os.rmdir(os.path.dirname(HOSTS))
    print("\n".join(f"FAIL  {line}" for line in wrong) or f"{len(RUN)} examples run", flush=True)
    return bool(wrong)


sys.exit(main())
