# SPDX-License-Identifier: BSD-3-Clause
"""What left by the wan port, read again independently: fragments put together, checksums verified, layers taken off."""
import struct

from build import inet_sum


class Wrong(Exception):
    pass


def need(ok, text):
    if not ok:
        raise Wrong(text)


def parse_ip(packet):
    """(family, proto, payload, header fields) of a whole packet or fragment; lengths and checksum verified."""
    if packet[0] >> 4 == 4:
        need(packet[0] == 0x45, "IPv4 options in our output")
        total, ident, frag = struct.unpack("!HHH", packet[2:8])
        need(total == len(packet), "IPv4 total length %d, frame holds %d" % (total, len(packet)))
        need(inet_sum(packet[:20]) == 0, "IPv4 header checksum")
        return dict(family=4, proto=packet[9], payload=packet[20:], ident=ident, df=bool(frag & 0x4000), more=bool(frag & 0x2000),
                    at=(frag & 0x1FFF) * 8, tos=packet[1], ttl=packet[8], src=packet[12:16], dst=packet[16:20], length=total, label=0)
    word, plen, proto, ttl = struct.unpack("!IHBB", packet[:8])
    need(plen + 40 == len(packet), "IPv6 payload length")
    out = dict(family=6, proto=proto, payload=packet[40:], ident=None, df=True, more=False, at=0, tos=word >> 20 & 0xFF, ttl=ttl,
               src=packet[8:24], dst=packet[24:40], length=plen + 40, label=word & 0xFFFFF)
    if proto == 44:
        nxt, reserved, where, ident = struct.unpack("!BBHI", packet[40:48])
        need(reserved == 0 and where & 6 == 0, "reserved bits of the Fragment header")
        out.update(proto=nxt, payload=packet[48:], ident=ident, more=bool(where & 1), at=where & 0xFFF8)
    return out


def parse_frame(frame):
    """The IP packet of an Ethernet frame, with the VLAN it is tagged with, or 0."""
    tagged = frame[12:14] == b"\x81\x00"
    packet = parse_ip(frame[18 if tagged else 14:])
    packet["vlan"] = struct.unpack("!H", frame[14:16])[0] if tagged else 0
    return packet


def check_udp_checksum(ip, udp):
    csum = struct.unpack("!H", udp[6:8])[0]
    if csum == 0:
        need(ip["family"] == 4, "zero UDP checksum over IPv6")
        return
    pseudo = ip["src"] + ip["dst"] + struct.pack("!II", len(udp), 17)
    need(inet_sum(pseudo + udp) == 0, "UDP checksum")


def put_together(frames):
    """Datagrams from a list of frames in the order they left: [(ip of the whole, [outer lengths])]."""
    out = []
    frames = list(frames)
    while frames:
        first = parse_frame(frames.pop(0))
        if not first["more"] and first["at"] == 0:
            out.append((first, [first["length"]]))
            continue
        need(first["more"] and first["at"] == 0, "the first packet of a datagram is not its first fragment")
        second = parse_frame(frames.pop(0))
        for field in ("vlan", "ident", "proto", "src", "dst", "tos", "ttl", "label"):
            need(second[field] == first[field], "the fragments differ in " + field)
        need(not first["df"] or first["family"] == 6, "DF on a fragment")
        need(not second["more"], "more than two fragments")
        need(second["at"] == len(first["payload"]), "the second fragment does not begin where the first ends")
        need(len(first["payload"]) % 8 == 0, "first fragment not a multiple of 8")
        whole = dict(first, payload=first["payload"] + second["payload"], more=False)
        out.append((whole, [first["length"], second["length"]]))
    return out


def open_gre(payload):
    flags, proto = struct.unpack("!HH", payload[:4])
    at, out = 4, {"proto": proto}
    need(flags & 0x4FFF == 0, "GRE flags %04x" % flags)
    if flags & 0x8000:
        need(inet_sum(payload) == 0, "GRE checksum")
        at += 4
    if flags & 0x2000:
        out["key"] = struct.unpack("!I", payload[at:at + 4])[0]
        at += 4
    if flags & 0x1000:
        out["seq"] = struct.unpack("!I", payload[at:at + 4])[0]
        at += 4
    return out, payload[at:]


def open_tunnel(ip):
    """Take the tunnel off: (facts, what is inside)."""
    if ip["proto"] == 97:
        need(ip["payload"][:2] in (b"\x30\x00", b"\x03\x00"), "EtherIP header")
        return {"etherip": ip["payload"][:2].hex()}, ip["payload"][2:]
    if ip["proto"] == 47:
        return open_gre(ip["payload"])
    return {}, None


def open_vxlan(packet_ip):
    udp = packet_ip["payload"]
    sport, dport, length = struct.unpack("!HHH", udp[:6])
    need(packet_ip["proto"] == 17 and dport == 4789, "not VXLAN")
    need(length == len(udp), "UDP length")
    need(49152 <= sport, "VXLAN source port %d" % sport)
    check_udp_checksum(packet_ip, udp)
    need(udp[8:12] == b"\x08\0\0\0" and udp[15] == 0, "VXLAN header")
    return struct.unpack("!I", udp[12:16])[0] >> 8, udp[16:]
