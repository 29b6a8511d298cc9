# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of bridges that answer ARP and neighbour discovery for hosts that they know (RFC 9161)."""
import copy

from scapy.all import ARP, Ether, IPv6, Raw
from scapy.layers.inet6 import (ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, in6_getnsma, in6_getnsmac)
from scapy.pton_ntop import inet_ntop, inet_pton
import socket

from build import HOST_A, HOST_B, VNI, config, gre, lan_frame, outer, vxlan

A4, B4, A6, B6 = "10.1.0.1", "10.1.0.2", "fd01::1", "fd01::2"
ALL, GATEWAY = "ff:ff:ff:ff:ff:ff", "02:ff:00:00:00:fe"


def request(to, sender=A4, src=HOST_A, dst=ALL, hwsrc=None):
    return bytes(Ether(src=src, dst=dst) / ARP(op=1, hwsrc=hwsrc or src, psrc=sender, pdst=to))


def reply(sender, mac, to=A4, to_mac=HOST_A, hwsrc=None):
    return bytes(Ether(src=mac, dst=to_mac) / ARP(op=2, hwsrc=hwsrc or mac, psrc=sender, hwdst=to_mac, pdst=to))


def node(target):
    """The group that a target's solicitations go to: MAC and address."""
    group = in6_getnsma(inet_pton(socket.AF_INET6, target))
    return in6_getnsmac(group), inet_ntop(socket.AF_INET6, group)


def solicit(target, sender=A6, src=HOST_A, unicast=None):
    mac, group = node(target)
    option = b"" if sender == "::" else bytes(ICMPv6NDOptSrcLLAddr(lladdr=src))
    return bytes(Ether(src=src, dst=unicast or mac) / IPv6(src=sender, dst=target if unicast else group, hlim=255)
                 / ICMPv6ND_NS(tgt=target) / Raw(option))


def advertise(target, mac, to=A6, to_mac=HOST_A, hlim=255, src=None, **flags):
    return bytes(Ether(src=src or mac, dst=to_mac) / IPv6(src=target, dst=to, hlim=hlim)
                 / ICMPv6ND_NA(tgt=target, **{"R": 0, "S": 1, "O": 1, **flags}) / ICMPv6NDOptDstLLAddr(lladdr=mac))


def site(**arp_nd):
    return config("gre", 4, 4, bridge={"arp_nd": {"suppress": True, **arp_nd}})


def from_b(*frames):
    return [outer(gre(vxlan(f))) for f in frames]


def add(case, Sent):
    over = lambda *frames: [Sent(f, vni=VNI) for f in frames]
    known(case, over)
    learnt(case, over)
    own(case, over)


def known(case, over):
    c = site()
    c["bridges"]["lan"]["hosts"] = [{"ip": B4, "mac": HOST_B}, {"ip": B6, "mac": HOST_B, "router": True}]
    # What asks all is answered, from the MAC of the one that it is about, duplicates too; other things pass.
    passes = [request(A4), request(B4, dst=HOST_B), solicit(B6, unicast=HOST_B), request("10.1.0.3"), solicit("fd01::3"), lan_frame(60)]
    case("arp-nd-known", c, lan_in=[request(B4), solicit(B6), request(B4, sender="0.0.0.0"), solicit(B6, sender="::"), *passes],
         lan_out=[reply(B4, HOST_B), advertise(B6, HOST_B, R=1), reply(B4, HOST_B, to="0.0.0.0"),
                  advertise(B6, HOST_B, to="ff02::1", to_mac="33:33:00:00:00:01", R=1, S=0)],
         wan_out=over(*passes), counters={"port lan": {"arp_nd_answered": 4}, "tunnel t": {"tx_packets": len(passes)}})
    # Its own question, and one about who is behind the same member, is left to them; so is what another VTEP asks.
    own_question = [request(B4, sender="0.0.0.0", src=HOST_B), solicit(B6, sender="::", src=HOST_B), request(B4)]
    asked_there = request(B4, sender="10.1.0.7", src="02:00:00:00:00:07")
    case("arp-nd-left-alone", c, lan_in=own_question, wan_in=from_b(asked_there), wan_out=over(*own_question), lan_out=[asked_there],
         counters={"port lan": {"arp_nd_answered": 0}})
    c = site(unknown="drop")
    c["bridges"]["lan"]["hosts"] = [{"ip": B4, "mac": HOST_B}]
    told = request(A4)
    case("arp-nd-unknown-dropped", c, lan_in=[request(B4), request("10.1.0.3"), solicit(B6), told], lan_out=[reply(B4, HOST_B)],
         wan_out=over(told), drops={"port lan": {"bridge_unknown_host": 2}})


