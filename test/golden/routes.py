# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of routing: packets by the FIB between ports and tunnels."""
from scapy.all import Ether, IP, IPv6, Raw, UDP

from build import HOST_A, config, cut, gre, inet_sum, outer, pattern

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
    refusals(case)


def refusals(case):
    """Each reason for which a packet is not routed, in both families where it has both."""
    c = routed()
    c["ports"]["lan"]["addresses"] += ["10.9.0.1/24", "fd09::1/64"]
    c["vrfs"]["default"]["routes"] += [
        {"prefix": "10.66.0.0/16", "blackhole": True}, {"prefix": "fd66::/16", "blackhole": True},
        {"prefix": "10.67.0.0/16", "unreachable": True}, {"prefix": "fd67::/16", "unreachable": True},
        {"prefix": "10.68.0.0/16", "port": "lan", "via": "10.9.0.7"}, {"prefix": "fd68::/16", "via": "fd09::7"}]
    h4, h6 = NET[4][1], NET[6][1]
    strict = bytes([137, 7, 4, 10, 2, 0, 3, 0])
    option = IP(src=h4, dst="10.2.0.2", flags="DF", options=[]) / UDP(sport=1, dport=2)
    option = bytearray(bytes(option)[:20] + strict + bytes(option)[20:])
    option[0], option[3], option[10:12] = 0x47, option[3] + 8, b"\0\0"
    option[10:12] = inet_sum(bytes(option[:28])).to_bytes(2, "big")
    case("route-refused", c, lan_in=[frame(p) for p in (
        packet(4, h4, "10.2.0.2", ttl=1), packet(6, h6, "fd02::2", ttl=1), packet(4, h4, "10.2.0.2", ttl=0),
        packet(4, "127.0.0.1", "10.2.0.2"), packet(4, h4, "224.0.0.5"), packet(6, "::1", "fd02::2"), packet(6, h6, "ff02::1"),
        bytes(option),
        packet(4, h4, "10.66.0.1"), packet(6, h6, "fd66::1"), packet(4, h4, "10.67.0.1"), packet(6, h6, "fd67::1"),
        packet(4, h4, "10.68.0.1"), packet(6, h6, "fd68::1"), packet(4, h4, "172.16.0.1"), packet(6, h6, "2001:db8::1"),
        packet(4, h4, "10.255.0.1"), packet(6, h6, "fd00::1"), packet(4, h4, "10.9.0.9"), packet(6, h6, "fd09::9"))],
         drops={"port lan": {"ip_ttl": 3, "ip_martian": 4, "ip4_source_route": 1, "route_blackhole": 2, "route_unreachable": 2,
                             "route_down": 2, "route_none": 2, "punt_nowhere": 4}})
    c = routed(mtu=1000)
    case("route-mtu", c, lan_in=[frame(packet(4, h4, "10.2.0.2", 1001)), frame(packet(6, h6, "fd02::2", 1001))],
         drops={"port lan": {"route_mtu": 2}})
