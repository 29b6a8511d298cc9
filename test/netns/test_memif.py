#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""amime-bench wire over memif: the running amimed of doc/wire.md has two such ports, and config/wire/memif.json their other ends.

With hugepages at either end and without; testers come and go. What cannot be is refused in words: a client alone, and memif without
copying.
"""
import json
import os
import re
import subprocess

import rows
from daemon import Daemon
from harness import BUILD, expect, main, write
from netns import EDGE_A, Trouble
from tester import bench, configuration, values

RATE = 2000  # frames a second of a stream: half a second of them fits memif's rings
SOCKETS = "/run/dut-"
TRIAL = {"duration_ms": 300, "settle_ms": 500}


def site(folder, hugepages):
    """The configuration that the document shows, with sockets of our own."""
    with open(os.path.join(rows.TOP, "doc", "wire.md"), encoding="utf-8") as file:
        text = re.search(r"^## memif$.*?^```json\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL).group(1)
    config = json.loads(text.replace(SOCKETS, folder + "/"))
    config["system"]["hugepages"] = hugepages
    return config


def tester(folder, hugepages, devargs="", **more):
    config = configuration(os.path.join(rows.CONFIG, "wire", "memif.json"), max_rate=RATE, system={"hugepages": hugepages}, **more)
    for port in config["ports"].values():
        port["devargs"] = port["devargs"].replace(SOCKETS, folder + "/") + devargs
    return write(folder, "tester.json", config)


def measure(config, *arguments):
    return values(json.loads(bench(BUILD, "wire", "--config", config, "--json", "-", *arguments, stdout=subprocess.PIPE)))


def refused(config, words):
    try:
        bench(BUILD, "wire", "--config", config, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except Trouble as trouble:
        expect(words in str(trouble), f"refused: {words}")
        return
    expect(False, f"refused: {words}")


def counted(daemon):
    """(received, sent) of the daemon's ports, by name, in frames."""
    return {row["name"]: (row["counters"]["rx_packets"], row["counters"]["tx_packets"]) for row in daemon.show("ports")}


def counts_agree(daemon, folder, hugepages):
    before = counted(daemon)
    got = measure(tester(folder, hugepages, frames={"sizes": [64, 1518]}, loss={"load_percent": [100]}, trial=TRIAL), "--test", "loss")
    after = counted(daemon)
    expect(got["frames/sent"] > 2 * 2 * RATE * 0.3 * 0.9, f"{got['frames/sent']:.0f} frames were sent")
    for name in ("lost", "reordered", "duplicates", "corrupted", "misdirected", "stale", "tester-lost"):
        expect(got[f"frames/{name}"] == 0, f"none {name}")
    for port in "ab":
        received, sent = (now - then for now, then in zip(after[port], before[port]))
        expect(received == got[f"port/{port}-sent"], f"what port {port} sent, amimed counts: {received}")
        expect(sent == got[f"port/{port}-received"], f"what port {port} received, amimed counts: {sent}")


def finds_a_limit(folder, hugepages):
    got = measure(tester(folder, hugepages, frames={"sizes": ["imix"]}, trial=TRIAL, latency={"load_percent": [50]},
                         throughput={"loss_ppm": 10000, "resolution_permille": 200}), "--test", "throughput,latency")
    expect(0 < got["throughput/imix"] <= 2 * RATE * 1.01, f"throughput {got['throughput/imix']:.0f} frames/s of two streams")
    expect(0 < got["latency/imix-50%-p50"] <= got["latency/imix-50%-p99"] <= got["latency/imix-50%-max"],
           f"median latency {got['latency/imix-50%-p50']:.1f} us")


def site_and_testers(folder, hugepages):
    """Two testers one after the other, the second with the other kind of memory than the site's."""
    daemon = Daemon(EDGE_A, write(folder, "site.json", site(folder, hugepages)), BUILD, folder).start()
    try:
        counts_agree(daemon, folder, hugepages)
        finds_a_limit(folder, "never" if hugepages == "auto" else "auto")
    finally:
        daemon.stop()


def test(_, folder):
    refused(tester(folder, "auto"), "the end with role=server must be there first")
    refused(tester(folder, "auto", devargs=",zero-copy=yes"), "Zero-copy doesn't support multi-file segments")
    for hugepages in ("auto", "never"):
        site_and_testers(folder, hugepages)


main(test)
