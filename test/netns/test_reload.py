#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""SIGHUP changes one tunnel while traffic runs over another: none lost. A bad file changes nothing and says why."""
import copy
import signal
import time

from harness import Flood, expect, expect_path, expect_ping, main, sites, write

OTHER = {"type": "etherip", "local": "2001:db8:a::1", "remote": "2001:db8:b::77", "mtu": 2400}
ROUNDS = 40


def running(daemon):
    return daemon.show("config")["config"]


def tunnel(daemon, name):
    return running(daemon)["tunnels"].get(name)


def reload_with(daemon, folder, config):
    """Write the file in place and ask for it by SIGHUP, as an operator does."""
    write(folder, "a.json", config)
    daemon.signal(signal.SIGHUP)


def wait_until(holds, text, patience=5.0):
    end = time.monotonic() + patience
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    expect(holds(), text)


def change_the_other(daemon, folder, config):
    """Add a tunnel with a bridge of its own, change it ROUNDS times, remove it."""
    more = copy.deepcopy(config)
    more["tunnels"]["other"] = dict(OTHER)
    for n in range(ROUNDS):
        more["tunnels"]["other"]["mtu"] = 2000 + n
        reload_with(daemon, folder, more)
        wait_until(lambda n=n: (tunnel(daemon, "other") or {}).get("mtu") == 2000 + n, f"reload {n}: mtu {2000 + n} runs")
    reload_with(daemon, folder, config)
    wait_until(lambda: tunnel(daemon, "other") is None, "the other tunnel is gone")


def bad_files(daemon, folder, config):
    before = running(daemon)
    wrong = copy.deepcopy(config)
    wrong["tunnels"]["to-b"]["mtu"] = 70000
    wrong["tunnels"]["to-b"]["spit"] = "floor"
    for text, words in ((wrong, ["$.tunnels.to-b.mtu", "spit"]), ("{ \"system\": ", ["a.json"]), ("", [])):
        loads = daemon.show("config")["loads"]
        reload_with(daemon, folder, text)
        wait_until(lambda loads=loads: daemon.show("config")["loads"] > loads, "it read the bad file")
        expect(daemon.show("config")["errors"], "show says what is wrong with it")
        said = open(daemon.log, encoding="utf-8").read()
        expect(all(word in said for word in words), f"and so does the log: {' '.join(words)}")
        expect(running(daemon) == before, "the running configuration is as before")
    write(folder, "a.json", config)


def test(net, folder):
    net.path_mtu(1500)
    (config, a), (_, b) = sites(folder)
    a.start()
    b.start()
    expect_path()
    expect_ping()
    with Flood() as flood:
        change_the_other(a, folder, config)
        bad_files(a, folder, config)
        flood.wait_for(101)
    expect(flood.sent > 100 and not flood.lost, f"{flood.sent} echo requests meanwhile, lost: {flood.lost}")
    expect_ping()
    a.stop()
    b.stop()


main(test)
