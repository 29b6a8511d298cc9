#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""From start to the first packet through in under 2 s, with hugepages and without; idle with three tunnels under 5 % of a core."""
import copy
import os
import time

import pinger
from harness import expect, main, sites, write
from netns import HOST_A, HOST_ADDRESS, HOST_B, ip, mac

START_S, IDLE_S, IDLE_SHARE = 2.0, 2.0, 0.05


def three_tunnels(config):
    config = copy.deepcopy(config)
    local = config["tunnels"]["to-b"]["local"]
    for n in (1, 2):
        config["tunnels"][f"more{n}"] = {"type": "etherip", "local": local, "remote": f"203.0.113.{n}"}
    return config


def seconds_of(daemon):
    """Of CPU, in all its threads."""
    with open(f"/proc/{daemon.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(folder, config, daemon, hugepages):
    config["system"]["hugepages"] = hugepages
    write(folder, "a.json", config)
    began = time.monotonic()
    daemon.start()
    answered = pinger.wait_for_answer(HOST_A, HOST_ADDRESS[HOST_B][0], 5.0)
    took = time.monotonic() - began
    resident = daemon.show("version")["resident"]
    expect(answered is not None and took < START_S, f"hugepages {hugepages}: {took:.2f} s from start to the first answer")
    expect(0 < resident < 1 << 30, f"hugepages {hugepages}: {resident / (1 << 20):.0f} MiB resident")


def test(net, folder):
    net.path_mtu(1500)
    (config, a), (_, b) = sites(folder)
    config = three_tunnels(config)
    for here, there in ((HOST_A, HOST_B), (HOST_B, HOST_A)):
        # A host whose question for its neighbour is lost asks again after a second, which would count as amimed's.
        ip(f"neighbour replace {HOST_ADDRESS[there][0]} lladdr {mac(there, 'eth0')} dev eth0 nud permanent", here)
    b.start()
    start(folder, config, a, "auto")
    a.stop()
    start(folder, config, a, "never")
    before = seconds_of(a)
    time.sleep(IDLE_S)
    share = (seconds_of(a) - before) / IDLE_S
    expect(share < IDLE_SHARE, f"idle with {len(config['tunnels'])} tunnels: {share:.1%} of a core")
    a.stop()
    b.stop()


main(test)
