# SPDX-License-Identifier: BSD-3-Clause
"""
The golden cases. Each says what arrives on the two ports and what must leave, in terms of frames built here, and every drop by
name and place. Anything that is not named must not happen.
"""
import struct
from dataclasses import dataclass, field

import acls
import arp_nd
import routes
from build import *  # noqa: F401,F403 - the vocabulary of this file


@dataclass
class Sent:
    """A datagram that must leave by wan: the frame (or IP packet) inside, and facts of its layers."""
    inner: bytes
    lens: list = None        # outer IP lengths of its packets
    facts: dict = field(default_factory=dict)   # of the tunnel header
    outer: dict = field(default_factory=dict)   # of the outer IP
    vni: int = None
    vx: dict = field(default_factory=dict)      # of the VXLAN layer's IP


@dataclass
class Case:
    name: str
    config: dict
    lan_in: list = field(default_factory=list)
    wan_in: list = field(default_factory=list)
    lan_out: list = field(default_factory=list)
    wan_out: list = field(default_factory=list)
    drops: dict = field(default_factory=dict)   # {"port wan": {"ip4_short": 1}}
    counters: dict = field(default_factory=dict)  # the ones that must have exactly this value
    ases: dict = None  # what was routed to each AS
    acls: dict = None  # what each rule of each list counted
    lan_first: bool = True
    refused: str = None  # the configuration must not be accepted, and this is said


CASES = []


def case(name, config, **kw):
    CASES.append(Case(name, config, **kw))


TUNNEL_OF = {"etherip": etherip, "gretap": gretap}


# ---- the main job, both ways, every kind

def through(kind, family, vxlan_family, frame, **tunnel):
    """What they send us for this frame."""
    key = {"key": tunnel["key"]} if "key" in tunnel else {}
    if tunnel.get("checksum"):
        key["csum"] = True
    if not vxlan_family:
        return TUNNEL_OF[kind](frame, **key)
    packet = vxlan(frame, vxlan_family)
    if kind == "gre":
        return gre(packet, **key)
    ethertype = b"\x08\x00" if vxlan_family == 4 else b"\x86\xdd"
    mac = bytes.fromhex(TUN_US.replace(":", "") + TUN_THEM.replace(":", ""))
    return TUNNEL_OF[kind](mac + ethertype + packet, **key)


def sent(kind, family, vxlan_family, frame, lens, **tunnel):
    facts = {"key": tunnel["key"]} if "key" in tunnel else {}
    return Sent(frame, lens, facts, vni=VNI if vxlan_family else None)


OVERHEAD = {"etherip": 2, "gre": 4, "gretap": 4}


def outer_lens(kind, family, vxlan_family, frame, **tunnel):
    """Arithmetic of the floor split, straight from RFC 791 and 8200."""
    inner = len(frame) + (16 + (20 if vxlan_family == 4 else 40) if vxlan_family else 0)
    inner += 14 if vxlan_family and kind != "gre" else 0
    inner += OVERHEAD[kind] + (4 if "key" in tunnel else 0) + (4 if tunnel.get("checksum") else 0)
    ip = 20 if family == 4 else 40
    if inner + ip <= 1280:
        return [inner + ip]
    first = (1256 if family == 4 else 1232)
    return [1276, 20 + inner - first] if family == 4 else [1280, 48 + inner - first]


