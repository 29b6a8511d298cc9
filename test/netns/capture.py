# SPDX-License-Identifier: BSD-3-Clause
"""tcpdump on both sides of the router, and what the packets say about fragments.

The parser here reads only the outer IP headers and shares nothing with the forwarder; tshark gives a second opinion on
everything inside.
"""
import collections
import os
import re
import signal
import socket
import struct
import subprocess
import time

from netns import EDGE_ADDRESS, EDGE_A, EDGE_B, NET, Trouble, run

HEADERS_ONLY, WHOLE = 128, 4096
TUNNEL_PROTOCOLS = {97: "EtherIP", 47: "GRE", 17: "UDP"}
FLOOR = 1280

# One outer IP packet. id is None where the packet is whole and IPv6; first means offset 0 and more to come.
Packet = collections.namedtuple("Packet", "source to protocol id df more offset length")


class Capture:
    """tcpdump on one device of a namespace, from start() to stop()."""

    def __init__(self, ns, device, path, snap=WHOLE):
        self.ns, self.device, self.path, self.snap = ns, device, path, snap

    def start(self):
        # Without immediate mode the last second's packets are lost at stop. It is ready when it says "listening".
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.ns, "tcpdump", "-i", self.device, "-n", "-s", str(self.snap), "-B", "65536",
             "--immediate-mode", "-Z", "root", "-w", self.path],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        line = self.process.stderr.readline()
        if "listening" not in line:
            line = self.process.stderr.readline()
        if "listening" not in line:
            raise Trouble(f"tcpdump on {self.device} in {self.ns}: {line.strip()}")
        return self

    def has_read_all(self):
        """It sleeps, which it does where nothing waits in its ring."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "S"

    def stop(self):
        # What it has not read when it is told to end is neither in the file nor counted as dropped.
        end = time.monotonic() + 5
        while not self.has_read_all() and time.monotonic() < end:
            time.sleep(0.01)
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=10)
        lost = re.search(r"(\d+) packets? dropped by kernel", said)
        if self.process.returncode or not lost or int(lost.group(1)):
            raise Trouble(f"tcpdump on {self.device} in {self.ns} missed packets: {said.strip()}")


class BothSides:
    """Captures on links to-a and to-b of the router; packets(side) are those of the tunnel, in the order seen."""

    def __init__(self, folder, name, snap=WHOLE):
        self.paths = {side: os.path.join(folder, f"{name}-{side}.pcap") for side in "ab"}
        self.captures = [Capture(NET, "to-" + side, self.paths[side], snap) for side in "ab"]

    def __enter__(self):
        for capture in self.captures:
            capture.start()
        return self

    def __exit__(self, kind, *_):
        # Packets on their way and in the ring must be in the file before it ends.
        time.sleep(0.1)
        for capture in self.captures:
            capture.stop()

    def packets(self, side):
        return [p for p in outer_packets(self.paths[side]) if p.protocol in TUNNEL_PROTOCOLS]

    def refusals(self):
        """ICMP errors that an edge itself sent: its kernel answering for what is the forwarder's."""
        return icmp_errors(self.paths["a"], EDGE_ADDRESS[EDGE_A]) + icmp_errors(self.paths["b"], EDGE_ADDRESS[EDGE_B])


def frames_of(path):
    with open(path, "rb") as file:
        data = file.read()
    magic, = struct.unpack_from("=I", data)
    if magic not in (0xa1b2c3d4, 0xa1b23c4d):
        raise Trouble(f"{path} is no pcap file of this machine")
    at = 24
    while at + 16 <= len(data):
        length, = struct.unpack_from("=I", data, at + 8)
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def outer_packets(path):
    for data in frames_of(path):
        ethertype, = struct.unpack_from("!H", data, 12)
        packet = None
        if ethertype == 0x0800:
            packet = ipv4_packet(data[14:])
        elif ethertype == 0x86dd:
            packet = ipv6_packet(data[14:])
        if packet:
            yield packet


def ipv4_packet(data):
    length, ident, flags = struct.unpack_from("!HHH", data, 2)
    return Packet(socket.inet_ntop(socket.AF_INET, data[12:16]), socket.inet_ntop(socket.AF_INET, data[16:20]), data[9],
                  ident, bool(flags & 0x4000), bool(flags & 0x2000), (flags & 0x1fff) * 8, length)