def learnt(case, over):
    # From an answer and an advertisement that pass, and from announcements.
    told = [reply(B4, HOST_B), advertise(B6, HOST_B), request("10.1.0.9", sender="10.1.0.9", src=HOST_B),
            advertise("fd01::9", HOST_B, to="ff02::1", to_mac="33:33:00:00:00:01", S=0, R=1),
            advertise(B6, "02:00:00:00:00:0c", O=0)]  # of an anycast address: it does not replace what is known
    asks = [request(B4), solicit(B6), request("10.1.0.9"), solicit("fd01::9")]
    case("arp-nd-learnt", site(), lan_first=False, wan_in=from_b(*told), lan_in=asks,
         lan_out=told + [reply(B4, HOST_B), advertise(B6, HOST_B), reply("10.1.0.9", HOST_B), advertise("fd01::9", HOST_B, R=1)],
         counters={"port lan": {"arp_nd_answered": 4}, "tunnel t": {"tx_packets": 0}})
    # Not from who would like to have an address, sends in another's name, has been forwarded, or is damaged.
    broken = bytearray(advertise(B6, HOST_B))
    broken[-1] ^= 1
    told = [request(B4, sender="0.0.0.0", src=HOST_B), solicit(B6, sender="::", src=HOST_B), reply(B4, HOST_B, hwsrc="02:00:00:00:00:0c"),
            advertise(B6, "02:00:00:00:00:0c", src=HOST_B), advertise(B6, HOST_B, hlim=254), bytes(broken),
            reply("224.0.0.1", HOST_B)]
    case("arp-nd-not-learnt", site(), lan_first=False, wan_in=from_b(*told), lan_in=[request(B4), solicit(B6)], lan_out=told,
         wan_out=over(request(B4), solicit(B6)), counters={"port lan": {"arp_nd_answered": 0}})


def own(case, over):
    """The bridge's addresses: answered by the worker, for the box's own network and before the kernel is asked."""
    c = site()
    c["bridges"]["lan"].update({"addresses": ["10.1.0.254/24", "fd01::fe/64"], "mac": GATEWAY})
    c["vrfs"]["default"]["loopbacks"].append("fd00::1")
    case("arp-nd-gateway", c, lan_in=[request("10.1.0.254"), solicit("fd01::fe")],
         lan_out=[reply("10.1.0.254", GATEWAY), advertise("fd01::fe", GATEWAY, R=1)], counters={"port lan": {"arp_nd_answered": 2}})
    # In its name, or a configured host's, nobody speaks with another MAC: announcement, answer, question, advertisement, solicitation.
    c = copy.deepcopy(c)
    c["bridges"]["lan"]["hosts"] = [{"ip": B4, "mac": HOST_B}, {"ip": B6, "mac": HOST_B}]
    evil, nodes = "02:00:00:00:00:66", {"to": "ff02::1", "to_mac": "33:33:00:00:00:01", "S": 0}
    spoofed = [spoof for mine4, mine6 in (("10.1.0.254", "fd01::fe"), (B4, B6)) for spoof in (
        request(mine4, sender=mine4, src=evil), reply(mine4, evil), reply(mine4, evil, hwsrc="03:00:00:00:00:66"),
        request("10.1.0.3", sender=mine4, src=evil), advertise(mine6, evil, **nodes), advertise(mine6, evil, O=0),
        solicit("fd01::3", sender=mine6, src=evil), solicit(A6, sender=mine6, src=evil, unicast=HOST_A))]
    passes = [request(B4, sender=B4, src=HOST_B), advertise(B6, HOST_B, **nodes), request("10.1.0.3", src=evil)]
    case("arp-nd-spoofed", c, lan_first=False, wan_in=from_b(*spoofed, *passes), lan_in=spoofed, lan_out=passes,
         drops={"port lan": {"bridge_spoofed_host": len(spoofed)}, "bridge lan": {"bridge_spoofed_host": len(spoofed)},
                "irb lan": {"punt_nowhere": len(passes)}})
