# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of routing: packets by the FIB between ports and tunnels."""
import copy

from scapy.all import Ether, ICMP, IP, IPv6, Raw, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6TimeExceeded

from build import (HOST_A, HOST_B, TUN_THEM, TUN_US, arp, config, cut, etherip, gre, gretap, inet_sum, outer, pattern)

LAN, LAN2 = "02:ff:00:00:00:03", "02:ff:00:00:00:04"  # our MACs there
NET = {4: ("10.1.0.1/24", "10.1.0.2", "10.2.0.0/16", "10.2.0.2"), 6: ("fd01::1/64", "fd01::2", "fd02::/16", "fd02::2")}
BITS = {4: "/32", 6: "/128"}


def routed(kind="gre", family=4, **tunnel):
    """Port lan is a network with host A, tunnel t leads to the others."""
    c = config(kind, family, **tunnel)
    del c["bridges"]
    c["ports"]["lan"].update({"vrf": "default", "mac": LAN, "mtu": 1500, "addresses": [NET[4][0], NET[6][0]]})
    c["vrfs"]["default"] = {"loopbacks": ["10.255.0.1", "fd00::1"], "routes": [
        r for f in (4, 6) for r in ({"prefix": NET[f][2], "tunnel": "t"},
                                    {"prefix": NET[f][1] + BITS[f], "port": "lan", "mac": HOST_A})]}
    return c


def packet(family, src, dst, size=100, ttl=64, **kw):
    """An IP packet of so many octets."""
    if family == 4:
        ip = IP(src=src, dst=dst, ttl=ttl, id=7, **{"flags": "DF", **kw})
    else:
        ip = IPv6(src=src, dst=dst, hlim=ttl, **kw)
    return bytes(ip / UDP(sport=1234, dport=5678) / Raw(pattern(size - (28 if family == 4 else 48), size)))


def frame(ip, src=HOST_A, dst=LAN):
    return bytes(Ether(src=src, dst=dst, type=0x0800 if ip[0] >> 4 == 4 else 0x86DD)) + ip


def out_of_lan(ip):
    return frame(ip, LAN, HOST_A)


def add(case, Sent):
    for family in (4, 6):
        here, there = NET[family][1], NET[family][3]
        for over in (4, 6):
            sizes = (60, 100, 1200, 1300, 1500)
            case(f"route-v{family}-gre-v{over}", routed(family=over),
                 lan_in=[frame(packet(family, here, there, n)) for n in sizes],
                 wan_in=[outer(gre(packet(family, there, here, n)), over) for n in sizes[:-1]] +
                 cut(gre(packet(family, there, here, sizes[-1])), [1232], over),
                 wan_out=[Sent(packet(family, here, there, n, 63)) for n in sizes],
                 lan_out=[out_of_lan(packet(family, there, here, n, 63)) for n in sizes],
                 counters={"tunnel t": {"rx_packets": len(sizes), "tx_packets": len(sizes)}})
    clamped(case, Sent)
    refusals(case, Sent)
    interfaces(case, Sent)


def clamped(case, Sent):
    """Both ways through a tunnel with a TCP MSS, SYNs among packets that are none."""
    def talk(src, dst, mss, ttl):
        v4 = ":" not in src
        head = IP(src=src, dst=dst, id=7, flags="DF", ttl=ttl) if v4 else IPv6(src=src, dst=dst, hlim=ttl)
        tcp = [TCP(sport=1234, dport=179, flags=flags, seq=1, options=[("MSS", mss if flags != "A" else 1460)]) for flags in ("S", "SA", "A")]
        return [bytes(head / t) for t in tcp] + [packet(4 if v4 else 6, src, dst, 100, ttl)]

    pairs = [(NET[f][1], NET[f][3]) for f in (4, 6)]
    case("route-mss", routed(tcp_mss=1000),
         lan_in=[frame(p) for a, b in pairs for p in talk(a, b, 1460, 64)], wan_in=[outer(gre(p)) for a, b in pairs for p in talk(b, a, 1460, 64)],
         wan_out=[Sent(p) for a, b in pairs for p in talk(a, b, 1000, 63)], lan_out=[out_of_lan(p) for a, b in pairs for p in talk(b, a, 1000, 63)],
         counters={"tunnel t": {"mss_clamped": 8}})


