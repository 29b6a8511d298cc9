# SPDX-License-Identifier: BSD-3-Clause
"""Packets and configurations for the golden cases, made with scapy and plain bytes, independent of Amime's code."""
import struct

from scapy.all import ARP, Dot1Q, Ether, GRE, IP, IPv6, Raw, TCP, UDP
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN
from scapy.layers.vxlan import VXLAN

US, THEM = "02:ff:00:00:00:01", "02:ff:00:00:00:02"  # wan MACs
HOST_A, HOST_B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
TUN_US, TUN_THEM = "02:ee:00:00:00:01", "02:ee:00:00:00:02"
ADDR = {4: ("192.0.2.1", "198.51.100.1"), 6: ("2001:db8:a::1", "2001:db8:b::1")}
VTEP = {4: ("10.255.0.1", "10.255.0.2"), 6: ("fd00::1", "fd00::2")}
VNI = 10100


def config(kind, family=4, vxlan=0, bridge=None, members=None, ports=None, xconnect=False, **tunnel):
    """Our site: port lan, port wan, one tunnel t of this kind (None: VXLAN straight over the port)."""
    us, them = ADDR[family]
    c = {
        "system": {"name": "golden"},
        "ports": {
            "wan": {"driver": "mem", "mac": US, "mtu": 1500 if kind else 1600, "vrf": "underlay" if kind else "default"},
            "lan": {"driver": "mem"},
        },
        "vrfs": {} if not kind else {"underlay": {"routes": [{"prefix": "0.0.0.0/0" if family == 4 else "::/0", "port": "wan", "mac": THEM}]}},
    }
    if ports:
        for name, keys in ports.items():
            c["ports"].setdefault(name, {"driver": "mem"}).update(keys)
    if kind:
        c["tunnels"] = {"t": {"type": kind, "local": us, "remote": them, **tunnel}}
    if vxlan:
        ours, theirs = VTEP[vxlan]
        route = {"prefix": theirs + ("/32" if vxlan == 4 else "/128")}
        if kind:
            route["tunnel"] = "t"
            if kind != "gre":
                c["tunnels"]["t"]["mac"] = TUN_US
                route["mac"] = TUN_THEM
        else:
            route.update({"port": "wan", "mac": THEM})
        c["vrfs"]["default"] = {"loopbacks": [ours], "routes": [route]}
        other = {"vtep": theirs}
    else:
        other = {"tunnel": "t"}
    b = {"members": members or [{"port": "lan"}, other]}
    if vxlan:
        b["vni"] = VNI
    b.update(bridge or {})
    c["xconnects" if xconnect else "bridges"] = {"lan": b}
    return c


def pattern(n, seed=0):
    return bytes((i * 7 + seed) & 0xFF for i in range(n))


def lan_frame(size, src=HOST_A, dst=HOST_B, tag=None, tos=0, seed=0, df=True):
    """An Ethernet frame with an IPv4 UDP packet; size is the inner IP packet's."""
    e = Ether(src=src, dst=dst)
    if tag is not None:
        e = e / Dot1Q(vlan=tag & 0xFFF, prio=tag >> 13, id=tag >> 12 & 1)
    ip = IP(src="10.1.0.1", dst="10.1.0.2", id=7, tos=tos, flags="DF" if df else 0)
    return bytes(e / ip / UDP(sport=1234, dport=5678) / Raw(pattern(size - 28, seed)))


def syn(mss, src=HOST_A, dst=HOST_B, flags="S"):
    opts = [("MSS", mss), ("SAckOK", b""), ("NOP", None), ("WScale", 7)] if mss else [("NOP", None)] * 4
    return bytes(Ether(src=src, dst=dst) / IP(src="10.1.0.1", dst="10.1.0.2", id=9, flags="DF")
                 / TCP(sport=40000, dport=80, flags=flags, seq=1, options=opts))


def arp(src=HOST_A, dst="ff:ff:ff:ff:ff:ff"):
    return bytes(Ether(src=src, dst=dst) / ARP(op=1, hwsrc=src, psrc="10.1.0.1", pdst="10.1.0.2"))


def vxlan(frame, family=4, reverse=True, vni=VNI, sport=50000, flags=8, ttl=64, tos=0, checksum=None, dport=4789):
    """IP/UDP/VXLAN around a frame; reverse: from them to us."""
    a, b = VTEP[family]
    src, dst = (b, a) if reverse else (a, b)
    payload = bytes([flags, 0, 0, 0]) + struct.pack("!I", vni << 8) + frame
    udp = UDP(sport=sport, dport=dport)
    if checksum is not None or family == 4:
        udp.chksum = checksum or 0
    ip = IP(src=src, dst=dst, id=0, flags="DF", ttl=ttl, tos=tos) if family == 4 else IPv6(src=src, dst=dst, hlim=ttl, tc=tos)
    return bytes(ip / udp / Raw(payload))


def gre_header(proto, key=None, seq=None, csum=None, payload=b"", extra=0):
    flags = extra | (0x8000 if csum is not None else 0) | (0x2000 if key is not None else 0) | (0x1000 if seq is not None else 0)
    h = struct.pack("!HH", flags, proto)
    if csum is not None:
        h += struct.pack("!HH", 0, 0)
    if key is not None:
        h += struct.pack("!I", key)
    if seq is not None:
        h += struct.pack("!I", seq)
    if csum is not None:
        value = inet_sum(h + payload) if csum is True else csum
        h = h[:4] + struct.pack("!H", value) + h[6:]
    return h


def inet_sum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def etherip(frame, head=b"\x30\x00"):
    return 97, head + frame


def gretap(frame, **kw):
    return 47, gre_header(0x6558, payload=frame, **kw) + frame


def gre(packet, proto=None, **kw):
    if proto is None:
        proto = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return 47, gre_header(proto, payload=packet, **kw) + packet


def outer(proto_payload, family=4, reverse=True, src=None, dst=None, tos=0, ttl=64, ident=0, df=True, **kw):
    """Ethernet and the outermost IP header, whole. reverse: from them to us."""
    proto, payload = proto_payload
    a, b = ADDR[family]
    s, d = (b, a) if reverse else (a, b)
    e = Ether(src=THEM if reverse else US, dst=US if reverse else THEM)
    if family == 4:
        ip = IP(src=src or s, dst=dst or d, proto=proto, ttl=ttl, tos=tos, id=ident, flags="DF" if df else 0, **kw)
    else:
        ip = IPv6(src=src or s, dst=dst or d, nh=proto, hlim=ttl, tc=tos, **kw)
    return bytes(e / ip / Raw(payload))


def cut(proto_payload, cuts, family=4, ident=77, tos=0, **kw):
    """The same in fragments; cuts are payload offsets (multiples of 8). Returned in order."""
    proto, payload = proto_payload
    edges = [0, *cuts, len(payload)]
    return [piece(proto, payload[a:b], a, b != len(payload), family, ident, tos, **kw) for a, b in zip(edges, edges[1:])]


def piece(proto, data, offset, more, family=4, ident=77, tos=0, src=None, dst=None):
    """One fragment, as any router or stack would send it."""
    us, them = ADDR[family]
    e = Ether(src=THEM, dst=US)
    if family == 4:
        ip = IP(src=src or them, dst=dst or us, proto=proto, id=ident, flags="MF" if more else 0, frag=offset // 8, tos=tos)
        return bytes(e / ip / Raw(data))
    head = struct.pack("!BBHI", proto, 0, offset | (1 if more else 0), ident)
    ip = IPv6(src=src or them, dst=dst or us, nh=44, tc=tos)
    return bytes(e / ip / Raw(head + data))
