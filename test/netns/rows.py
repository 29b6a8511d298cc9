#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rows of the demo: payload x tunnel, and the two configuration files of each, made from one table.

Run as a program it writes config/demo/; the test test_rows.py says when those files are not what this would write.
"""
import collections
import json
import os

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
CONFIG = os.path.join(TOP, "config")
# This row is the example that people read first; its files are written by hand.
EXAMPLE = "vxlan4-gre4"

Row = collections.namedtuple("Row", "name payload tunnel type family")
Site = collections.namedtuple("Site", "letter v4 v6 vtep4 vtep6 mac")

SITES = {
    "a": Site("a", "192.0.2.1", "2001:db8:a::1", "10.255.0.1", "fd00:255::1", "02:00:5e:00:0a:01"),
    "b": Site("b", "198.51.100.1", "2001:db8:b::1", "10.255.0.2", "fd00:255::2", "02:00:5e:00:0b:01"),
}
PAYLOADS = {"bare": "bare frame", "vxlan4": "VXLAN/IPv4", "vxlan6": "VXLAN/IPv6"}
TUNNELS = [("etherip4", "EtherIP/IPv4", "etherip", 4), ("etherip6", "EtherIP/IPv6", "etherip", 6),
           ("gre4", "GRE/IPv4", "gre", 4), ("gre6", "GRE/IPv6", "gre", 6), ("gretap4", "GRETAP/IPv4", "gretap", 4)]


def rows():
    """All of them: a bare frame needs a tunnel that carries Ethernet."""
    return [Row(f"{payload}-{tunnel}", text, label, kind, family)
            for payload, text in PAYLOADS.items() for tunnel, label, kind, family in TUNNELS
            if payload != "bare" or kind != "gre"]


def find(name):
    return next(row for row in rows() if row.name == name)


def files_of(row):
    """Paths of the files for site a and site b."""
    if row.name == EXAMPLE:
        return [os.path.join(CONFIG, f"site-{letter}.json") for letter in "ab"]
    return [os.path.join(CONFIG, "demo", f"{row.name}-{letter}.json") for letter in "ab"]


def configuration(row, here, there, driver="af_xdp"):
    """One site's configuration as a value."""
    tunnel = "to-" + there.letter
    local, remote = (here.v4, there.v4) if row.family == 4 else (here.v6, there.v6)
    config = {
        "system": {"name": "site-" + here.letter},
        "ports": {
            "wan": {"driver": driver, "device": "wan0", "vrf": "underlay"},
            "lan": {"driver": driver, "device": "lan0"},
        },
        "tunnels": {tunnel: {"type": row.type, "local": local, "remote": remote, "mtu": 2400}},
    }
    if row.payload == PAYLOADS["bare"]:
        config["bridges"] = {"lan": {"members": [{"port": "lan"}, {"tunnel": tunnel}]}}
        return config
    four = row.payload == PAYLOADS["vxlan4"]
    mine, theirs = (here.vtep4, there.vtep4) if four else (here.vtep6, there.vtep6)
    route = {"prefix": theirs + ("/32" if four else "/128"), "tunnel": tunnel}
    if row.type != "gre":
        # An L2 tunnel has a MAC of its own at each end, and the file says which one is behind it.
        config["tunnels"][tunnel]["mac"] = here.mac
        route["mac"] = there.mac
    config["vrfs"] = {"default": {"loopbacks": [mine], "routes": [route]}}
    config["bridges"] = {"lan": {"vni": 10100, "inner_vlan": True, "members": [{"port": "lan"}, {"vtep": theirs}]}}
    return config


def texts(row, **more):
    a, b = SITES["a"], SITES["b"]
    return [json.dumps(configuration(row, *pair, **more), indent=2) + "\n" for pair in ((a, b), (b, a))]


def committed():
    """(path, text that belongs there) of each generated file."""
    for row in rows():
        if row.name != EXAMPLE:
            yield from zip(files_of(row), texts(row))


def write(files):
    for path, text in files:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)


if __name__ == "__main__":
    write(committed())
