#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""amime-bench wire across two sites: nothing lost at a rate they can carry, and its counts are those of the daemons.

It refuses interfaces that the machine itself uses, ends at SIGINT with a report, and says what does not come through.
"""
import json
import os
import signal
import subprocess
import time

from harness import BUILD, expect, main, sites, write
from netns import HOST_A, Trouble
from tester import bench, configuration, gather_ports, values

RATE, SOAKED = 2000, 2000  # frames a second of a stream, and of the soak before it is ended


def refused(folder, words, *arguments, **more):
    """It ends with status 1 and says these words."""
    config = write(folder, "refused.json", configuration(**more))
    try:
        bench(BUILD, "wire", "--config", config, *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except Trouble as trouble:
        expect(words in str(trouble), f"refused: {words}")
        return
    expect(False, f"refused: {words}")


def measure(folder, name, *arguments, **more):
    """The values of one run, by row."""
    config = write(folder, f"{name}.json", configuration(max_rate=RATE, **more))
    text = bench(BUILD, "wire", "--config", config, "--json", "-", *arguments, stdout=subprocess.PIPE)
    return values(json.loads(text))


def counted(daemon, port):
    """(received, sent) of a daemon's port, in frames."""
    row = next(row for row in daemon.show("ports") if row["name"] == port)
    return row["counters"]["rx_packets"], row["counters"]["tx_packets"]


def counts_agree(a, b, folder):
    before = [counted(daemon, "lan") for daemon in (a, b)]
    got = measure(folder, "agree", "--test", "loss", frames={"sizes": [84, 1518]}, loss={"load_percent": [100]},
                  trial={"duration_ms": 1000, "settle_ms": 1000})
    after = [counted(daemon, "lan") for daemon in (a, b)]
    expect(got["frames/sent"] > 2 * 2 * RATE * 0.9, f"{got['frames/sent']:.0f} frames were sent")
    for name in ("lost", "reordered", "duplicates", "corrupted", "misdirected", "stale", "tester-lost"):
        expect(got[f"frames/{name}"] == 0, f"none {name}")
    expect(got["loss/84-100%"] == 0 and got["loss/1518-100%"] == 0, "no loss at either size")
    for port, (rx0, tx0), (rx1, tx1) in zip("ab", before, after):
        expect(rx1 - rx0 == got[f"port/{port}-sent"], f"what port {port} sent, the site counts: {rx1 - rx0}")
        expect(tx1 - tx0 == got[f"port/{port}-received"], f"what port {port} received, the site counts: {tx1 - tx0}")


def finds_a_limit(folder):
    got = measure(folder, "throughput", frames={"sizes": ["imix"]}, trial={"duration_ms": 300, "settle_ms": 500},
                  throughput={"loss_ppm": 10000, "resolution_permille": 200}, latency={"load_percent": [50]})
    expect(0 < got["throughput/imix"] <= 2 * RATE * 1.01, f"throughput {got['throughput/imix']:.0f} frames/s of two streams")
    expect(0 < got["latency/imix-50%-p50"] <= got["latency/imix-50%-p99"] <= got["latency/imix-50%-max"],
           f"median latency {got['latency/imix-50%-p50']:.0f} us")


def ends_early(a, folder):
    """SIGINT in the middle of a long trial: a report of what was measured, at once, and a status that says so."""
    config = write(folder, "soak.json", configuration(max_rate=RATE, frames={"sizes": [84]}, soak={"duration_s": 600}))
    out = os.path.join(folder, "soak-result.json")
    program = os.path.join(BUILD, "apps", "amime-bench", "amime-bench")
    with subprocess.Popen(["ip", "netns", "exec", HOST_A, program, "wire", "--config", config, "--test", "soak",
                           "--json", out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        # What passes before the soak begins is less than a tenth of that.
        before, patience = counted(a, "lan")[0], time.monotonic() + 20
        while counted(a, "lan")[0] < before + SOAKED and time.monotonic() < patience:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        said = process.communicate(timeout=20)[1]
    expect(process.returncode == 1 and "ended early" in said, f"SIGINT ends it within {time.monotonic() - begin:.1f} s")
    with open(out, encoding="utf-8") as file:
        got = values(json.load(file))
    expect(got["soak/84-sent"] > 100, f"and it reports {got['soak/84-sent']:.0f} frames sent until then")


def test(net, folder):
    net.path_mtu(1500)
    refused(folder, "this machine itself uses eth0: it has an IP address")
    gather_ports()
    refused(folder, "none came out at port", trial={"reach_ms": 300})
    (_, a), (_, b) = sites(folder, driver="af_packet")
    a.start()
    b.start()
    counts_agree(a, b, folder)
    finds_a_limit(folder)
    ends_early(a, folder)
    a.stop()
    b.stop()


main(test)
