# SPDX-License-Identifier: BSD-3-Clause
"""The promises of the main job, each tried on real traffic and looked up on the wire. Knows no forwarder."""
import collections
import json
import subprocess
import time

import capture
import frames
import pinger
from netns import EDGE_A, EDGE_B, HOST_A, HOST_ADDRESS, HOST_B, OTHER, Trouble, kernel_counters, run
from report import sizes

PING_SIZES = range(1100, 1501)
TCP_OCTETS = 12_000_000
# Bounded, so that what is in flight fits every ring on the way: here bytes are tested, not how TCP takes losses.
TCP_WINDOW = "256K"
ARRIVES = {EDGE_A: "a", EDGE_B: "b"}
KERNEL_REASSEMBLY = ("IpReasmReqds", "Ip6ReasmReqds")

# What one look at the wire says: datagrams in fragments, lengths of their first ones, what the router cut again.
Wire = collections.namedtuple("Wire", "fragmented firsts cut_again")


def pings(findings, wanted=PING_SIZES):
    """How many were sent and lost."""
    sent = lost = 0
    for host in (HOST_A, HOST_B):
        for to in HOST_ADDRESS[OTHER[host]]:
            missing = pinger.ping(host, to, wanted)
            sent, lost = sent + len(wanted), lost + len(missing)
            findings.expect(not missing, f"ping {host} to {to}: no or a wrong answer of {len(missing)} sizes:"
                                         f" {sizes(missing)}")
    return sent, lost


def raw_frames(findings):
    """How many were sent, and did not arrive byte-identical."""
    sent = wrong = 0
    for host in (HOST_A, HOST_B):
        count, bad = frames.send_all_sizes(host, OTHER[host])
        sent, wrong = sent + count, wrong + len(bad)
        findings.expect(not bad, f"frames {host} to {OTHER[host]}: {len(bad)} of {count} lost or changed:"
                                 f" {sizes(bad)} (10000+: tagged, 20000+: two tags, 30000+: broadcast)")
    return sent, wrong


def tcp(findings, ways=("", "-R")):
    """Mbit/s from A to B, and from B to A."""
    rates = []
    for way in ways:
        server = subprocess.Popen(["ip", "netns", "exec", HOST_B, "iperf3", "-s", "-1", "--forceflush"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            if "listening" not in server.stdout.readline() + server.stdout.readline():
                raise Trouble("iperf3 -s does not listen")
            out = run("iperf3", "-c", HOST_ADDRESS[HOST_B][0], "-n", str(TCP_OCTETS), "-w", TCP_WINDOW, "-J", "--connect-timeout", "2000",
                      *way.split(), ns=HOST_A, check=False, timeout=15)
            end = json.loads(out).get("end", {})
        except subprocess.TimeoutExpired:
            end = {}
        finally:
            server.kill()
            server.communicate()
        sent, arrived = (end.get(side, {}).get("bytes", 0) for side in ("sum_sent", "sum_received"))
        # iperf3's receiver stops counting when the sender says it is done: what is still in its socket is not in there.
        findings.expect(sent >= TCP_OCTETS and arrived >= TCP_OCTETS * 0.9,
                        f"TCP {'B to A' if way else 'A to B'}: {arrived} of {TCP_OCTETS} octets arrived")
        rates.append(int(end.get("sum_received", {}).get("bits_per_second", 0) / 1e6))
    return rates


def wire(findings, both, reassembled):
    """What was captured on both sides of the router, against the promises; reassembled is {edge: its own count}."""
    total, again, firsts = 0, 0, set()
    packets = {side: both.packets(side) for side in "ab"}
    for edge, side in ARRIVES.items():
        before, after = (capture.towards(packets[s], edge) for s in (ARRIVES[OTHER[edge]], side))
        datagrams = capture.Datagrams(after)
        for text in datagrams.complaints():
            findings.expect(False, f"towards {edge}: {text}")
        findings.expect(after, f"nothing was captured towards {edge}")
        cut = capture.refragmented(before, after)
        findings.expect(not cut, f"towards {edge}: {cut} packets left the router otherwise than they came")
        if reassembled is not None:
            findings.expect(reassembled[edge] == len(datagrams), f"towards {edge}: {len(datagrams)} datagrams were"
                            f" fragmented, and {reassembled[edge]} counted as reassembled")
        total, again = total + len(datagrams), again + cut
        firsts |= {p.length for group in datagrams.groups for p in group if p.offset == 0}
    for text in both.refusals():
        findings.expect(False, text)
    return Wire(total, sorted(firsts), again)


def dissect(findings, both, echoes):
    """tshark calls nothing malformed, and finds every request and reply."""
    for side in "ab":
        malformed, found = capture.opinion_of_tshark(both.paths[side])
        findings.expect(not malformed, f"tshark calls frames {' '.join(malformed[:5])} of {both.paths[side]} malformed")
        findings.expect(found >= echoes, f"tshark finds {found} echo messages in {both.paths[side]}, not {echoes}")


class KernelWatch:
    """What the kernels of the edges did meanwhile."""

    def __init__(self):
        self.before = {edge: kernel_counters(edge) for edge in (EDGE_A, EDGE_B)}

    def reassembled(self, findings):
        total = 0
        for edge, before in self.before.items():
            after = kernel_counters(edge)
            count = sum(after[name] - before[name] for name in KERNEL_REASSEMBLY)
            findings.expect(count == 0, f"the kernel of {edge} took {count} fragments to reassemble")
            total += count
        return total


def settle():
    """Let what is on its way arrive before counters are read."""
    time.sleep(0.15)
