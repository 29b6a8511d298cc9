# SPDX-License-Identifier: BSD-3-Clause
"""Frames between pairs of hosts, what a tunnel makes of them, and back: made and taken apart here, apart from any peer's code.

Addresses of the stage, the same for every peer: we are 192.0.2.1, the other end is 192.0.2.2; with VXLAN in GRE the VTEPs are
10.255.0.1 and 10.255.0.2.
"""
import ipaddress
import struct

# Ours is what net_pcap gives its first device and nobody can change: VPP takes only frames to the address that its port has.
OUR_MAC, THEIR_MAC = "02:70:63:61:70:00", "02:00:00:00:00:fe"
OUR_IP, THEIR_IP = "192.0.2.1", "192.0.2.2"
OUR_VTEP, THEIR_VTEP = "10.255.0.1", "10.255.0.2"
VNI, VXLAN_PORT = 10100, 4789
ETH, IP4, UDP, GRE, VXLAN = 14, 20, 8, 4, 8
PROTO_UDP, PROTO_GRE = 17, 47
DF, MF = 0x4000, 0x2000
FLOOR = 1276  # an outer packet above 1280 octets is cut here


class Malformed(Exception):
    """An output frame that is not what it must be."""


def octets(mac):
    return bytes.fromhex(mac.replace(":", ""))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def station(side, n):
    """MAC address of host n: side 1 is where frames go, side 2 where they come from."""
    return f"02:00:00:0{side}:{n >> 8:02x}:{n & 255:02x}"


def ipv4(source, target, protocol, payload, number=0, flags=DF, offset=0):
    source, target = (ipaddress.IPv4Address(a).packed for a in (source, target))
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, IP4 + len(payload), number, flags | offset // 8, 64, protocol, 0, source, target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def udp(source, target, payload):
    return struct.pack("!HHHH", source, target, UDP + len(payload), 0) + payload


def ethernet(source, target, payload):
    return octets(target) + octets(source) + b"\x08\x00" + payload


def frame(n, length):
    """A UDP datagram of host n of side 2 to host n of side 1; length octets without the FCS.

    It may be fragmented: the kernel's VXLAN fragments outside only around such packets.
    """
    payload = bytes((i * 7 + n) & 255 for i in range(length - ETH - IP4 - UDP))
    source, target = (str(ipaddress.IPv4Address(f"10.{side}.0.0") + n) for side in (2, 1))
    return ethernet(station(2, n), station(1, n), ipv4(source, target, PROTO_UDP, udp(40000 + n % 20000, 53, payload),
                                                      flags=0))


def vxlan(inner, n, source, target):
    """An IPv4 packet with the frame in it; n chooses the port, as the hash of a flow does."""
    head = struct.pack("!II", 0x08000000, VNI << 8)
    return ipv4(source, target, PROTO_UDP, udp(49152 + n % 16384, VXLAN_PORT, head + inner))


def link(packet):
    """As it arrives here from the other end."""
    return ethernet(THEIR_MAC, OUR_MAC, packet)


def plain_vxlan(inner, n):
    """What a VTEP sends to us straight over the link: one frame."""
    return [link(vxlan(inner, n, THEIR_IP, OUR_IP))]


def gre_vxlan(inner, n):
    """The same in GRE, cut as the other end of an Amime tunnel cuts it: one frame, or two."""
    packet = struct.pack("!HH", 0, 0x0800) + vxlan(inner, n, THEIR_VTEP, OUR_VTEP)
    whole = ipv4(THEIR_IP, OUR_IP, PROTO_GRE, packet)
    return [link(whole)] if len(whole) <= 1280 else cut(PROTO_GRE, packet, n + 1, FLOOR)


def cut(protocol, packet, number, mtu):
    """Two fragments."""
    first = (mtu - IP4) & ~7
    return [link(ipv4(THEIR_IP, OUR_IP, protocol, packet[:first], number, MF)),
            link(ipv4(THEIR_IP, OUR_IP, protocol, packet[first:], number, 0, first))]


def plain_vxlan_cut(inner, n):
    """As the kernel of the other end sends it over a link with MTU 1500: two fragments."""
    return cut(PROTO_UDP, vxlan(inner, n, THEIR_IP, OUR_IP)[IP4:], n + 1, 1500)


# ---- taking apart what a peer sent ----

def read_ipv4(data, source, target):
    """(protocol, id, flags and offset, payload)"""
    if len(data) < IP4 or data[0] != 0x45:
        raise Malformed("no IPv4 header without options")
    _, _, total, number, where, _, protocol, _, *addresses = struct.unpack_from("!BBHHHBBH4s4s", data)
    if checksum(data[:IP4]):
        raise Malformed("bad IPv4 header checksum")
    if [str(ipaddress.IPv4Address(a)) for a in addresses] != [source, target]:
        raise Malformed("other IPv4 addresses than those of the tunnel")
    if not IP4 <= total <= len(data):
        raise Malformed(f"IPv4 total length {total} of {len(data)} octets")
    return protocol, number, where, data[IP4:total]


def read_vxlan(data):
    """The frame inside."""
    _, port, length, _ = struct.unpack_from("!HHHH", data)
    flags, vni = struct.unpack_from("!II", data, UDP)
    if port != VXLAN_PORT or length != len(data) or flags != 0x08000000 or vni != VNI << 8:
        raise Malformed(f"no VXLAN of VNI {VNI}")
    return data[UDP + VXLAN:]


def read_gre(data):
    """The frame inside VXLAN inside GRE."""
    if data[:GRE] != struct.pack("!HH", 0, 0x0800):
        raise Malformed("no plain GRE header with IPv4 in it")
    protocol, _, where, data = read_ipv4(data[GRE:], OUR_VTEP, THEIR_VTEP)
    if protocol != PROTO_UDP or where & ~DF:
        raise Malformed("no whole UDP packet between the VTEPs")
    return read_vxlan(data)


def join(fragments, datagrams):
    """Datagrams of fragments that follow one another; where is what of each must be."""
    number, where, data = fragments
    at = (where & 0x1fff) * 8
    if at == 0:
        datagrams[number] = data
        return None
    if len(datagrams.get(number, b"")) != at or where & MF:
        raise Malformed(f"fragment at {at} does not fit what came before it")
    return datagrams.pop(number) + data


def unwrap(frames, protocol, mtu=1500):
    """(frames that were inside, in order; how many datagrams came in two pieces)"""
    inside, cuts, waiting = [], 0, {}
    read = {PROTO_GRE: read_gre, PROTO_UDP: read_vxlan}[protocol]
    for data in frames:
        if data[:ETH] != octets(THEIR_MAC) + octets(OUR_MAC) + b"\x08\x00":
            raise Malformed("no IPv4 frame from us to the other end")
        seen, number, where, payload = read_ipv4(data[ETH:], OUR_IP, THEIR_IP)
        if seen != protocol:
            raise Malformed(f"IP protocol {seen}, not {protocol}")
        if len(data) > ETH + mtu:
            raise Malformed(f"a frame of {len(data)} octets over a link of MTU {mtu}")
        if where & ~DF:
            payload = join((number, where, payload), waiting)
            cuts += payload is not None
        if payload is not None:
            inside.append(read(payload))
    if waiting:
        raise Malformed(f"{len(waiting)} first fragments without a second one")
    return inside, cuts


# ---- pcap files ----

def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for data in frames:
            file.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)


def read_pcap(path):
    with open(path, "rb") as file:
        data = file.read()
    frames, at = [], 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames
