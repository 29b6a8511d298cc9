#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two amimed on one box, each with ports of its own: both work, one's end does not touch the other, names are unique."""
import copy
import os

from daemon import Daemon
from harness import BUILD, Flood, expect, expect_path, expect_ping, main, sites, write
from netns import EDGE_A, EDGE_B, HOST_A, HOST_B, NET, Trouble, ip

SECOND = {EDGE_A: ("203.0.113.1", "203.0.113.2", "10.2.0.1"), EDGE_B: ("203.0.113.5", "203.0.113.6", "10.2.0.2")}


def add_second_links():
    for edge, host, side in ((EDGE_A, HOST_A, "a"), (EDGE_B, HOST_B, "b")):
        local, gateway, inside = SECOND[edge]
        ip(f"""link add eth1 netns {host} type veth peer name lan1 netns {edge}
               link add wan1 netns {edge} type veth peer name to-{side}2 netns {NET}""")
        ip(f"link set eth1 up\naddress add {inside}/24 dev eth1", host)
        far = SECOND[EDGE_B if edge == EDGE_A else EDGE_A][0]
        ip(f"""link set lan1 addrgenmode none
               link set lan1 up
               link set wan1 up
               address add {local}/30 dev wan1
               route add {far}/32 via {gateway}""", edge)
        ip(f"link set to-{side}2 up\naddress add {gateway}/30 dev to-{side}2", NET)


def second(config, edge, folder):
    """The same site with the other ports, addresses and name."""
    far = EDGE_B if edge == EDGE_A else EDGE_A
    config = copy.deepcopy(config)
    config["system"]["name"] += "-2"
    config["ports"]["wan"]["device"], config["ports"]["lan"]["device"] = "wan1", "lan1"
    for tunnel in config["tunnels"].values():
        tunnel["local"], tunnel["remote"] = SECOND[edge][0], SECOND[far][0]
    return Daemon(edge, write(folder, config["system"]["name"] + ".json", config), BUILD, folder)


def refused(daemon):
    try:
        daemon.start()
    except Trouble as trouble:
        return str(trouble)
    daemon.stop()
    return ""


def test(net, folder):
    net.path_mtu(1500)
    add_second_links()
    (config_a, a), (config_b, b) = sites(folder)
    a2, b2 = second(config_a, EDGE_A, folder), second(config_b, EDGE_B, folder)
    for daemon in (a, b, a2, b2):
        daemon.start()
    for to in ("10.1.0.2", "10.2.0.2"):
        expect_path(to=to)
        expect_ping(range(1100, 1501, 10), to=to)
    with Flood(to="10.1.0.2") as flood:
        a2.stop()
        a2.start()
        b2.kill()
        b2.start()
    expect(flood.sent and not flood.lost, f"{flood.sent} echo requests while the other two came and went, lost {flood.lost}")
    expect_path(to="10.2.0.2")
    # A twin with the same name and ports is refused, and the first goes on.
    twin = write(folder, "twin.json", config_a)
    why = refused(Daemon(EDGE_A, twin, BUILD, log_folder(folder)))
    expect("ended with status" in why, f"a second one of the same name is refused: {why[:200]}")
    expect_ping()
    for daemon in (a, b, a2, b2):
        daemon.stop()


def log_folder(folder):
    """The twin's log has the same name as the first's; elsewhere, then."""
    path = os.path.join(folder, "twin")
    os.mkdir(path)
    return path


main(test)
