#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A whole life of amimed under valgrind: no access that is wrong, nothing lost at the end."""
import copy
import os
import signal
import subprocess

from daemon import Daemon
from harness import BOX, BUILD, FAR, Flood, expect, expect_path, expect_ping, main, routed_too, sites, write
from netns import EDGE_A, NET

SHOWS = ("version", "ports", "tunnels", "bridges", "fdb", "drops", "workers", "config", "host", "routes", "interfaces", "vrfs", "neighbors", "as")
START_WITHIN = 90


def ctl(daemon, *words):
    done = subprocess.run([daemon.program("amimectl"), "-n", daemon.name, *words], stdout=subprocess.PIPE, timeout=60, check=False)
    expect(done.returncode == 0, "amimectl " + " ".join(words))


def test(net, folder):
    net.path_mtu(1500)
    # Ordinary pages: valgrind knows no others. DPDK's own threads keep what the C library gave them.
    (config, _), (other, b) = sites(folder, driver="af_packet")
    routed_too(config, other)
    write(folder, "b.json", other)
    config["system"].update(hugepages="never", buffers=2048, metrics_file=os.path.join(folder, "amime.prom"), metrics_interval=1)
    report = os.path.join(folder, "memcheck")
    a = Daemon(EDGE_A, write(folder, "a.json", config), BUILD, folder,
               wrapper=["valgrind", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite,indirect",
                        "--errors-for-leak-kinds=definite,indirect", "--log-file=" + report])
    a.start(START_WITHIN)
    b.start()
    for to in (None, BOX, FAR):
        expect_path(patience=20, to=to)
        expect_ping((100, 1500) * 5, to=to)
    with Flood(pause=0.02):  # both end with the packets that they see, and kernels alone may send none for minutes
        ctl(a, "trace", "-N", "1")
        ctl(a, "capture", "-N", "3", "-o", os.path.join(folder, "x.pcapng"), "ip")
    ctl(a, "top", "--once")
    changed = copy.deepcopy(config)
    changed["tunnels"]["more"] = {"type": "etherip", "local": "192.0.2.1", "remote": "198.51.100.9"}
    changed["tunnels"]["keep"]["addresses"].append("10.9.1.1/30")
    changed["bridges"]["lan"]["addresses"].append("10.1.3.254/24")
    changed["ports"]["lan"]["vlans"] = {"100": {"addresses": ["10.72.0.1/24"], "urpf": "strict"}}
    changed["vrfs"]["tenant"] = {"netns": NET, "loopbacks": ["10.81.0.1"], "routes": [{"prefix": "10.0.0.0/8", "unreachable": True}]}
    changed["vrfs"]["default"]["routes"] += [{"prefix": "10.50.0.0/16", "tunnel": "keep"}, {"prefix": "10.50.0.0/16", "bridge": "lan", "via": "10.1.0.9"}]
    for text in (changed, "{", config):
        write(folder, "a.json", text)
        answer = a.ask({"method": "reload"})
        expect(answer["ok"] == isinstance(text, dict), f"a reload: {'taken' if answer['ok'] else answer['error']}")
        for what in SHOWS:
            a.show(what)
    for to in (None, BOX, FAR):
        expect_ping((100, 1500), to=to)
    a.signal(signal.SIGTERM)
    status = a.process.wait(30)
    a.process = None
    with open(report, encoding="utf-8") as file:
        said = file.read()
    expect(status == 0, f"valgrind found nothing: {said[-3000:] if status else said.splitlines()[-1]}")
    b.stop()


main(test)
