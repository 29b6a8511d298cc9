#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A whole life of amimed under valgrind: no access that is wrong, nothing lost at the end."""
import copy
import os
import signal
import subprocess

from daemon import Daemon
from harness import BUILD, expect, expect_path, expect_ping, main, sites, write
from netns import EDGE_A

SHOWS = ("version", "ports", "tunnels", "bridges", "fdb", "drops", "workers", "config", "host")
START_WITHIN = 90


def ctl(daemon, *words):
    done = subprocess.run([daemon.program("amimectl"), "-n", daemon.name, *words], stdout=subprocess.PIPE, timeout=60, check=False)
    expect(done.returncode == 0, "amimectl " + " ".join(words))


def test(net, folder):
    net.path_mtu(1500)
    # Ordinary pages: valgrind knows no others. DPDK's own threads keep what the C library gave them.
    (config, _), (_, b) = sites(folder, driver="af_packet")
    config["system"].update(hugepages="never", buffers=2048, metrics_file=os.path.join(folder, "amime.prom"), metrics_interval=1)
    report = os.path.join(folder, "memcheck")
    a = Daemon(EDGE_A, write(folder, "a.json", config), BUILD, folder,
               wrapper=["valgrind", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite,indirect",
                        "--errors-for-leak-kinds=definite,indirect", "--log-file=" + report])
    a.start(START_WITHIN)
    b.start()
    expect_path(patience=20)
    expect_ping((100, 1500) * 10)
    ctl(a, "trace", "-N", "1")
    ctl(a, "capture", "-N", "3", "-o", os.path.join(folder, "x.pcapng"), "ip")
    ctl(a, "top", "--once")
    changed = copy.deepcopy(config)
    changed["tunnels"]["more"] = {"type": "etherip", "local": "192.0.2.1", "remote": "198.51.100.9"}
    for text in (changed, "{", config):
        write(folder, "a.json", text)
        a.signal(signal.SIGHUP)
        for what in SHOWS:
            a.show(what)
    expect_ping((100, 1500))
    a.signal(signal.SIGTERM)
    status = a.process.wait(30)
    a.process = None
    with open(report, encoding="utf-8") as file:
        said = file.read()
    expect(status == 0, f"valgrind found nothing: {said[-3000:] if status else said.splitlines()[-1]}")
    b.stop()


main(test)
