#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A port's device is deleted and made again, renamed, or loses its carrier: said once, shown, and it heals by itself.

Also what a port's driver must refuse by itself (GSO frames, which af_packet meets) is a named drop.
"""
import os
import signal
import time

import pinger
from harness import HOST_A, HOST_ADDRESS, HOST_B, expect, expect_path, expect_ping, main, sites
from netns import EDGE_A, EDGE_ADDRESS, NET, ip, run


def wait_until(holds, text, patience=5.0):
    end = time.monotonic() + patience
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    expect(holds(), text)


def port(daemon, name):
    return next(row for row in daemon.show("ports") if row["name"] == name)


def log_lines(daemon, *words):
    with open(daemon.log, encoding="utf-8") as log:
        return [line for line in log if all(word in line for word in words)]


def drops(daemon, name):
    return sum(row["count"] for row in daemon.show("drops") if row["drop"] == name)


def expect_gone(daemon, name, device):
    # The carrier goes a moment before the device does, and each has its own reason.
    wait_until(lambda: port(daemon, name)["link"] == "down" and f"device {device} is gone" in port(daemon, name)["why"],
               f"show ports says that {name} is down, and why")
    expect(len(log_lines(daemon, f"port {name}", f"{device} is gone")) == 1, "and the log says it once")
    before = drops(daemon, "port_down")
    pinger.ping(HOST_B, HOST_ADDRESS[HOST_A][0], [100] * 5, timeout=0.3)
    return before


def expect_back(daemon, name, device):
    expect_path(patience=8)
    expect_ping()
    expect(port(daemon, name)["link"] == "up" and "why" not in port(daemon, name), f"{name} is up")
    # Said when the old device is closed, which takes the kernel a while; packets pass before.
    wait_until(lambda: log_lines(daemon, f"port {name}", f"{device} is there again: opened"), "and the log says so")


def make_lan():
    v4, v6 = HOST_ADDRESS[HOST_A]
    ip(f"link add eth0 netns {HOST_A} type veth peer name lan0 netns {EDGE_A}")
    ip(f"link set eth0 up\naddress add {v4}/24 dev eth0\naddress add {v6}/64 dev eth0 nodad", HOST_A)
    ip("link set lan0 addrgenmode none\nlink set lan0 up", EDGE_A)


def make_wan(net):
    ip(f"link add wan0 netns {EDGE_A} type veth peer name to-a netns {NET}")
    ip("link set to-a up\naddress add 192.0.2.254/24 dev to-a", NET)
    ip(f"link set wan0 up\naddress add {EDGE_ADDRESS[EDGE_A][0]}/24 dev wan0\nroute add default via 192.0.2.254", EDGE_A)
    run("ip", "route", "replace", "192.0.2.0/24", "dev", "to-a", "proto", "kernel", "scope", "link", "src", "192.0.2.254",
        "mtu", "lock", "1500", ns=NET)


def lan_goes(a):
    run("ip", "link", "del", "lan0", ns=EDGE_A)
    before = expect_gone(a, "lan", "lan0")
    wait_until(lambda: drops(a, "port_down") > before, "what would leave there is dropped as port_down")
    loads = a.show("config")["loads"]
    a.signal(signal.SIGHUP)
    wait_until(lambda: a.show("config")["loads"] > loads, "SIGHUP meanwhile is done")
    expect(a.show("config")["last_ok"], "and the device that is missing is no error of the file")
    make_lan()
    expect_back(a, "lan", "lan0")


def wan_goes(net, a):
    run("ip", "link", "del", "wan0", ns=EDGE_A)
    expect_gone(a, "wan", "wan0")
    make_wan(net)
    expect_back(a, "wan", "wan0")


def renamed(a):
    ip("link set lan0 down\nlink set lan0 name other0\nlink set other0 up", EDGE_A)
    wait_until(lambda: "is gone" in port(a, "lan").get("why", ""), "a device of another name is not the port's")
    expect(not run("ip", "-d", "link", "show", "other0", ns=EDGE_A).count("prog/xdp"), "and is left alone")
    ip("link set other0 down\nlink set other0 name lan0\nlink set lan0 up", EDGE_A)
    expect_back(a, "lan", "lan0")


def cpu_seconds(daemon):
    with open(f"/proc/{daemon.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def set_down(a):
    """A packet socket remembers that its device went down, and would keep its worker awake for good."""
    for state in ("down", "up"):
        said = len(log_lines(a, "port lan", f"link {state}"))
        run("ip", "link", "set", "lan0", state, ns=EDGE_A)
        wait_until(lambda state=state, said=said: len(log_lines(a, "port lan", f"link {state}")) == said + 1,
                   f"the log says that lan is {state}")
        before = cpu_seconds(a)
        time.sleep(1)
        used = cpu_seconds(a) - before
        expect(used < 0.5, f"a worker sleeps beside it: {used:.2f} s of a second")
    expect_path()


def carrier(a):
    said = [len(log_lines(a, "port lan", "link " + state)) for state in ("down", "up")]
    ip("link set eth0 down", HOST_A)
    wait_until(lambda: "no carrier" in port(a, "lan").get("why", ""), "no carrier: show ports says so")
    wait_until(lambda: len(log_lines(a, "port lan", "link down")) == said[0] + 1, "and so does the log")
    busy = a.show("workers")["workers"][0]["turns"]
    time.sleep(1)
    turns = a.show("workers")["workers"][0]["turns"] - busy
    expect(turns < 100000, f"a worker sleeps beside a port that is down: {turns} turns in a second")
    v4, v6 = HOST_ADDRESS[HOST_A]
    ip(f"link set eth0 up\naddress replace {v4}/24 dev eth0\naddress replace {v6}/64 dev eth0 nodad", HOST_A)
    expect_path()
    wait_until(lambda: len(log_lines(a, "port lan", "link up")) == said[1] + 1, "and that it is up again")


def test(net, folder):
    net.path_mtu(1500)
    for driver in ("af_xdp", "af_packet"):
        (_, a), (_, b) = sites(folder, driver=driver)
        a.start()
        b.start()
        expect_path()
        lan_goes(a)
        wan_goes(net, a)
        renamed(a)
        set_down(a)
        carrier(a)
        a.stop()
        b.stop()


main(test)