for kind, family, vx, keys in [
        ("etherip", 4, 0, {}), ("etherip", 6, 0, {}), ("gretap", 4, 0, {}), ("gretap", 6, 0, {"key": 5}),
        ("gre", 4, 4, {}), ("gre", 6, 4, {}), ("gre", 4, 6, {"checksum": True}), ("gre", 6, 6, {"key": 0}),
        ("etherip", 4, 4, {}), ("etherip", 4, 6, {}), ("etherip", 6, 4, {}), ("etherip", 6, 6, {}), ("gretap", 4, 4, {}), ("gretap", 4, 6, {})]:
    name = f"{kind}-v{family}" + (f"-vxlan-v{vx}" if vx else "") + "".join("-" + k for k in keys)
    sizes = [28, 100, 1100, 1154, 1155, 1206, 1207, 1300, 1500]
    frames = [lan_frame(n, seed=n) for n in sizes] + [arp(dst=HOST_B)]
    back = [lan_frame(n, src=HOST_B, dst=HOST_A, seed=n + 1) for n in sizes]
    arriving = []
    for i, f in enumerate(back):
        whole = through(kind, family, vx, f, **keys)
        if i % 3 == 0:
            arriving.append(outer(whole, family))
        else:  # cut where nobody of ours cuts, and every second one reversed
            at = [8 * (len(whole[1]) // 16)] if i % 3 == 1 else [8 * (len(whole[1]) // 24), 16 * (len(whole[1]) // 24)]
            if at[0] == 0 or len(f) < 100:
                arriving.append(outer(whole, family))
                continue
            parts = cut(whole, at, family, ident=1000 + i)
            arriving += parts[::-1] if i % 2 else parts
    case(name, config(kind, family, vx, **keys), lan_in=frames, wan_in=arriving, lan_out=back,
         wan_out=[sent(kind, family, vx, f, outer_lens(kind, family, vx, f, **keys), **keys) for f in frames],
         counters={"tunnel t": {"rx_packets": len(back), "tx_packets": len(frames)}})

# VXLAN straight over a port is never cut here
frames = [lan_frame(n, seed=n) for n in (28, 1206, 1500)]
for vx in (4, 6):
    head = 36 if vx == 4 else 56
    case(f"vxlan-v{vx}-over-port", config(None, vx, vx), lan_in=frames,
         wan_in=[bytes.fromhex((US + THEM).replace(":", "")) + (b"\x08\0" if vx == 4 else b"\x86\xdd") + vxlan(f, vx)
                 for f in [lan_frame(1500, src=HOST_B, dst=HOST_A)]],
         lan_out=[lan_frame(1500, src=HOST_B, dst=HOST_A)],
         wan_out=[Sent(f, [len(f) + head], vni=VNI) for f in frames])

# fill: whole up to path_mtu, then path_mtu + rest; DF only on packets of at most 1280
sizes = (1160, 1206, 1207, 1426, 1427, 1500)
case("fill-1500", config("gre", 4, 4, split="fill"), lan_in=[lan_frame(n, seed=n) for n in sizes],
     wan_out=[Sent(lan_frame(n, seed=n), [n + 74] if n + 74 <= 1500 else [1500, n + 74 - 1480], vni=VNI, outer={"df": n + 74 <= 1280})
              for n in sizes])
case("fill-1400-v6", config("etherip", 6, 0, split="fill", path_mtu=1400), lan_in=[lan_frame(1344), lan_frame(1345)],
     wan_out=[Sent(lan_frame(1344), [1400]), Sent(lan_frame(1345), [1400, 48 + 1361 - 1352])])

# several tunnels on one address pair
many = config("etherip", 4, 0, ports={"lan2": {}, "lan3": {}, "lan4": {}})
us, them = ADDR[4]
for i, keys in enumerate(({"type": "gretap"}, {"type": "gretap", "key": 1}, {"type": "gretap", "key": 2})):
    many["tunnels"][f"t{i + 2}"] = {"local": us, "remote": them, **keys}
    many["bridges"][f"b{i + 2}"] = {"members": [{"port": f"lan{i + 2}"}, {"tunnel": f"t{i + 2}"}]}
f = lan_frame(200, src=HOST_B, dst=HOST_A)
case("coexist", many, wan_in=[outer(etherip(f)), outer(gretap(f)), outer(gretap(f, key=1)), outer(gretap(f, key=2)),
                              outer(gretap(f, key=3))],
     lan_out=[f], drops={"port wan": {"gre_key": 1}},
     counters={"tunnel t": {"rx_packets": 1}, "tunnel t2": {"rx_packets": 1}, "tunnel t3": {"rx_packets": 1},
               "tunnel t4": {"rx_packets": 1}, "port lan2": {"tx_packets": 1}, "port lan3": {"tx_packets": 1},
               "port lan4": {"tx_packets": 1}})

# Linux ip6gre: a Destination Options header with the tunnel encapsulation limit before GRE; whole and in fragments
f = lan_frame(300, src=HOST_B, dst=HOST_A)
dstopt = bytes([47, 0, 4, 1, 4, 1, 1, 0])
whole = dstopt + gretap(f)[1]
case("ip6gre-dstopts", config("gretap", 6), wan_in=[outer((60, whole), 6), *cut((60, whole), [160], 6)], lan_out=[f, f],
     counters={"tunnel t": {"rx_packets": 2, "rx_reassembled": 1}})

# trailing bytes behind the outer length are no part of the frame
f = lan_frame(28, src=HOST_B, dst=HOST_A)
case("trim-padding", config("etherip"), wan_in=[outer(etherip(f)) + bytes(20)], lan_out=[f])

# compat: 03 00 is taken, or sent
f = lan_frame(100, src=HOST_B, dst=HOST_A)
g = lan_frame(100)
case("etherip-compat", config("etherip", compat="both"), lan_in=[g], wan_in=[outer(etherip(f, b"\x03\x00")), outer(etherip(f))],
     lan_out=[f, f], wan_out=[Sent(g, facts={"etherip": "0300"})])


# ---- ECN and DSCP

def ecn(inner, outside):
    return outer(etherip(lan_frame(100, src=HOST_B, dst=HOST_A, tos=inner)), tos=outside)


case("ecn-decap", config("etherip"),
     wan_in=[ecn(i, o) for i in range(4) for o in range(4)],
     lan_out=[lan_frame(100, src=HOST_B, dst=HOST_A, tos=t) for t in
              # RFC 6040 figure 4, rows inner Not-ECT, ECT(1), ECT(0), CE; columns outer Not-ECT, ECT(1), ECT(0), CE
              (0, 0, 0, 1, 1, 1, 3, 2, 1, 2, 3, 3, 3, 3, 3)],
     drops={"tunnel t": {"tunnel_ecn": 1}})
case("ecn-encap", config("gre", 6, 4), lan_in=[lan_frame(100, tos=t) for t in range(4)],
     wan_out=[Sent(lan_frame(100, tos=t), outer={"tos": t}, vx={"tos": t}, vni=VNI) for t in range(4)])
case("ecn-through-vxlan", config("gre", 4, 4),
     wan_in=[outer(gre(vxlan(lan_frame(100, src=HOST_B, dst=HOST_A, tos=2), tos=2)), tos=3),
             outer(gre(vxlan(lan_frame(100, src=HOST_B, dst=HOST_A, tos=0), tos=2)), tos=3)],
     lan_out=[lan_frame(100, src=HOST_B, dst=HOST_A, tos=3)], drops={"bridge lan": {"tunnel_ecn": 1}})
case("dscp-pipe", config("etherip", dscp=46), lan_in=[lan_frame(100, tos=0x28)],
     wan_in=[outer(etherip(lan_frame(100, src=HOST_B, dst=HOST_A, tos=0x28)), tos=0x48)],
     wan_out=[Sent(lan_frame(100, tos=0x28), outer={"tos": 46 << 2})], lan_out=[lan_frame(100, src=HOST_B, dst=HOST_A, tos=0x28)])
case("dscp-uniform", config("etherip", 6, dscp="uniform"), lan_in=[lan_frame(100, tos=0x28)],
     wan_in=[outer(etherip(lan_frame(100, src=HOST_B, dst=HOST_A, tos=0x28)), 6, tos=0x48)],
     wan_out=[Sent(lan_frame(100, tos=0x28), outer={"tos": 0x28})], lan_out=[lan_frame(100, src=HOST_B, dst=HOST_A, tos=0x48)])
half = etherip(lan_frame(1400, src=HOST_B, dst=HOST_A, tos=2))
mixed = [cut(half, [800], ident=5, tos=2)[0], cut(half, [800], ident=5, tos=3)[1]]
bad = [cut(half, [800], ident=6, tos=0)[0], cut(half, [800], ident=6, tos=3)[1]]
case("ecn-fragments", config("etherip"), wan_in=mixed + bad, lan_out=[lan_frame(1400, src=HOST_B, dst=HOST_A, tos=3)],
     drops={"port wan": {"frag_ecn": 2}})

# ---- MSS

for name, keys, expected in (("off", {}, 1460), ("number", {"tcp_mss": 1000}, 1000), ("fit", {"tcp_mss": "fit"}, 1460),
                             ("whole", {"tcp_mss": "whole"}, 1206 - 40)):
    case(f"mss-{name}", config("gre", 4, 4, **keys), lan_in=[syn(1460), syn(600), syn(None), syn(1460, flags="A")],
         wan_in=[outer(gre(vxlan(syn(1460, src=HOST_B, dst=HOST_A, flags="SA"))))],
         wan_out=[Sent(syn(expected), vni=VNI), Sent(syn(600), vni=VNI), Sent(syn(None), vni=VNI), Sent(syn(1460, flags="A"), vni=VNI)],
         lan_out=[syn(expected, src=HOST_B, dst=HOST_A, flags="SA")])

# ---- bridges

VLANS = {"lan2": {}}
tagged = lan_frame(100, tag=0xA000 | 0x1000 | 100)  # PCP 5, DEI 1, VID 100
case("vlan-pop-push", config("etherip", ports=VLANS, members=[{"port": "lan", "vlan": 100}, {"tunnel": "t", "vlan": 200}]),
     lan_in=[tagged, lan_frame(100), lan_frame(100, tag=7)],
     wan_in=[outer(etherip(lan_frame(80, src=HOST_B, dst=HOST_A, tag=0x6000 | 200)))],
     wan_out=[Sent(lan_frame(100, tag=0xB000 | 200))], lan_out=[lan_frame(80, src=HOST_B, dst=HOST_A, tag=0x6000 | 100)],
     drops={"port lan": {"port_unused": 1, "vlan_unknown": 1}})
qinq = bytes(Ether(src=HOST_A, dst=HOST_B, type=0x88A8) / Raw(struct.pack("!HHHH", 0x6064, 0x8100, 0x2007, 0x0800)) / Raw(lan_frame(100)[14:]))
case("qinq-untouched", config("etherip"), lan_in=[qinq], wan_out=[Sent(qinq)])
case("xconnect", config("etherip", 6, xconnect=True, members=[{"port": "lan", "vlan": 100}, {"tunnel": "t"}]),
     lan_in=[tagged, bytes.fromhex("0180c200000e020000000 00a".replace(" ", "")) + b"\x81\x00\x00\x64\x88\xcc" + bytes(50)],
     wan_in=[outer(etherip(arp(src=HOST_B)), 6)],
     wan_out=[Sent(lan_frame(100)), Sent(bytes.fromhex("0180c200000e02000000000a") + b"\x88\xcc" + bytes(50))],
     lan_out=[arp(src=HOST_B)[:12] + b"\x81\x00\x00\x64" + arp(src=HOST_B)[12:]])
stp = bytes.fromhex("0180c200000002000000000a") + b"\x00\x26" + b"\x42\x42\x03" + bytes(35)
pause = bytes.fromhex("0180c200000102000000000a") + b"\x88\x08" + bytes(46)
case("l2-control-drop", config("etherip"), lan_in=[stp], drops={"port lan": {"bridge_l2_control": 1}})
case("l2-control-forward", config("etherip", members=[{"port": "lan", "l2_control": "forward"}, {"tunnel": "t"}]), lan_in=[stp, pause],
     wan_out=[Sent(stp)], drops={"port lan": {"bridge_l2_control": 1}})
case("learn-and-local", config("etherip", ports=VLANS, members=[{"port": "lan"}, {"tunnel": "t"}]),
     lan_in=[arp(), lan_frame(60, src=HOST_B, dst=HOST_A), lan_frame(60, src=HOST_A, dst=HOST_A)],
     wan_out=[Sent(arp())], drops={"port lan": {"bridge_local": 2}})
case("static-mac", config("etherip", bridge={"static": [{"mac": HOST_B, "member": 1}]}),
     lan_in=[lan_frame(60), lan_frame(60, src=HOST_B, dst=HOST_A)], wan_out=[Sent(lan_frame(60))],
     drops={"port lan": {"bridge_mac_static": 1}})
case("bridge-bad-frames", config("etherip", bridge={"mtu": 1400}, ports={"lan": {"mtu": 1500}}),
     lan_in=[b"\x02" * 13, lan_frame(60, src="01:00:5e:00:00:01"), lan_frame(60, src="00:00:00:00:00:00"), lan_frame(1401),
             lan_frame(1501), lan_frame(1400)],
     wan_out=[Sent(lan_frame(1400))],
     drops={"port lan": {"eth_short": 1, "eth_source": 2, "bridge_mtu": 1, "port_mtu": 1}})
case("alone", config("etherip", ports=VLANS, members=[{"port": "lan"}, {"tunnel": "t", "vlan": 5}],
                     bridge={"mtu": 1500}), wan_in=[outer(etherip(lan_frame(60, src=HOST_B, dst=HOST_A)))],
     drops={"tunnel t": {"vlan_unknown": 1}})
case("nobody-else", config("etherip", xconnect=False, members=[{"port": "lan"}, {"tunnel": "t"}], ports=VLANS,
                           bridge={"members": [{"port": "lan"}]}), lan_in=[arp()], drops={"port lan": {"bridge_alone": 1}})
case("gso", config("etherip", ports={"lan": {"checksums": "finish"}}), lan_in=[lan_frame(1501)], drops={"port lan": {"port_gso": 1}})
def with_tag(frame, *vids):
    return frame[:12] + b"".join(struct.pack("!HH", 0x8100, v) for v in vids) + frame[12:]


f, g = lan_frame(100, src=HOST_B, dst=HOST_A), lan_frame(1500)
case("wan-vlan", config("gre", 4, 4, ports={"wan": {"vlan": 7}}), lan_in=[g],
     wan_in=[with_tag(outer(gre(vxlan(f))), 7), outer(gre(vxlan(f))), with_tag(outer(gre(vxlan(f))), 8),
             with_tag(outer(gre(vxlan(f))), 7, 9), bytes(6) + outer(gre(vxlan(f)))[6:]],
     lan_out=[f], wan_out=[Sent(g, [1276, 318], vni=VNI, outer={"vlan": 7})],
     drops={"port wan": {"port_unused": 2, "vlan_unknown": 1, "eth_tags": 1}})
case("storm", config("etherip", members=[{"port": "lan", "storm": {"broadcast": 10}}, {"tunnel": "t"}]), lan_in=[arp()] * 10,
     wan_out=[Sent(arp())] * 2, drops={"port lan": {"bridge_storm": 8}})

three = config("gre", 4, 4)
three["vrfs"]["default"]["routes"].append({"prefix": "10.255.0.3/32", "tunnel": "t"})
three["bridges"]["lan"]["members"].append({"vtep": "10.255.0.3"})
from_b = lan_frame(60, src=HOST_B, dst=HOST_A)
from_c = bytearray(vxlan(lan_frame(60, src="02:00:00:00:00:0c", dst=HOST_B)))
from_c[15] = 3  # source 10.255.0.3
from_c[10:12] = b"\0\0"
from_c[10:12] = struct.pack("!H", inet_sum(bytes(from_c[:20])))
case("split-horizon", three, lan_first=False, lan_in=[arp()],
     wan_in=[outer(gre(vxlan(from_b))), outer(gre(bytes(from_c)))], lan_out=[from_b],
     wan_out=[Sent(arp(), vni=VNI), Sent(arp(), vni=VNI)], drops={"bridge lan": {"bridge_horizon": 1}},
     counters={"port lan": {"flooded": 1}})

# ---- malformed: nothing leaves, each has its name

inner = lan_frame(200, src=HOST_B, dst=HOST_A)
good4, good6 = outer(etherip(inner)), outer(etherip(inner), 6)


def edit(packet, at, new, fix=True):
    """Bytes replaced; the IPv4 header checksum made right again unless that is the point."""
    b = bytearray(packet)
    b[at:at + len(new)] = new
    if fix and b[12:14] == b"\x08\x00":
        b[24:26] = b"\0\0"
        b[24:26] = struct.pack("!H", inet_sum(bytes(b[14:14 + (b[14] & 15) * 4])))
    return bytes(b)


options = bytes(Ether(src=THEM, dst=US)) + b"\x08\x00" + b""
with_options = outer(etherip(inner), options=[__import__("scapy.all").all.IPOption(b"\x94\x04\x00\x00")])
case("bad-ipv4", config("etherip"), wan_in=[
    good4[:14 + 19], edit(good4, 14, b"\x55", fix=False), edit(good4, 14, b"\x44"), edit(good4, 16, b"\xff\xff"),
    edit(good4, 16, b"\x00\x13"), edit(good4, 24, b"\x12\x34", fix=False), with_options, good4[:-1],
    outer(etherip(inner), dst="192.0.2.99"), outer(etherip(inner), src="198.51.100.2"), outer((6, inner)),
    edit(good4, 0, b"\x02\xff\x00\x00\x00\x77"), edit(good4, 12, b"\x08\x06")],
    drops={"port wan": {"ip4_short": 1, "ip4_version": 1, "ip4_header_length": 1, "ip4_total_length": 3, "ip4_checksum": 1,
                        "ip4_options": 1, "ip_not_ours": 1, "tunnel_source": 1, "ip_protocol": 1, "eth_not_ours": 1, "eth_type": 1}})
hop = bytes([97, 0, 1, 4, 0, 0, 0, 0])
case("ipv6-extensions", config("etherip", 6), wan_in=[outer((0, hop + b"\x30\x00" + inner), 6),
                                                     outer((44, struct.pack("!BBHI", 97, 0, 0, 9) + b"\x30\x00" + inner), 6)],
     lan_out=[inner, inner])
routing = bytes([97, 0, 0, 1, 0, 0, 0, 0])
deep = b"".join(bytes([60, 0, 1, 4, 0, 0, 0, 0]) for _ in range(9)) + bytes([97, 0, 1, 4, 0, 0, 0, 0])
case("bad-ipv6", config("etherip", 6), wan_in=[
    good6[:14 + 39], edit(good6, 14, b"\x40"), edit(good6, 18, b"\xff\xff"), good6[:-1], outer((43, routing + b"\x30\x00" + inner), 6),
    outer((60, bytes([97, 200, 1, 4]) + bytes(20)), 6), outer((60, deep + b"\x30\x00" + inner), 6),
    outer(etherip(inner), 6, dst="2001:db8:a::99"), outer(etherip(inner), 6, src="2001:db8:b::99"), outer((59, b""), 6),
    outer((51, bytes(24)), 6)],
    drops={"port wan": {"ip6_short": 1, "ip6_version": 1, "ip6_payload_length": 2, "ip6_extension": 1, "ip6_extension_short": 1,
                        "ip6_extensions": 1, "ip_not_ours": 1, "tunnel_source": 1, "ip_protocol": 2}})

g4 = outer(gretap(inner))
case("bad-gre", config("gretap"), wan_in=[
    outer((47, b"\x00\x00\x65")), outer((47, gre_header(0x6558, extra=1) + inner)), outer((47, gre_header(0x6558, extra=0x4000) + inner)),
    outer((47, gre_header(0x6558, extra=0x0800) + inner)), outer((47, gre_header(0x6558, csum=0x1234, payload=inner) + inner)),
    outer((47, gre_header(0x88BE) + inner)), outer(gretap(inner, key=1)), outer(gretap(inner, seq=1)), outer(gre(vxlan(inner))),
    outer((47, b"\x20\x00\x65\x58\x00")), outer(gretap(b"\x02" * 13)), outer(etherip(inner)), outer(gretap(inner[:100]))],
    drops={"port wan": {"gre_short": 2, "gre_version": 1, "gre_reserved": 2, "gre_checksum": 1, "gre_protocol": 1, "gre_key": 2,
                        "tunnel_unknown": 1}, "tunnel t": {"gre_sequence": 1, "tunnel_inner": 2}})
case("gre-reserved-ignored", config("gretap"), wan_in=[outer((47, gre_header(0x6558, extra=0x03F8) + inner))], lan_out=[inner])
case("gre-key-seq", config("gretap", key=9, sequence=True), lan_in=[lan_frame(60), lan_frame(61)],
     wan_in=[outer(gretap(inner, key=9, seq=n)) for n in (1, 2, 2, 1, 3)] + [outer(gretap(inner, key=9))],
     lan_out=[inner] * 3, wan_out=[Sent(lan_frame(60), facts={"key": 9, "seq": 0}), Sent(lan_frame(61), facts={"key": 9, "seq": 1})],
     drops={"tunnel t": {"gre_sequence_old": 2, "gre_sequence": 1}})
case("gre-checksum-missing", config("gretap", checksum=True), wan_in=[outer(gretap(inner)), outer(gretap(inner, csum=True))],
     lan_out=[inner], drops={"tunnel t": {"gre_checksum_missing": 1}})
case("gre-inner-type", config("gre", 4, 4), wan_in=[
    outer(gre(b"\x45" + bytes(18), proto=0x0800)), outer(gre(vxlan(inner), proto=0x86DD))],
    drops={"tunnel t": {"ip4_short": 1, "ip6_version": 1}})
case("bad-etherip", config("etherip"), wan_in=[
    outer((97, b"\x30")), outer(etherip(inner, b"\x20\x00")), outer(etherip(inner, b"\x31\x00")), outer(etherip(inner, b"\x30\x01")),
    outer(etherip(inner, b"\x03\x00")), outer(etherip(b"\x02" * 13)), outer(etherip(inner, b"\x03\x01")), outer(gretap(inner)),
    outer((17, struct.pack("!HHHH", 50000, 4790, 12, 0) + b"none"))],
    drops={"port wan": {"gre_key": 1, "udp_port": 1}, "tunnel t": {"etherip_short": 2, "etherip_version": 1, "etherip_reserved": 2,
                                                    "etherip_swapped": 1, "etherip_eoipv6": 1}})


def vx(frame=inner, **kw):
    return outer(gre(vxlan(frame, **kw)))


short_udp = vxlan(inner)[:20] + b"\xc3\x50\x12\xb5\xff\xff\x00\x00" + vxlan(inner)[28:]
case("bad-vxlan", config("gre", 4, 4), wan_in=[
    vx(flags=0), vx(vni=5), vx(dport=4790), vx(checksum=0x1234), outer(gre(short_udp)), vx(frame=b"\x02" * 13), vx(frame=b""),
    vx(frame=lan_frame(100, tag=5)), outer(gre(vxlan(inner, reverse=False))), outer(gre(vxlan(inner)[:-1]))],
    drops={"bridge lan": {"udp_checksum": 1, "vxlan_inner_vlan": 1},
           "tunnel t": {"vxlan_flags": 1, "vxlan_vni": 1, "punt_nowhere": 1, "ip_martian": 1, "udp_short": 1, "vxlan_short": 2, "route_back": 1,
                        "ip4_total_length": 1}})
case("vxlan-reserved-ignored", config("gre", 4, 4), wan_in=[vx(flags=0xFF)], lan_out=[inner])
two = config("gre", 4, 4)
two["bridges"]["other"] = {"vni": 20200, "members": [{"vtep": "10.255.0.3"}]}
two["vrfs"]["default"]["routes"].append({"prefix": "10.255.0.3/32", "tunnel": "t"})
case("vxlan-wrong-vtep", two, wan_in=[vx(vni=20200)], drops={"tunnel t": {"vxlan_vtep": 1}})
case("vxlan-v6-zero-checksum", config("gre", 4, 6), wan_in=[outer(gre(vxlan(inner, 6, checksum=0)))],
     drops={"bridge lan": {"udp_checksum_zero": 1}})
case("vxlan-v6-zero-checksum-allowed", config("gre", 4, 6, bridge={"udp_checksum": False}), wan_in=[outer(gre(vxlan(inner, 6, checksum=0)))],
     lan_out=[inner])
case("inner-vlan-kept", config("gre", 4, 4, bridge={"inner_vlan": True}), lan_in=[tagged], wan_in=[vx(frame=lan_frame(90, src=HOST_B, dst=HOST_A, tag=5))],
     lan_out=[lan_frame(90, src=HOST_B, dst=HOST_A, tag=5)], wan_out=[Sent(tagged, vni=VNI)])
case("inner-vlan-refused", config("gre", 4, 4), lan_in=[tagged], drops={"bridge lan": {"vxlan_inner_vlan": 1}})

# ---- fragments

big = lan_frame(1400, src=HOST_B, dst=HOST_A)
for family in (4, 6):
    whole = etherip(big)
    p = whole[1]
    f = cut(whole, [800], family)
    ident = iter(range(100, 200))

    def pieces(*spec, ident_=None):
        n = next(ident) if ident_ is None else ident_
        return [piece(97, d, at, more, family, n) for d, at, more in spec]

    case(f"frag-orders-v{family}", config("etherip", family),
         wan_in=[x for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2))
                 for n in [next(ident)] for x in [cut(whole, [200, 640, 1000], family, ident=n)[i] for i in order]],
         lan_out=[big] * 4, counters={"tunnel t": {"rx_reassembled": 4}})
    case(f"frag-freebsd-v{family}", config("etherip", family),
         wan_in=cut(whole, [1232 if family == 6 else 1256], family), lan_out=[big])
    case(f"frag-duplicate-v{family}", config("etherip", family), wan_in=[f[0], f[0], f[1]], lan_out=[big],
         drops={"port wan": {"frag_duplicate": 1}})
    case(f"frag-overlap-v{family}", config("etherip", family),
         wan_in=pieces((p[:800], 0, True), (p[792:], 792, False)) + pieces((p[800:], 800, False), (p[:808], 0, True)),
         drops={"port wan": {"frag_overlap": 4}})
    case(f"frag-conflict-v{family}", config("etherip", family),
         wan_in=pieces((p[:800], 0, True), (bytes(800), 0, True), (p[800:], 800, False)),
         drops={"port wan": {"frag_conflict": 3}})
    case(f"frag-two-lasts-v{family}", config("etherip", family),
         wan_in=pieces((p[800:], 800, False), (p[800:1000], 800, False)), drops={"port wan": {"frag_conflict": 2}})
    case(f"frag-too-many-v{family}", config("etherip", family), wan_in=cut(whole, [200, 400, 600, 800], family),
         drops={"port wan": {"frag_too_many": 5}})
    case(f"frag-alone-v{family}", config("etherip", family), wan_in=[f[0]] + pieces((p[800:], 800, False)),
         drops={"port wan": {"frag_timeout": 2}})
    case(f"frag-malformed-v{family}", config("etherip", family),
         wan_in=pieces((p[:801], 0, True)) + pieces((b"", 800, False)) + pieces((p[:400], 65528, False)) + pieces((p[:8], 0, True)) +
         pieces((p[:1304], 2000, False), (p[:1000], 0, True), (p[:1000], 1000, True)),
         drops={"port wan": {"frag_length": 1, "frag_empty": 1, "frag_beyond": 1, "frag_tiny": 1, "frag_too_long": 1, "frag_timeout": 2}})
    case(f"frag-stranger-v{family}", config("etherip", family),
         wan_in=[piece(97, p[:800], 0, True, family, 1, src="203.0.113.9" if family == 4 else "2001:db8:ffff::9")],
         drops={"port wan": {"tunnel_source": 1}})
    case(f"frag-length-disagrees-v{family}", config("etherip", family), wan_in=pieces((p[:800], 0, True), (p[800:] + bytes(16), 800, False)),
         drops={"tunnel t": {"frag_length_disagrees": 1}})
    # never what is not whole: a lone later fragment that begins like an EtherIP packet
    case(f"frag-never-alone-v{family}", config("etherip", family), wan_in=pieces((b"\x30\x00" + big, 800, False)),
         drops={"port wan": {"frag_timeout": 1}})