def error(ip, what, mtu=0):
    """What the box says to the sender of a packet, and to nobody else."""
    if ip[0] >> 4 == 4:
        kind, code = {"ttl": (11, 0), "mtu": (3, 4), "net": (3, 0), "host": (3, 1), "acl": (3, 13)}[what]
        return bytes(IP(src="10.255.0.1", dst=IP(ip).src, tos=0xC0, id=0, flags="DF", ttl=64)
                     / ICMP(type=kind, code=code, **({"nexthopmtu": mtu} if mtu else {})) / Raw(ip[:576 - 28]))
    icmp = {"ttl": ICMPv6TimeExceeded(), "mtu": ICMPv6PacketTooBig(mtu=mtu), "net": ICMPv6DestUnreach(code=0),
            "host": ICMPv6DestUnreach(code=3), "acl": ICMPv6DestUnreach(code=1)}[what]
    return bytes(IPv6(src="fd00::1", dst=IPv6(ip).src, tc=0xC0, hlim=64) / icmp / Raw(ip[:1280 - 48]))


def refusals(case, Sent):
    """Each reason for which a packet is not routed, in both families where it has both, and what the sender is told."""
    c = routed()
    c["ports"]["lan"]["addresses"] += ["10.9.0.1/24", "fd09::1/64"]
    c["vrfs"]["default"]["routes"] += [
        {"prefix": "10.66.0.0/16", "blackhole": True}, {"prefix": "fd66::/16", "blackhole": True},
        {"prefix": "10.67.0.0/16", "unreachable": True}, {"prefix": "fd67::/16", "unreachable": True},
        {"prefix": "10.68.0.0/16", "port": "lan", "via": "10.9.0.7"}, {"prefix": "fd68::/16", "via": "fd09::7"}]
    h4, h6 = NET[4][1], NET[6][1]
    option = bytearray(packet(4, h4, "10.2.0.2"))
    option[20:20] = bytes([137, 7, 4, 10, 2, 0, 3, 0])
    option[0], option[3], option[10:12] = 0x47, option[3] + 8, b"\0\0"
    option[10:12] = inet_sum(bytes(option[:28])).to_bytes(2, "big")
    told = [(packet(4, h4, "10.2.0.2", ttl=1), "ttl"), (packet(6, h6, "fd02::2", ttl=1), "ttl"), (packet(4, h4, "10.2.0.2", 700, ttl=0), "ttl"),
            (packet(6, h6, "fd02::2", 1400, ttl=1), "ttl"), (packet(4, h4, "10.67.0.1"), "host"), (packet(6, h6, "fd67::1"), "host"),
            (packet(4, h4, "10.68.0.1"), "host"), (packet(6, h6, "fd68::1"), "host"), (packet(4, h4, "172.16.0.1"), "net"),
            (packet(6, h6, "2001:db8::1"), "net"), (bytes(IP(src=h4, dst="172.16.0.1") / ICMP(type=8) / b"ping"), "net")]
    silent = [packet(4, "127.0.0.1", "10.2.0.2"), packet(4, h4, "224.0.0.5"), packet(6, "::1", "fd02::2"), packet(6, h6, "ff02::1"),
              bytes(option), packet(4, h4, "10.66.0.1"), packet(6, h6, "fd66::1"), packet(4, h4, "10.255.0.1"), packet(6, h6, "fd00::1"),
              packet(4, h4, "10.9.0.9"), packet(6, h6, "fd09::9")]
    # RFC 1812 4.3.2.7, RFC 4443 2.4 (e): never about an error, a later fragment, or what came to a group
    never = [error(packet(4, "172.16.0.1", h4), "net"), error(packet(6, "2001:db8::1", h6), "net")]
    never = [never[0][:10] + b"\0\0" + never[0][12:16] + bytes([172, 16, 0, 1]) + never[0][20:], never[1][:24] + bytes(16) + never[1][40:]]
    never[0] = never[0][:10] + inet_sum(never[0][:20]).to_bytes(2, "big") + never[0][12:]
    never[1] = never[1][:24] + bytes.fromhex("20010db8") + bytes(11) + b"\1" + never[1][40:]
    never.append(bytes(IP(src=h4, dst="172.16.0.1", frag=10) / Raw(bytes(64))))
    case("route-refused", c, lan_in=[frame(p) for p, _ in told] + [frame(p) for p in silent + never],
         lan_out=[out_of_lan(error(p, what)) for p, what in told],
         drops={"port lan": {"ip_ttl": 4, "ip_martian": 4, "ip4_source_route": 1, "route_blackhole": 2, "route_unreachable": 2,
                             "route_down": 2, "route_none": 6, "punt_nowhere": 4}},
         counters={"port lan": {"icmp_errors": len(told)}})
    c = routed(mtu=1400)
    long = [packet(4, h4, "10.2.0.2", 1401), packet(6, h6, "fd02::2", 1401)]
    case("route-mtu", c, lan_in=[frame(p) for p in long], lan_out=[out_of_lan(error(p, "mtu", 1400)) for p in long],
         drops={"port lan": {"route_mtu": 2}})
    # an error about what came out of a tunnel goes back into it
    case("route-error-into-tunnel", routed(), wan_in=[outer(gre(packet(4, "10.2.0.2", h4, ttl=1))), outer(gre(packet(6, "fd02::2", h6, ttl=1)))],
         wan_out=[Sent(error(packet(4, "10.2.0.2", h4, ttl=1), "ttl")), Sent(error(packet(6, "fd02::2", h6, ttl=1), "ttl"))],
         drops={"tunnel t": {"ip_ttl": 2}})
    # without DF a router cuts, to a port and into a tunnel
    c = routed(mtu=1000)
    c["ports"]["lan"]["mtu"] = 1400
    big = packet(4, h4, "10.2.0.2", 1400, flags=0)
    back = packet(4, "10.2.0.2", h4, 1000, flags=0)
    c["ports"]["lan2"] = {"driver": "mem", "vrf": "default", "mac": LAN2, "mtu": 600}
    case("route-cut", c, lan_in=[frame(big)], wan_out=[Sent(p) for p in pieces(big, 1000)])
    c = routed()
    c["ports"]["lan"]["mtu"] = 600
    case("route-cut-to-port", c, wan_in=[outer(gre(back))], lan_out=[out_of_lan(p) for p in pieces(back, 600)])
    # RFC 3704
    for mode, dropped in (("strict", 2), ("loose", 1)):
        c = routed()
        c["ports"]["lan"]["urpf"] = mode
        good = packet(4, h4, "10.2.0.2")
        case(f"route-urpf-{mode}", c, lan_in=[frame(p) for p in (good, packet(4, "10.2.0.9", "10.2.0.2"), packet(4, "192.168.7.7", "10.2.0.2"))],
             wan_out=[Sent(packet(4, a, "10.2.0.2", ttl=63)) for a in ([h4] if mode == "strict" else [h4, "10.2.0.9"])],
             drops={"port lan": {"route_urpf": dropped}})