def ipv6_packet(data):
    length, following = struct.unpack_from("!HB", data, 4)
    source, to = (socket.inet_ntop(socket.AF_INET6, data[at:at + 16]) for at in (8, 24))
    at, ident, more, offset = 40, None, False, 0
    while following in (0, 44, 60):
        if following == 44:
            following, _, place, ident = struct.unpack_from("!BBHI", data, at)
            more, offset = bool(place & 1), place & 0xfff8
            at += 8
            if offset:
                break
        else:
            following, octets = data[at], (data[at + 1] + 1) * 8
            at += octets
    return Packet(source, to, following, ident, True, more, offset, length + 40)


def icmp_errors(path, own):
    found = []
    for data in frames_of(path):
        ethertype, = struct.unpack_from("!H", data, 12)
        if ethertype == 0x0800 and data[23] == 1:
            source, kind = socket.inet_ntop(socket.AF_INET, data[26:30]), data[14 + (data[14] & 15) * 4]
            error = kind in (3, 11, 12)
        elif ethertype == 0x86dd and data[20] == 58:
            source, kind = socket.inet_ntop(socket.AF_INET6, data[22:38]), data[54]
            error = kind < 128
        else:
            continue
        if error and source in own:
            found.append(f"{source} sent ICMP type {kind}")
    return found


def is_fragment(packet):
    return packet.more or packet.offset > 0


class Datagrams:
    """The packets of one direction, put together to datagrams."""

    def __init__(self, packets):
        self.whole = [p for p in packets if not is_fragment(p)]
        self.groups = []
        current = {}
        for p in (p for p in packets if is_fragment(p)):
            key = p[:4]
            group = current.get(key)
            if group is None or complete(group):
                group = current[key] = []
                self.groups.append(group)
            group.append(p)

    def __len__(self):
        return len(self.groups)

    def complaints(self):
        """What breaks the promise of the floor split, a line each; nothing if it is kept."""
        found = collections.Counter()
        ids = collections.Counter(g[0][:4] for g in self.groups)
        longest = max((p.length for p in self.whole), default=0)
        for p in self.whole:
            if p.length > FLOOR:
                found[f"whole packet above {FLOOR} octets (the longest: {longest})"] += 1
            if "." in p.source and not (p.df and p.id == 0):
                found["whole IPv4 packet without DF, or with an ID"] += 1
        for group in self.groups:
            v4 = "." in group[0].source
            first = [p for p in group if p.offset == 0]
            if not complete(group):
                found["datagram whose fragments are not all there"] += 1
            elif len(group) > 2:
                found[f"datagram of {len(group)} fragments"] += 1
            elif first[0].length != (1276 if v4 else 1280):
                found[f"first fragment of {first[0].length} octets"] += 1
            if v4 and any(p.df for p in group):
                found["fragment with DF"] += 1
        again = sum(n - 1 for n in ids.values() if n > 1)
        if again:
            found["ID used again within the capture"] += again
        return [f"{n} x {text}" for text, n in found.items()]


def complete(group):
    """All octets from 0 to a last fragment's end are there, once."""
    ends = sorted((p.offset, p.offset + payload(p), p.more) for p in group)
    at = 0
    for start, end, _ in ends:
        if start != at:
            return False
        at = end
    return not ends[-1][2]


def payload(packet):
    return packet.length - (20 if "." in packet.source else 48)


def towards(packets, edge):
    return [p for p in packets if p.to in EDGE_ADDRESS[edge]]


def refragmented(before, after):
    """How many packets left the router otherwise than they came. Small whole ones cannot be cut: some cross while one of
    the two captures has not begun yet."""
    cut = [collections.Counter(p for p in packets if is_fragment(p) or p.length > FLOOR) for packets in (before, after)]
    return sum((cut[0] - cut[1]).values()) + sum((cut[1] - cut[0]).values())


def tshark(path, *fields):
    """One row of fields for each frame; IP is put together from its fragments by tshark's own reassembler."""
    flags = [flag for field in fields for flag in ("-e", field)]
    out = run("tshark", "-n", "-r", path, "-o", "ip.defragment:TRUE", "-o", "ipv6.defragment:TRUE", "-T", "fields",
              "-E", "occurrence=a", *flags, timeout=120)
    return [line.split("\t") for line in out.split("\n")[:-1]]


def opinion_of_tshark(path):
    """(frames that it calls malformed, frames in which it finds an echo request or reply)"""
    rows = tshark(path, "frame.number", "_ws.malformed", "icmp.type", "icmpv6.type")
    malformed = [row[0] for row in rows if row[1]]
    echoes = sum(1 for row in rows if row[2] in ("8", "0") or row[3] in ("128", "129"))
    return malformed, echoes
