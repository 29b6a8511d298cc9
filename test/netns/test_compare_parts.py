#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The parts of tools/compare that judge: a wrong output is seen, and samples are kept, left out and paired as is said."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools", "peers"))

import cases  # noqa: E402
import frames  # noqa: E402
import match  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402


def sent(inner, n):
    """As we would send it: what the other end sends to us, turned round."""
    def turned(data):
        ip = data[frames.ETH:]
        protocol, number, where, payload = frames.read_ipv4(ip, frames.THEIR_IP, frames.OUR_IP)
        again = frames.ipv4(frames.OUR_IP, frames.THEIR_IP, protocol, payload, number, where & 0xe000, (where & 0x1fff) * 8)
        return frames.ethernet(frames.OUR_MAC, frames.THEIR_MAC, again)
    return [turned(data) for data in inner(frames.frame(n, 1514), n)]


class Output(unittest.TestCase):
    case = next(c for c in cases.CASES if c.name == "encap-1514")
    peer = type("Peer", (), {"protocol": frames.PROTO_UDP})

    def good(self):
        return [p for n in range(self.case.pairs) for p in sent(frames.plain_vxlan_cut, n)]

    def test_good(self):
        self.assertIsNone(match.inspect(self.case, self.peer, self.good()))

    def test_nothing(self):
        self.assertEqual(match.inspect(self.case, self.peer, []), "drops all")

    def test_octet(self):
        out = self.good()
        out[7] = out[7][:-1] + bytes([out[7][-1] ^ 1])
        self.assertIn("none that were sent", match.inspect(self.case, self.peer, out))

    def test_fragment_missing(self):
        self.assertIn("without a second", match.inspect(self.case, self.peer, self.good()[:-1]))

    def test_frame_missing(self):
        self.assertIn("wrong output", match.inspect(self.case, self.peer, self.good()[2:]))

    def test_header(self):
        out = self.good()
        out[0] = out[0][:22] + b"\x07" + out[0][23:]
        self.assertIn("checksum", match.inspect(self.case, self.peer, out))

    def test_not_cut(self):
        whole = [p for n in range(self.case.pairs) for p in sent(frames.plain_vxlan, n)]
        self.assertIn("over a link of MTU 1500", match.inspect(self.case, self.peer, whole))


class File(unittest.TestCase):
    def test_round_trip(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.pcap")
            frames.write_pcap(path, [b"abc", b""])
            self.assertEqual(frames.read_pcap(path), [b"abc", b""])


def contestant(name, *samples):
    made = rounds.Contestant(name, None, 1, 1)
    made.samples = [rounds.Sample(cycles, 0.0, busy, probe) for cycles, busy, probe in samples]
    return made


class Judging(unittest.TestCase):
    def setUp(self):
        # Rounds: good; our core was slow; our core was taken away; good.
        self.result = match.Result(cases.CASES[0])
        everyone = [contestant("amime", (150, 1, 100), (300, 1, 180), (150, 0.5, 100), (160, 1, 100)),
                    contestant("floor", (50, 1, 100), (50, 1, 100), (50, 1, 100), (60, 1, 100)),
                    contestant("ovs", (250, 1, 100), (250, 1, 100), (250, 1, 100), (310, 1, 100))]
        self.result.contestants = {c.name: c for c in everyone}
        self.result.floor_of = {"amime": "floor", "ovs": "floor"}
        rounds.judge(everyone)

    def test_fates(self):
        self.assertEqual([s.fate for s in self.result.contestants["amime"].samples], ["kept", "slow", "interrupted", "kept"])

    def test_ratio_by_round(self):
        self.assertEqual(report.ratios(self.result, "ovs"), [0.5, 0.4])

    def test_verdict(self):
        spread, met = report.verdict(self.result, "ovs")
        self.assertAlmostEqual(spread.median, 0.45)
        self.assertTrue(met)

    def test_no_round_to_trust(self):
        for sample in self.result.contestants["ovs"].samples:
            sample.fate = "slow"
        self.assertEqual(report.verdict(self.result, "ovs"), (None, False))
        self.assertFalse(report.good([self.result]))

    def test_complaint(self):
        self.assertTrue(report.good([self.result]))
        self.result.complaints["ovs"] = "lan drops: 3"
        self.assertFalse(report.good([self.result]))
        self.assertIn("ovs, its own counters: lan drops: 3", "\n".join(report.case_lines(self.result, 2e9)))

    def add_null(self):
        null = contestant("ovs-null", (150, 1, 100), (50, 1, 100), (50, 1, 100), (110, 1, 100))
        self.result.contestants[null.name], self.result.floor_of[null.name] = null, "floor"
        rounds.judge(list(self.result.contestants.values()))

    def test_own_null_is_no_peer(self):
        self.add_null()
        self.assertEqual(report.others(self.result), ["ovs"])
        self.assertEqual(report.ratios(self.result, "ovs"), [0.5, 0.4])

    def test_ratio_less_own_null(self):
        self.add_null()
        self.assertEqual(report.ratios(self.result, "ovs", "ovs-null"), [1.0, 0.5])
        self.assertIn("amime / ovs less ovs-null: 0.75", "\n".join(report.case_lines(self.result, 2e9)))


unittest.main()