def pieces(ip, mtu):
    """RFC 791: what a router makes of a packet for a link of that MTU."""
    step, out = (mtu - 20) // 8 * 8, []
    for at in range(0, len(ip) - 20, step):
        data = ip[20 + at:20 + at + step]
        head = bytearray(ip[:20])
        head[2:4] = (20 + len(data)).to_bytes(2, "big")
        head[6:8] = (at // 8 | (0x2000 if at + step < len(ip) - 20 else 0)).to_bytes(2, "big")
        head[8], head[10:12] = head[8] - 1, b"\0\0"
        head[10:12] = inet_sum(bytes(head)).to_bytes(2, "big")
        out.append(bytes(head) + data)
    return out


def interfaces(case, Sent):
    """What has an IP identity: bridges, VLANs, L2 tunnels, VRFs apart from each other, equal-cost paths."""
    h4, h6 = NET[4][1], NET[6][1]
    both = lambda ttl, there=True: [packet(4, *((h4, "10.2.0.2") if there else ("10.2.0.2", h4)), ttl=ttl),
                                    packet(6, *((h6, "fd02::2") if there else ("fd02::2", h6)), ttl=ttl)]
    c = routed()
    lan = c["ports"].pop("lan")
    c["ports"].update({"lan": {"driver": "mem"}, "lan2": {"driver": "mem"}})
    c["bridges"] = {"br": {"members": [{"port": "lan"}, {"port": "lan2"}], "addresses": lan["addresses"], "mac": LAN}}
    for r in c["vrfs"]["default"]["routes"]:
        if r.pop("port", None):
            r["bridge"] = "br"
    case("route-irb", c, lan_in=[frame(p) for p in both(64)] + [arp(dst="ff:ff:ff:ff:ff:ff")],
         wan_in=[outer(gre(p)) for p in both(64, False)], wan_out=[Sent(p) for p in both(63)],
         lan_out=[out_of_lan(p) for p in both(63, False)], drops={"irb br": {"punt_nowhere": 1}},
         counters={"irb br": {"rx_packets": 3, "tx_packets": 2}, "port lan2": {"tx_packets": 1}})

    c = routed()
    c["ports"]["lan"] = {"driver": "mem", "mac": LAN, "vlans": {"7": {"addresses": [NET[4][0], NET[6][0]]}}}
    for r in c["vrfs"]["default"]["routes"]:
        if "port" in r:
            r["vlan"] = 7
    tag = lambda f: f[:12] + b"\x81\0\0\7" + f[12:]
    case("route-vlan", c, lan_in=[tag(frame(p)) for p in both(64)], wan_in=[outer(gre(p)) for p in both(64, False)],
         wan_out=[Sent(p) for p in both(63)], lan_out=[tag(out_of_lan(p)) for p in both(63, False)],
         counters={"vlan lan.7": {"rx_packets": 2, "tx_packets": 2}})

    for kind, head in (("etherip", etherip), ("gretap", gretap)):
        c = routed(kind, mac=TUN_US)
        for r in c["vrfs"]["default"]["routes"]:
            if "tunnel" in r:
                r["mac"] = TUN_THEM
        case(f"route-{kind}", c, lan_in=[frame(p) for p in both(64)],
             wan_in=[outer(head(frame(p, TUN_THEM, TUN_US))) for p in both(64, False)],
             wan_out=[Sent(frame(p, TUN_US, TUN_THEM), outer={"family": 4}) for p in both(63)],
             lan_out=[out_of_lan(p) for p in both(63, False)])

    # a tenant's packets see no other VRF's routes
    c = routed()
    c["ports"]["lan"]["vrf"] = "blue"
    c["vrfs"]["blue"] = {"netns": "blue", "loopbacks": ["10.255.0.1", "fd00::1"], "routes": [r for r in c["vrfs"]["default"]["routes"] if "port" in r]}
    c["vrfs"]["default"]["routes"] = [r for r in c["vrfs"]["default"]["routes"] if "tunnel" in r]
    case("route-vrf-apart", c, lan_in=[frame(p) for p in both(64)], wan_in=[outer(gre(p)) for p in both(64, False)],
         lan_out=[out_of_lan(error(p, "net")) for p in both(64)], drops={"port lan": {"route_none": 2}, "tunnel t": {"route_none": 2}},
         wan_out=[Sent(error(p, "net")) for p in both(64, False)])

    # RFC 8950: IPv4 behind a router that only has an IPv6 address; and two equal ways, of which one flow takes one
    c = routed()
    c["vrfs"]["default"]["routes"] += [{"prefix": "10.3.0.0/16", "port": "lan", "via": "fd01::9", "mac": HOST_B},
                                       {"prefix": "10.4.0.0/16", "tunnel": "t", "as": 64500}, {"prefix": "10.4.0.0/16", "port": "lan", "mac": HOST_B, "via": "10.1.0.9"}]
    case("route-v4-via-v6", c, wan_in=[outer(gre(packet(4, "10.2.0.2", "10.3.0.3")))], lan_out=[frame(packet(4, "10.2.0.2", "10.3.0.3", ttl=63), LAN, HOST_B)])
    ten = [packet(4, h4, "10.4.0.4", 100 + i) for i in range(10)]
    # by the flow, not by the packet
    # a tunnel that is down gets no share
    c4 = copy.deepcopy(c)
    del c4["vrfs"]["underlay"]
    flows = [packet(4, f"10.1.0.{i}", "10.4.0.4") for i in range(10, 26)]
    case("route-ecmp-down", c4, lan_in=[frame(p) for p in flows],
         lan_out=[frame(packet(4, f"10.1.0.{i}", "10.4.0.4", ttl=63), LAN, HOST_B) for i in range(10, 26)])
    # to an AS: IP packets and octets that leave by routes that name it, into the tunnel and to the port
    c5 = routed()
    c5["vrfs"]["default"]["routes"] += [{"prefix": "10.5.0.0/16", "tunnel": "t", "as": 64501}, {"prefix": "10.6.0.0/16", "port": "lan", "mac": HOST_B, "via": "10.1.0.9", "as": 64502},
                                        {"prefix": "10.7.0.0/16", "blackhole": True, "as": 64503}, {"prefix": "10.5.7.0/24", "tunnel": "t", "as": 64502}]
    to = [packet(4, h4, a, n) for a, n in (("10.5.0.1", 100), ("10.5.0.2", 200), ("10.6.0.1", 300), ("10.7.0.1", 400), ("10.2.0.2", 500), ("10.5.7.1", 600))]
    case("route-as", c5, lan_in=[frame(p) for p in to], wan_out=[Sent(packet(4, h4, a, n, 63)) for a, n in (("10.5.0.1", 100), ("10.5.0.2", 200), ("10.2.0.2", 500), ("10.5.7.1", 600))],
         lan_out=[frame(packet(4, h4, "10.6.0.1", 300, 63), LAN, HOST_B)], drops={"port lan": {"route_blackhole": 1}},
         ases={"64501": {"packets": 2, "bytes": 300}, "64502": {"packets": 2, "bytes": 900}})
    case("route-ecmp", c, lan_in=[frame(p) for p in ten],
         lan_out=[frame(packet(4, h4, "10.4.0.4", 100 + i, 63), LAN, HOST_B) for i in range(10)])
