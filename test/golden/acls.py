# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of access lists: which packets pass which rule, in and out, and what each rule counted."""
from scapy.all import ICMP, IP, IPv6, Raw, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_NS, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrRouting, PadN

from build import gre, outer, pattern
from routes import NET, error, frame, out_of_lan, packet, routed

H4, H6 = NET[4][1], NET[6][1]        # on lan
T4, T6 = NET[4][3], NET[6][3]        # behind the tunnel
BOGONS = ["0.0.0.0/8", "10.9.0.0/16", "127.0.0.0/8", "192.168.0.0/16", "2001:db8::/32", "fc00::/8"]
REST = {"action": "permit"}


def listed(rules, where="acl_in", on="lan", sets=None):
    c = routed()
    c["acls"] = {"list": rules}
    c["prefix_sets"] = sets or {}
    (c["ports"] if on == "lan" else c["tunnels"])[on][where] = "list"
    return c


def hop(ip):
    """The same one router on."""
    p = IP(ip) if ip[0] >> 4 == 4 else IPv6(ip)
    if ip[0] >> 4 == 4:
        p.ttl -= 1
        del p.chksum
    else:
        p.hlim -= 1
    return bytes(p)


def tcp(src, dst, sport, dport, flags="S", **kw):
    head = IP(src=src, dst=dst, id=9, **{"flags": "DF", **kw}) if ":" not in src else IPv6(src=src, dst=dst, **kw)
    return bytes(head / TCP(sport=sport, dport=dport, flags=flags, seq=1) / b"amime")


def udp(src, dst, sport, dport, size=100):
    head = IP(src=src, dst=dst, id=9, flags="DF") if ":" not in src else IPv6(src=src, dst=dst)
    return bytes(head / UDP(sport=sport, dport=dport) / Raw(pattern(size)))


def ping(src, dst, kind=8):
    if ":" in src:
        return bytes(IPv6(src=src, dst=dst) / ICMPv6EchoRequest(id=1, seq=1, data=b"ping"))
    return bytes(IP(src=src, dst=dst, id=9) / ICMP(type=kind, id=1, seq=1) / b"ping")


