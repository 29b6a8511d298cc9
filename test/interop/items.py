#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What was shown with which other speaker: item by item, the assertion that shows it, from what the tests of this build said when they passed.

The last of the interop tests. It fails where a test passed and did not say what stands here.
"""
import json
import os
import sys

from world import SAID

PEERS = ("FRR", "BIRD", "GoBGP", "our own")
# item: {peer: (test, what it says)}
ITEMS = {
    "routes both ways over IPv4": {"FRR": ("frr", "in FRR's table"), "BIRD": ("bird", "one route of each family came"),
                                   "GoBGP": ("gobgp", "what we withdraw goes there"), "our own": ("own", "over 10.9.0.1")},
    "routes both ways over IPv6": {"FRR": ("frr", "the session runs over IPv6"), "BIRD": ("bird", "the session runs over IPv6"),
                                   "GoBGP": ("gobgp", "the session runs over IPv6"), "our own": ("own", "over fd09::1")},
    "IPv4 by IPv6 next hops (RFC 8950)": {"FRR": ("frr", "both ends agreed on RFC 8950"), "GoBGP": ("gobgp", "with an IPv6 next hop: ['fd09::1']")},
    "unnumbered, both roles": {"FRR": ("unnumbered", "FRR opened the connection")},
    "EVPN types 1 to 5": {"FRR": ("evpn", "FRR's types 1 and 4 came"), "GoBGP": ("evpn", "GoBGP's types 1 to 5 came")},
    "MD5 (RFC 2385)": {"FRR": ("auth", "the kernel drops what has another key")},
    "GTSM (RFC 5082)": {"BIRD": ("auth", "one TCP connection carries it")},
    "TCP-AO (RFC 5925)": {"our own": ("auth", "TCP-AO")},
    "add-path, receive and send N": {"BIRD": ("session", "BIRD has both paths"), "our own": ("session", "the third speaker has ours beside its own")},
    "graceful restart, bgpd killed": {"FRR": ("restart", "the routes are fresh again")},
    "long-lived graceful restart": {"FRR": ("restart", "and go when that is over, too")},
    "route refresh": {"FRR": ("frr", "FRR counts our two requests")},
    "4-octet AS numbers": {"FRR": ("frr", "both ends agreed on 4-octet AS numbers")},
    "roles that fit, and OTC": {"BIRD": ("session", "what a provider tells has OTC with its AS"), "FRR": ("frr", "FRR is our customer")},
    "a wrong role is refused with 2/11": {"BIRD": ("session", "2/11"), "FRR": ("frr", "with 2/11")},
    "one UPDATE of more than 4096 octets": {"BIRD": ("session", "the route with 6000 octets of communities came"),
                                            "our own": ("session", "a third speaker has it from us")},
    "shutdown text, theirs and ours": {"FRR": ("frr", "FRR has our text")},
}


def heard(test):
    """What the test said in this build, or None where it has not passed."""
    path = os.path.join(SAID, test + ".json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def cell(what):
    """How it stands, and what is wrong with it."""
    if what is None:
        return "-", None
    test, words = what
    said = heard(test)
    if said is None:
        return f"not run: interop/{test} did not pass in this build", None
    hits = [line for line in said if words in line]
    if not hits:
        return "MISSING", f"interop/{test} passed, and did not say: {words}"
    return ("not run: this kernel has none" if "refused where the kernel has none" in hits[0] else f"passed (interop/{test}: {hits[0]})"), None


def main():
    bad = []
    for item, peers in ITEMS.items():
        print(item)
        for peer in PEERS:
            text, wrong = cell(peers.get(peer))
            if text != "-":
                print(f"    {peer:8} {text}")
            bad += [wrong] if wrong else []
    for wrong in bad:
        print(f"FAIL  {wrong}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
