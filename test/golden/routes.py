# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of routing: packets by the FIB between ports and tunnels."""
from scapy.all import Ether, IP, IPv6, Raw, UDP

from build import HOST_A, config, cut, gre, outer, pattern

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