case("frag-chain-not-first-v6", config("etherip", 6), wan_in=[
    piece(60, bytes([97, 100, 1, 4, 0, 0, 0, 0]), 0, True, 6, 5)], drops={"port wan": {"frag_tiny": 1}})
gre_big = gre(vxlan(big))
case("frag-gre-tiny", config("gre", 4, 4, key=3), wan_in=[piece(47, gre(vxlan(big), key=3)[1][:8], 0, True, 4, 5),
                                                          piece(47, b"\x20\x00\x08\x00" + bytes(4), 0, True, 4, 6)],
     drops={"port wan": {"frag_timeout": 2}})

# ---- routing

routes.add(case, Sent)
arp_nd.add(case, Sent)
acls.add(case, Sent)

# ---- what cannot leave

# a stack whose bytes cannot fit is refused before any packet
case("refused-mtu", config("etherip", mtu=1000), refused='carries IP packets of 1000, 500 too few')
case("refused-fragments", config("etherip", 6, mtu=2500, path_mtu=1280, split="fill"), refused="$.tunnels.t")
case("refused-path-mtu", config("gre", 4, 4, path_mtu=9000, split="fill", ports={"wan": {"mtu": 1500}}),
     refused="port wan below carries 1500, 924 too few")
case("refused-vxlan", config("gre", 4, 4, mtu=1549), refused="1550")
down = config("etherip")
del down["vrfs"]["underlay"]
case("tunnel-down", down, lan_in=[lan_frame(60)], drops={"tunnel t": {"tunnel_down": 1}})