def part(whole, at, more, octets):
    """An IPv4 fragment of `whole`, cut where nobody sane would."""
    data = whole[20 + at:20 + at + octets]
    return bytes(IP(src=IP(whole).src, dst=IP(whole).dst, id=77, proto=whole[9], flags="MF" if more else 0, frag=at // 8) / Raw(data))


def counted(*pairs):
    """By rule: packets and octets; the last is what no rule matched."""
    return {"list": [{"packets": n, "bytes": b} for n, b in pairs]}


def of(*packets):
    return len(packets), sum(len(p) for p in packets)


def split(case, Sent, name, rules, verdicts, on="lan", where="acl_in", told=(), drops=None, sets=None, acls=None):
    """Packets from lan into the tunnel, each with whether it passes."""
    c = listed(rules, where, on, sets)
    sent = [p for p, passes in verdicts if passes]
    denied = len(verdicts) - len(sent)
    owner = "port lan" if on == "lan" else "tunnel t"
    case(name, c, lan_in=[frame(p) for p, _ in verdicts], wan_out=[Sent(hop(p)) for p in sent], lan_out=[out_of_lan(p) for p in told],
         drops=drops if drops is not None else {owner: {where: denied}}, acls=acls)


def add(case, Sent):
    # BCP 38 at a customer's port: only its own addresses come from there
    customer = [packet(4, H4, T4), packet(6, H6, T6)]
    forged = [packet(4, "192.0.2.77", T4), packet(6, "fd77::1", T6), packet(4, "10.1.1.2", T4)]
    sets = {"customer": ["10.1.0.0/24", "fd01::/64"]}
    split(case, Sent, "acl-bcp38", [{"action": "permit", "src": "customer", "name": "its own"}, {"action": "deny", "name": "forged"}],
          [(p, True) for p in customer] + [(p, False) for p in forged], sets=sets, acls=counted(of(*customer), of(*forged), (0, 0)))
    # bogons as destinations, and the rest passes; out of the tunnel's side
    good, bad = [packet(4, H4, T4), packet(6, H6, T6)], [packet(4, "10.9.3.3", T4), packet(6, "2001:db8:7::1", T6)]
    split(case, Sent, "acl-bogons-out", [{"action": "deny", "src": "bogons"}, REST], [(p, True) for p in good] + [(p, False) for p in bad], on="t",
          where="acl_out", sets={"bogons": BOGONS}, acls=counted(of(*bad), of(*good), (0, 0)))
    # what no rule matches is denied, and counted
    only4 = packet(4, H4, T4)
    split(case, Sent, "acl-implicit-deny", [{"action": "permit", "family": "ipv4"}], [(only4, True), (packet(6, H6, T6), False)],
          acls=counted(of(only4), of(packet(6, H6, T6))))
    # ports, ranges, flags and types, in both families
    verdicts = []
    for here, there in ((H4, T4), (H6, T6)):
        verdicts += [(tcp(here, there, 40000, 80), True), (tcp(here, there, 40000, 443), True), (tcp(here, there, 40000, 22), False),
                     (tcp(here, there, 22, 40000, "SA"), True), (tcp(here, there, 22, 40000, "R"), True), (tcp(here, there, 1023, 53), False),
                     (udp(here, there, 1024, 53), True), (udp(here, there, 1023, 53), False), (ping(here, there), True)]
    verdicts += [(ping(H4, T4, 15), False)]
    split(case, Sent, "acl-upper", [{"action": "permit", "protocol": "tcp", "dst_port": [80, "440-443"]}, {"action": "permit", "protocol": "tcp", "established": True},
                                    {"action": "permit", "protocol": "udp", "src_port": "1024-65535", "dst_port": 53}, {"action": "permit", "protocol": 1, "icmp_type": 8, "icmp_code": 0},
                                    {"action": "permit", "protocol": "icmpv6", "icmp_type": 128}], verdicts)
    # behind extension headers; what cannot be walked is no packet to guess about
    opts = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
    hidden = bytes(IPv6(src=H6, dst=T6) / opts / TCP(sport=40000, dport=22, flags="S") / b"amime")
    seen = bytes(IPv6(src=H6, dst=T6) / opts / TCP(sport=40000, dport=80, flags="S") / b"amime")
    source_routed = bytes(IPv6(src=H6, dst=T6) / IPv6ExtHdrRouting(type=0, segleft=1, addresses=[T6]) / TCP(dport=80, flags="S"))
    short = bytes(IPv6(src=H6, dst=T6, nh=6) / Raw(b"\x9c\x40\0\x50"))
    web = [{"action": "permit", "protocol": "tcp", "dst_port": 80}]
    split(case, Sent, "acl-extension-headers", web, [(seen, True), (hidden, False), (source_routed, False), (short, False)],
          drops={"port lan": {"acl_in": 1, "acl_headers": 2}})
    # RFC 1858, RFC 3128: the rest of what was permitted passes, the rest of what was denied has no first fragment to join
    whole = udp(H4, T4, 5000, 53, 1000)
    syn, ssh = tcp(H4, T4, 40000, 80) + bytes(40), tcp(H4, T4, 40000, 22) + bytes(40)
    pieces = [(part(whole, 0, True, 512), True), (part(whole, 512, False, 496), True), (part(ssh, 0, True, 32), False), (part(syn, 0, True, 8), False),
              (part(syn, 8, False, 32), False), (part(syn, 0, True, 16), True), (part(syn, 16, False, 40), True)]
    rules = [{"action": "deny", "protocol": "tcp", "dst_port": 22}, {"action": "permit", "protocol": "tcp", "dst_port": 80}, {"action": "permit", "protocol": "udp", "dst_port": 53}]
    c = listed(rules)
    case("acl-fragments-v4", c, lan_in=[frame(p) for p, _ in pieces], wan_out=[Sent(hop(p)) for p, ok in pieces if ok], drops={"port lan": {"acl_in": 1, "acl_tiny": 2}},
         acls=counted((1, 52), (2, 36 + 60), (2, 20 + 512 + 20 + 496), (0, 0)))
    first = bytes(IPv6(src=H6, dst=T6) / IPv6ExtHdrFragment(id=5, m=1, nh=17) / UDP(sport=5000, dport=53, len=1008, chksum=7) / Raw(pattern(504)))
    later = bytes(IPv6(src=H6, dst=T6) / IPv6ExtHdrFragment(id=5, offset=64, nh=17) / Raw(pattern(496)))
    tiny = bytes(IPv6(src=H6, dst=T6) / IPv6ExtHdrFragment(id=6, m=1, nh=6) / Raw(bytes.fromhex("9c40005000000001")))
    headless = bytes(IPv6(src=H6, dst=T6) / IPv6ExtHdrFragment(id=7, m=1, nh=60) / Raw(bytes([6, 1, 1, 4, 0, 0, 0, 0])))
    split(case, Sent, "acl-fragments-v6", rules, [(first, True), (later, True), (tiny, False), (headless, False)], drops={"port lan": {"acl_tiny": 1, "acl_headers": 1}})
    split(case, Sent, "acl-no-fragments", [{"action": "deny", "fragment": "part"}, REST], [(part(whole, 0, True, 512), False), (part(whole, 512, False, 496), False), (only4, True)])
    # nobody is told, but where the list says so
    pair = [packet(4, H4, T4), packet(6, H6, T6)]
    split(case, Sent, "acl-reject-in", [{"action": "reject"}], [(p, False) for p in pair], told=[error(p, "acl") for p in pair])
    split(case, Sent, "acl-reject-out", [{"action": "reject"}], [(p, False) for p in pair], on="t", where="acl_out", told=[error(p, "acl") for p in pair])
    # what is for the box passes the list too, once; an error of the box's own passes the one out
    own = [packet(4, H4, "10.255.0.1"), packet(6, H6, "fd00::1")]
    split(case, Sent, "acl-to-box", [{"action": "permit", "family": "ipv4"}], [(p, False) for p in own], drops={"port lan": {"acl_in": 1, "punt_nowhere": 1}},
          acls=counted(of(own[0]), of(own[1])))
    # no list keeps a neighbour from asking, but one that is not on the link is none (RFC 4861 7.1.1)
    ours = NET[6][0].split("/")[0]
    near, far = (bytes(IPv6(src=H6, dst=ours, hlim=hops) / ICMPv6ND_NS(tgt=ours)) for hops in (255, 64))
    split(case, Sent, "acl-neighbour-discovery", [{"action": "deny"}], [(near, False), (far, False), (ping(H6, ours), False)],
          drops={"port lan": {"acl_in": 2, "punt_nowhere": 1}}, acls=counted(of(far, ping(H6, ours)), (0, 0)))
    dying = packet(4, H4, T4, ttl=1)
    case("acl-own-errors", listed([{"action": "deny", "protocol": "icmp"}, REST], "acl_out"), lan_in=[frame(dying)],
         drops={"port lan": {"acl_out": 1, "ip_ttl": 1}}, acls=counted((1, 128), (0, 0), (0, 0)))
    # a VLAN, a bridge and a tunnel have lists of their own
    back = [packet(4, T4, H4), packet(6, T6, H6)]
    c = listed([{"action": "permit", "dst": "fd01::/64"}], on="t")
    case("acl-tunnel-in", c, wan_in=[outer(gre(p)) for p in back], lan_out=[out_of_lan(hop(back[1]))], drops={"tunnel t": {"acl_in": 1}},
         acls=counted(of(back[1]), of(back[0])))
    c = routed()
    lan = c["ports"]["lan"]
    c["ports"]["lan"] = {"driver": "mem", "mac": lan["mac"], "vlans": {"7": {"addresses": lan["addresses"], "acl_in": "list", "acl_out": "out"}}}
    c["acls"] = {"list": [{"action": "permit", "family": "ipv6"}], "out": [{"action": "permit", "family": "ipv4"}]}
    for r in c["vrfs"]["default"]["routes"]:
        if "port" in r:
            r["vlan"] = 7
    tag = lambda f: f[:12] + b"\x81\0\0\7" + f[12:]
    case("acl-vlan", c, lan_in=[tag(frame(p)) for p in pair], wan_in=[outer(gre(p)) for p in back], wan_out=[Sent(hop(pair[1]))], lan_out=[tag(out_of_lan(hop(back[0])))],
         drops={"vlan lan.7": {"acl_in": 1, "acl_out": 1}})
    c = routed()
    lan = c["ports"].pop("lan")
    c["ports"].update({"lan": {"driver": "mem"}, "lan2": {"driver": "mem"}})
    c["bridges"] = {"br": {"members": [{"port": "lan"}, {"port": "lan2"}], "addresses": lan["addresses"], "mac": lan["mac"], "acl_in": "list", "acl_out": "out"}}
    c["acls"] = {"list": [{"action": "permit", "family": "ipv6"}], "out": [{"action": "permit", "family": "ipv4"}]}
    for r in c["vrfs"]["default"]["routes"]:
        if r.pop("port", None):
            r["bridge"] = "br"
    case("acl-irb", c, lan_in=[frame(p) for p in pair], wan_in=[outer(gre(p)) for p in back], wan_out=[Sent(hop(pair[1]))], lan_out=[out_of_lan(hop(back[0]))],
         drops={"irb br": {"acl_in": 1, "acl_out": 1}})
