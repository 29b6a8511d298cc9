#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""10,000 tunnels and 4,000 bridges run, answer, and reload; a box with two of them pays no memory for that there may be so many."""
import time

from harness import BUILD, EDGE_A, expect, main, write
from daemon import Daemon

SMALL_MIB, LARGE_MIB = 64, 400  # resident; shared libraries are 20 of it


def configuration(tunnels, bridges):
    """The first tunnels are members of a bridge each, the others lead to its VTEP."""
    def number(i):
        return f"{i >> 8}.{i & 255}"

    routes = [{"prefix": f"10.0.{number(i)}/32", "tunnel": f"t{i}"} for i in range(bridges, tunnels)]
    return {
        "system": {"name": "size"},
        "ports": {"wan": {"driver": "mem", "vrf": "underlay"}, "lan": {"driver": "mem"}},
        "tunnels": {f"t{i}": {"type": "etherip" if i < bridges else "gre", "local": "192.0.2.1",
                              "remote": f"198.18.{number(i)}"} for i in range(tunnels)},
        "vrfs": {
            "underlay": {"routes": [{"prefix": "0.0.0.0/0", "port": "wan", "via": "192.0.2.254",
                                     "mac": "02:00:00:00:00:fe"}]},
            "default": {"loopbacks": ["10.255.0.1"], "routes": routes},
        },
        "bridges": {f"b{i}": {"vni": i + 1, "members": [{"port": "lan", "vlan": i + 1 if i < 4094 else "any"},
                                                        {"tunnel": f"t{i}"}, {"vtep": f"10.0.{number(bridges + i)}"}]}
                    for i in range(bridges)},
    }


def run(folder, tunnels, bridges, limit):
    config = configuration(tunnels, bridges)
    daemon = Daemon(EDGE_A, write(folder, "size.json", config), BUILD, folder)
    began = time.monotonic()
    daemon.start()
    print(f"      {tunnels} tunnels, {bridges} bridges: started in {time.monotonic() - began:.1f} s")
    if tunnels > 100:
        began = time.monotonic()
        shown = daemon.show("tunnels")
        took = time.monotonic() - began
        expect(len(shown) == tunnels and all(t["state"] == "up" for t in shown),
               f"all are up, and shown in {took:.1f} s")
        expect(took < 3, "which is in proportion to their number")
    resident = daemon.show("version")["resident"] / (1 << 20)
    expect(resident < limit, f"{resident:.0f} MiB resident, of {limit}")
    daemon.stop()


def test(net, folder):
    run(folder, 2, 1, SMALL_MIB)
    run(folder, 10000, 4000, LARGE_MIB)


main(test)
