#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A second opinion on every byte, for each row of the matrix: scapy plays site B.

What scapy encapsulates and fragments, in any split and order, reaches the host at A byte-identical; what amimed at A
encapsulates and fragments, scapy puts together, dissects and finds byte-identical, checksums included.
"""
import random
import select
import time
import warnings

warnings.simplefilter("ignore")  # scapy's own, about ciphers it would like

from scapy.contrib.etherip import EtherIP  # noqa: E402
from scapy.layers.inet import IP, UDP, defragment  # noqa: E402
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, defragment6  # noqa: E402
from scapy.layers.l2 import GRE, Ether  # noqa: E402
from scapy.layers.vxlan import VXLAN  # noqa: E402
from scapy.packet import Raw  # noqa: E402

import frames  # noqa: E402
import rows  # noqa: E402
from daemon import Daemon  # noqa: E402
from harness import BUILD, expect, main  # noqa: E402
from netns import EDGE_A, HOST_A, HOST_B, NET, mac  # noqa: E402

A, B = rows.SITES["a"], rows.SITES["b"]
PROTOCOLS = {"etherip": 97, "gre": 47, "gretap": 47}
SIZES = (42, 60, 999, 1192, 1514)


def outer(row, source, to):
    return IP(src=source.v4, dst=to.v4, ttl=61) if row.family == 4 else IPv6(src=source.v6, dst=to.v6, hlim=61)


def vxlan(row, source, to):
    """IP, UDP and VXLAN between the loopbacks; None for bare frames."""
    if row.payload == "bare frame":
        return None
    inner = IP(src=source.vtep4, dst=to.vtep4) if row.payload == "VXLAN/IPv4" else IPv6(src=source.vtep6, dst=to.vtep6)
    return inner / UDP(sport=50000, dport=4789) / VXLAN(vni=10100, flags="Instance")


def tunnelled(row, source, to, frame):
    """What stands after the outer IP header, as bytes."""
    inner = vxlan(row, source, to)
    inside = bytes(inner / Raw(frame)) if inner else frame
    if row.type == "gre":
        return bytes(GRE(proto=0x0800 if inner.version == 4 else 0x86dd)) + inside
    if inner:
        inside = bytes(Ether(src=source.mac, dst=to.mac, type=0x0800 if inner.version == 4 else 0x86dd)) + inside
    return bytes(EtherIP() if row.type == "etherip" else GRE(proto=0x6558)) + inside


def cut(row, payload, at, ident):
    """IP packets that carry payload, cut at these offsets."""
    protocol, packets = PROTOCOLS[row.type], []
    for start, end in zip([0, *at], [*at, len(payload)]):
        more = end < len(payload)
        head = outer(row, B, A)
        if row.family == 4:
            head.proto, head.id, head.frag, head.flags = protocol, ident, start // 8, "MF" if more else 0
        elif at:
            head /= IPv6ExtHdrFragment(nh=protocol, offset=start // 8, m=int(more), id=ident)
        else:
            head.nh = protocol
        packets.append(head / Raw(payload[start:end]))
    return packets


def cuts(length, draw, room=1500 - 48):
    """Whole; our floor; FreeBSD's; a small first one; equal ones; and some at random. No piece is longer than room."""
    offsets = [[], [1256], [1232], [96], [length // 2 // 8 * 8], [length // 3 // 8 * 8, length * 2 // 3 // 8 * 8],
               [length // 4 // 8 * 8 * n for n in (1, 2, 3)]]
    offsets += [sorted(draw.sample(range(96, length, 8), 2)) for _ in range(3) if length > 200]
    return [at for at in offsets if all(96 <= offset < length for offset in at) and
            max(end - start for start, end in zip([0, *at], [*at, length])) <= room]


class Wire:
    """The router's link to A, and the host's."""

    def __init__(self):
        self.net, self.host = frames.open_raw(NET, "to-a"), frames.open_raw(HOST_A)
        self.edge = mac(EDGE_A, "wan0")
        self.head = Ether(src=mac(NET, "to-a"), dst=self.edge)

    def close(self):
        self.net.close()
        self.host.close()

    def send(self, packets):
        for packet in packets:
            self.net.send(bytes(self.head / packet))

    def tunnel_packet(self, data, row):
        """The IP packet of a frame that A sent for its tunnel, or None."""
        packet = Ether(data)
        if packet.src != self.edge or packet.type != (0x0800 if row.family == 4 else 0x86dd):
            return None
        packet = packet.payload
        protocol = packet.proto if row.family == 4 else packet.payload.nh if packet.nh == 44 else packet.nh
        return packet if protocol == PROTOCOLS[row.type] else None

    @staticmethod
    def collect(sock, wanted, seconds=1.0):
        """What arrives until wanted(list) says enough."""
        got, end = [], time.monotonic() + seconds
        while not wanted(got) and time.monotonic() < end:
            if select.select([sock], [], [], max(0, end - time.monotonic()))[0]:
                got.append(frames.receive(sock))
        return got


def frame_of(number, length, to):
    return frames.frame(length, number, bytes.fromhex(to.replace(":", "")), frames.SOURCES[HOST_B])


def from_b(data):
    return data[6:12] == frames.SOURCES[HOST_B]


def inwards(row, wire, host_mac, draw):
    """(how many datagrams were sent, numbers of those that did not arrive as they were)"""
    sent, number = {}, 0
    for length in SIZES:
        payload_length = len(tunnelled(row, B, A, bytes(length)))
        for at in cuts(payload_length, draw):
            for order in (1, -1) if at else (1,):
                number += 1
                sent[number] = frame = frame_of(number, length, host_mac)
                packets = cut(row, tunnelled(row, B, A, frame), at, 1000 + number)[::order]
                # Every third one has a fragment twice, as the Internet sometimes does.
                wire.send(packets[:1] + packets if at and number % 3 == 0 else packets)
    got = {}
    for data in wire.collect(wire.host, lambda seen: sum(map(from_b, seen)) >= len(sent)):
        if from_b(data):
            got.setdefault(frames.number_of(data), []).append(data)
    return len(sent), [n for n, frame in sent.items() if got.get(n) != [frame]]


def whole_datagrams(row, packets):
    """Fragments put together by scapy, as bytes after the outer header; IPv6 without its Fragment header."""
    if row.family == 4:
        done = [p for p in defragment(packets) if not p.flags.MF and not p.frag]
        return [bytes(p.payload) for p in done]
    groups = {}
    for p in packets:
        groups.setdefault(p[IPv6ExtHdrFragment].id if IPv6ExtHdrFragment in p else len(groups) + 2**33, []).append(p)
    return [bytes((defragment6(group) if len(group) > 1 else group[0]).payload) for group in groups.values()]


def agrees(row, payload, frame):
    """True where payload is what scapy itself would have made, but for what the sender may choose."""
    mine = tunnelled(row, A, B, frame)
    if len(payload) != len(mine) or payload[-len(frame):] != frame:
        return False
    if row.payload == "bare frame":
        return payload == mine
    inner = {"etherip": 16, "gre": 4, "gretap": 18}[row.type]
    seen = (IP if row.payload == "VXLAN/IPv4" else IPv6)(payload[inner:])
    udp = seen[UDP]
    if payload[:inner] != mine[:inner] or seen.src not in (A.vtep4, A.vtep6) or seen.dst not in (B.vtep4, B.vtep6):
        return False
    if udp.dport != 4789 or udp.sport < 49152 or seen[VXLAN].vni != 10100 or bytes(seen[VXLAN])[:4] != b"\x08\0\0\0":
        return False
    again = seen.copy()
    if udp.chksum or seen.version == 6:
        del again[UDP].chksum
    if seen.version == 4:
        del again.chksum
    return bytes(again) == payload[inner:]


def outwards(row, wire, host_mac):
    """(how many frames were sent, numbers of those that did not leave as they should)"""
    sent = {n: frames.frame(length, n, bytes.fromhex("020000000b99"), frames.SOURCES[HOST_A])
            for n, length in enumerate([*SIZES, *range(1180, 1260, 7)], 5000)}
    for frame in sent.values():
        wire.host.send(frame)
    packets = []
    for data in wire.collect(wire.net, lambda seen: False, seconds=0.6):
        packet = wire.tunnel_packet(data, row)
        if packet is not None:
            packets.append(packet)
    payloads = whole_datagrams(row, packets)
    return len(sent), [n for n, frame in sent.items() if sum(agrees(row, p, frame) for p in payloads) != 1]


def try_row(row, folder, draw):
    daemon = Daemon(EDGE_A, rows.files_of(row)[0], BUILD, folder).start()
    wire, host_mac = Wire(), mac(HOST_A, "eth0")
    # The gateway is asked for when the first frame wants to leave; this is that frame.
    wire.host.send(frames.frame(60, 1, b"\xff" * 6, frames.SOURCES[HOST_A]))
    Wire.collect(wire.net, lambda seen: any(wire.tunnel_packet(data, row) for data in seen), seconds=5.0)
    try:
        for way, (count, bad) in (("in", inwards(row, wire, host_mac, draw)), ("out", outwards(row, wire, host_mac))):
            expect(not bad, f"{row.name}: {count} datagrams {way}, not as they should be: {bad}")
    finally:
        wire.close()
        daemon.stop()


def test(net, folder):
    net.path_mtu(1500)
    draw = random.Random(20)
    for row in rows.rows():
        try_row(row, folder, draw)


main(test)
