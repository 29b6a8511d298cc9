#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The demo's checks can fail: the kernel's own VXLAN breaks each promise, and each break is found and named."""
import sys
import tempfile

import checks
import kernel_vxlan
import pinger
from capture import BothSides
from netns import EDGE_A, EDGE_B, HOST_A, HOST_ADDRESS, HOST_B, Net, Trouble
from report import Findings, say

# What must be found at each path MTU, by the words of the finding.
MUST_BREAK = {
    1500: ["no or a wrong answer of 50 sizes: 1451-1500", "whole packet above 1280 octets", "first fragment of 1500",
           "without DF, or with an ID", "fragments to reassemble"],
    1280: ["no or a wrong answer", "datagram of 3 fragments", "left the router otherwise than they came"],
}
WRONG_COUNT = {EDGE_A: 1, EDGE_B: 1}


def broken_promises(net, path_mtu, folder):
    findings = Findings()
    net.path_mtu(path_mtu)
    kernel = checks.KernelWatch()
    with BothSides(folder, str(path_mtu)) as both:
        checks.pings(findings)
        checks.raw_frames(findings)
    checks.wire(findings, both, WRONG_COUNT)
    checks.dissect(findings, both, 100)
    kernel.reassembled(findings)
    return findings.lines


def main():
    missing = []
    with Net() as net, tempfile.TemporaryDirectory() as folder:
        for edge in (EDGE_A, EDGE_B):
            kernel_vxlan.bridge_at(edge)
        if pinger.wait_for_answer(HOST_A, HOST_ADDRESS[HOST_B][0], patience=5) is None:
            raise Trouble("the kernel's VXLAN does not carry anything: the topology is at fault")
        for path_mtu, wanted in MUST_BREAK.items():
            lines = broken_promises(net, path_mtu, folder)
            for words in [*wanted, "counted as reassembled"]:
                if any(words in line for line in lines):
                    say(f"path MTU {path_mtu}: found, as it must: {words}")
                else:
                    missing.append(f"path MTU {path_mtu}: no finding says: {words}")
    for line in missing:
        say(line)
    return 1 if missing else 0


sys.exit(main())