# ---- unfinished checksums are finished on ports that ask for it

whole_udp = lan_frame(300)
half = bytearray(whole_udp)
ip = whole_udp[14:34]
half[40:42] = struct.pack("!H", inet_sum(ip[12:20] + struct.pack("!HH", 17, 280)) ^ 0xFFFF)
case("checksum-finished", config("etherip", ports={"lan": {"checksums": "finish"}}), lan_in=[bytes(half), whole_udp],
     wan_out=[Sent(whole_udp), Sent(whole_udp)], counters={"port lan": {"csum_finished": 1}})


def lco(finished, unfinished, family=4):
    """A kernel VTEP's packet before any NIC: the inner checksum is not finished, the outer one is right as if it were."""
    a, b = VTEP[family]
    pseudo = IP(src=b, dst=a) if family == 4 else IPv6(src=b, dst=a)
    datagram = UDP(sport=50000, dport=4789) / Raw(b"\x08\0\0\0" + struct.pack("!I", VNI << 8) + finished)
    value = bytes(pseudo / datagram)[(26 if family == 4 else 46):][:2]
    packet = vxlan(unfinished, family, checksum=struct.unpack("!H", value)[0])
    return bytes.fromhex((US + THEM).replace(":", "")) + (b"\x08\0" if family == 4 else b"\x86\xdd") + packet


done = lan_frame(300, src=HOST_B, dst=HOST_A)
half = bytearray(done)
half[40:42] = struct.pack("!H", inet_sum(done[26:34] + struct.pack("!HH", 17, 280)) ^ 0xFFFF)
for vx_family in (4, 6):
    finish = config(None, vx_family, vx_family, ports={"wan": {"checksums": "finish"}})
    case(f"checksum-lco-v{vx_family}", finish, wan_in=[lco(done, bytes(half), vx_family), lco(done, done, vx_family)], lan_out=[done, done],
         counters={"port wan": {"csum_finished": 1}})
    case(f"checksum-lco-trusted-v{vx_family}", config(None, vx_family, vx_family), wan_in=[lco(done, bytes(half), vx_family)],
         drops={"bridge lan": {"udp_checksum": 1}})
