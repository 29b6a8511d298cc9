# SPDX-License-Identifier: BSD-3-Clause
"""Three routed sites around an Internet, each with a host. Run as a program it writes config/appliance/.

       am-ha                    am-a                                am-net
     +-------+   10.1.1.0/24  +-------+                           +--------+
     | eth0  |----------------|lan    |         192.0.2.0/24      |        |
     |  .1   | fd01:0:0:1::/64|  .254 |wan0 .1 -------------- .254|to-a    |
     +-------+                +-------+                           |        |
                    loopbacks 10.255.0.1, fd00:255::1             |        |
       am-hb, am-b: the same with 2, and 198.51.100.0/24 ---------|to-b    |
       am-hc, am-c: the same with 3, and 203.0.113.0/24 ----------|to-c    |
                                                                  +--------+
Each host has 10.9.N.1 too, which its site reaches by an IPv6 next hop (RFC 8950). A triangle of GRE tunnels joins the sites.
"""
import collections
import json
import os

import rows
from netns import NET, Net, ip, run

Site = collections.namedtuple("Site", "letter number edge host wan4 wan6")

SITES = [Site("a", 1, "am-a", "am-ha", "192.0.2", "2001:db8:a::"),
         Site("b", 2, "am-b", "am-hb", "198.51.100", "2001:db8:b::"),
         Site("c", 3, "am-c", "am-hc", "203.0.113", "2001:db8:c::")]
A, B, C = SITES
# The shorter tunnel is what path MTU discovery is about; the others take a host's 1500 octets whole.
SHORT, SHORT_MTU = {"a", "c"}, 1400
SIXTH, KEY = {"b", "c"}, 7  # these two tunnel over IPv6; a and c with a key


def host4(site):
    return f"10.1.{site.number}.1"


def host6(site):
    return f"fd01:0:0:{site.number}::1"


def behind(site):
    """An IPv4 address of the host that has no IPv4 next hop."""
    return f"10.9.{site.number}.1"


def box4(site):
    return f"10.255.0.{site.number}"


def box6(site):
    return f"fd00:255::{site.number}"


def tunnel_of(here, there):
    pair = {here.letter, there.letter}
    local, remote = ((site.wan6 + "1" if pair == SIXTH else site.wan4 + ".1") for site in (here, there))
    tunnel = {"type": "gre", "local": local, "remote": remote}
    if pair == SHORT:
        tunnel.update(key=KEY, mtu=SHORT_MTU)
    return tunnel


def configuration(here):
    """One site's configuration as a value."""
    others = [site for site in SITES if site is not here]
    routes = [{"prefix": behind(here) + "/32", "port": "lan", "via": host6(here)}]
    for there in others:
        for prefix in (f"10.1.{there.number}.0/24", behind(there) + "/32", box4(there) + "/32",
                       f"fd01:0:0:{there.number}::/64", box6(there) + "/128"):
            routes.append({"prefix": prefix, "tunnel": "to-" + there.letter})
    return {
        "system": {"name": "site-" + here.letter},
        "ports": {
            "wan": {"device": "wan0", "vrf": "underlay"},
            "lan": {"device": "lan0", "vrf": "default",
                    "addresses": [f"10.1.{here.number}.254/24", f"fd01:0:0:{here.number}::fe/64"]},
        },
        "tunnels": {"to-" + there.letter: tunnel_of(here, there) for there in others},
        "vrfs": {"default": {"loopbacks": [box4(here), box6(here)], "routes": routes}},
    }


def file_of(site):
    return os.path.join(rows.CONFIG, "appliance", f"site-{site.letter}.json")


def committed():
    """(path, text that belongs there) of each generated file."""
    return [(file_of(site), json.dumps(configuration(site), indent=2) + "\n") for site in SITES]


class Triangle(Net):
    """The seven namespaces."""

    def __init__(self):
        super().__init__(tuple(name for site in SITES for name in (site.host, site.edge)) + (NET,))

    def connect(self):
        ip("link set lo up", NET)
        for site in SITES:
            self.connect_site(site)
        run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", ns=NET)

    @staticmethod
    def connect_site(site):
        ip(f"""link add eth0 netns {site.host} type veth peer name lan0 netns {site.edge}
               link add wan0 netns {site.edge} type veth peer name to-{site.letter} netns {NET}""")
        ip(f"""link set lo up
               link set eth0 up
               address add {host4(site)}/24 dev eth0
               address add {host6(site)}/64 dev eth0 nodad
               address add {behind(site)}/32 dev lo
               route add default via 10.1.{site.number}.254
               route add default via fd01:0:0:{site.number}::fe""", site.host)
        # The LAN's addresses are for the daemon to put there.
        ip(f"""link set lo up
               link set lan0 up
               link set wan0 up
               address add {site.wan4}.1/24 dev wan0
               address add {site.wan6}1/64 dev wan0 nodad
               route add default via {site.wan4}.254
               route add default via {site.wan6}fe""", site.edge)
        ip(f"""link set to-{site.letter} up
               address add {site.wan4}.254/24 dev to-{site.letter}
               address add {site.wan6}fe/64 dev to-{site.letter} nodad""", NET)


if __name__ == "__main__":
    rows.write(committed())
