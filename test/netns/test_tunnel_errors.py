#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What routers say about a tunnel's packets is told where somebody looks: too big for the path, and nobody there."""
import time

import pinger
from harness import HOST_A, HOST_ADDRESS, HOST_B, expect, expect_path, main, sites, write


def last_error(daemon):
    return daemon.show("tunnels")[0].get("last_error", {})


def wait_for_error(daemon, holds, what, sizes=(100,)):
    end = time.monotonic() + 3.0
    while time.monotonic() < end and not holds(last_error(daemon)):
        pinger.ping(HOST_A, HOST_ADDRESS[HOST_B][0], list(sizes), timeout=0.2)
    expect(holds(last_error(daemon)), f"{what}: {last_error(daemon).get('text')}")


def test(net, folder):
    net.path_mtu(1400)
    (config, a), (_, b) = sites(folder, row="vxlan6-gre6")
    tunnel = config["tunnels"]["to-b"]
    tunnel.update(split="fill", path_mtu=1500)
    write(folder, "a.json", config)
    b.start()  # first, or what hosts say by themselves finds nobody there
    a.start()
    expect_path(patience=8)
    expect(not last_error(a), "nothing is said as long as packets fit")
    wait_for_error(a, lambda e: e.get("mtu") == 1400, "a router has less room than path_mtu", (1380,))
    text = last_error(a)["text"]
    expect('path_mtu is 1500, but 2001:db8:a::fe says 1400: set path_mtu to 1400, or "split": "floor"' in text,
           "and what to do is said too")
    with open(a.log, encoding="utf-8") as log:
        lines = [line for line in log if "path_mtu is 1500" in line]
    expect(len(lines) == 1, "once in the log")
    count = last_error(a)["count"]
    wait_for_error(a, lambda e: e["count"] > count, "each is counted", (1380,))
    # Who follows the advice has no such packets any more.
    tunnel["path_mtu"] = 1400
    write(folder, "a.json", config)
    expect(a.ask({"method": "reload"})["ok"], "path_mtu is lowered")
    count = last_error(a)["count"]
    lost = pinger.ping(HOST_A, HOST_ADDRESS[HOST_B][0], [1380, 1500])
    expect(not lost and last_error(a)["count"] == count, "and what was too big passes, in two packets")
    b.stop()
    wait_for_error(a, lambda e: e.get("type") in (1, 4), "nobody is there who takes the packets")
    expect(last_error(a)["from"] == tunnel["remote"], "which the other end itself says")
    classes = {row["class"]: row["passed"] for row in a.show("host")["punt"]}
    expect(classes["tunnel_error"] >= 3, "they have a class of their own on the way to the slow thread")
    a.stop()


main(test)
