#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The parts of tools/compare that judge: a wrong output is seen, and samples are kept, left out and paired as is said."""
import argparse
import dataclasses
import os
import socket
import sys
import tempfile
import threading
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools", "peers"))

import cases  # noqa: E402
import dpdk  # noqa: E402
import frames  # noqa: E402
import main  # noqa: E402
import match  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402
import sites  # noqa: E402
import traffic  # noqa: E402
import vpp  # noqa: E402
from process import Trouble  # noqa: E402
from result import MET, MISSED, NOT_JUDGED  # noqa: E402


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

    def again(self, times):
        """All rounds so many times: each time two that are whole."""
        for one in self.result.contestants.values():
            one.samples = [dataclasses.replace(sample) for sample in one.samples * times]

    def slower(self):
        """Ours, so much that the goal is missed."""
        for sample in self.result.contestants["amime"].samples:
            sample.cycles *= 2

    def lines(self):
        return "\n".join(report.case_lines(self.result, 2e9))

    def test_verdict(self):
        self.again(3)
        spread, fate = report.verdict(self.result, "ovs")
        self.assertAlmostEqual(spread.median, 0.45)
        self.assertEqual((fate, report.status([self.result])), (MET, 0))
        self.assertIn("6 rounds); goal 0.6: pass", self.lines())

    def test_missed(self):
        self.again(3)
        self.slower()
        self.assertEqual((report.verdict(self.result, "ovs")[1], report.status([self.result])), (MISSED, 1))
        self.assertIn("6 rounds); goal 0.6: FAIL", self.lines())

    def test_too_few_rounds(self):
        for change in (lambda: None, self.slower):
            change()
            self.assertEqual((report.verdict(self.result, "ovs")[1], report.status([self.result])), (NOT_JUDGED, 3))
            self.assertIn("2 rounds); goal 0.6: not judged, 2 whole rounds where it wants 5: run it with more --rounds", self.lines())
            self.assertNotRegex(self.lines(), "pass|FAIL")

    def test_just_enough_rounds(self):
        self.again(3)
        samples = self.result.contestants["floor"].samples
        for sample, n, status in ((samples[0], 5, 0), (samples[-1], 4, 3)):
            sample.fate = "slow"
            self.assertEqual((report.verdict(self.result, "ovs")[0].n, report.status([self.result])), (n, status))

    def test_no_goal_wants_no_rounds(self):
        self.result.case = next(c for c in cases.CASES if not c.goal)
        self.assertEqual((report.verdict(self.result, "ovs")[1], report.status([self.result])), (None, 0))
        self.assertNotIn("judged", self.lines())

    def test_no_round_to_trust(self):
        for sample in self.result.contestants["ovs"].samples:
            sample.fate = "slow"
        self.assertEqual(report.verdict(self.result, "ovs"), (None, NOT_JUDGED))
        self.assertEqual(report.status([self.result]), 3)
        self.assertIn("no round to trust; goal 0.6: not judged, 0 whole rounds", self.lines())

    def test_loss_is_not_judged(self):
        self.again(3)
        for sample in self.result.contestants["ovs"].samples:
            sample.loss, sample.cycles = 1.0, float("inf")
        self.assertEqual((report.verdict(self.result, "ovs")[1], report.status([self.result])), (NOT_JUDGED, 3))
        self.assertIn("goal 0.6: not judged, since ovs lost frames", self.lines())

    def test_rounds_below_the_floor_are_not_judged(self):
        self.again(4)
        self.result.contestants["ovs"].samples[0].cycles = 10
        self.assertEqual((report.verdict(self.result, "ovs")[1], report.status([self.result])), (NOT_JUDGED, 3))
        self.assertIn("not judged, since ovs had rounds below its floor", self.lines())

    def test_goal_beside_nobody(self):
        del self.result.contestants["ovs"], self.result.floor_of["ovs"]
        self.assertEqual(report.status([self.result]), 0)
        self.result.refused["ovs"] = "drops all"
        self.assertEqual(report.status([self.result]), 3)
        self.assertIn("goal 0.6: not judged, since ovs was not measured", self.lines())

    def test_complaint(self):
        self.result.complaints["ovs"] = "lan drops: 3"
        self.assertEqual(report.status([self.result]), 1)
        self.assertIn("ovs, its own counters: lan drops: 3", self.lines())

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

    def test_absent(self):
        machine = {"tsc_hz": 2e9, "core_hz": 3e9, "cpu": "a CPU", "cpus": 2, "kernel": "Linux"}
        lines = list(report.table([], machine, [], {"cpu": 1, "memory": "4 KB pages"}, {"vpp": "no program vpp in PATH"}))
        self.assertIn("  vpp: takes no part: no program vpp in PATH", lines)


def setup(name, *pids):
    made = mock.Mock(**{"daemons.return_value": [mock.Mock(pid=pid) for pid in pids], "losses.return_value": {}})
    made.name = name
    return made


class Resting(unittest.TestCase):
    """Traffic's idle daemons: each rest is one second of a clock of our own."""

    def setUp(self):
        self.now, self.done = 0, []
        self.busy = dict.fromkeys(range(8), 0.01)  # process id: what it takes of a core
        for target, name, made in ((traffic.time, "sleep", self.sleep), (traffic.time, "monotonic", lambda: self.now),
                                   (sites, "cpu_seconds", lambda pid: self.now * self.busy[pid]), (sites, "Iperf", mock.Mock()),
                                   (sites, "ping", lambda *_: [20.0])):
            patched = mock.patch.object(target, name, made)
            patched.start()
            self.addCleanup(patched.stop)
        self.restart()

    def restart(self):
        names = [of(driver) for driver in traffic.DRIVERS for of in (traffic.tunnel_of, traffic.forward_of)]
        setups = [setup(traffic.KERNEL), *(setup(name, 2 * i, 2 * i + 1) for i, name in enumerate(names))]
        self.measured = [traffic.Measured(one, None, traffic.ordinary("cubic")) for one in setups]
        for one in self.measured:
            one.iperf, one.losses = mock.Mock(tcp=self.tcp), {}
        self.ours = next(one for one in self.measured if one.name == "amime/af_xdp")

    def sleep(self, _seconds):
        self.now += 1
        self.done.append("rest")

    def tcp(self, *_):
        self.done.append("tcp")
        return 1000.0, 0

    def turns(self, number):
        traffic.take_turns(self.measured, argparse.Namespace(rounds=number, seconds=1))

    def idle_goal(self):
        return next(goal for goal in traffic.goals(self.measured) if goal.name == "idle/af_xdp")

    def test_after_each_round(self):
        self.turns(5)
        traffic_of_a_round = ["tcp"] * 2 * len(self.measured)
        self.assertEqual(self.done, ["rest"] + [*traffic_of_a_round, "rest"] * 5)

    def test_enough_in_few_rounds(self):
        for number in (1, 2, 3, 4):
            self.restart()
            self.turns(number)
            self.assertGreaterEqual(len(self.ours.busier()), 5)
            self.assertEqual(self.done[-1], "rest")

    def test_busier_daemon(self):
        self.busy[1] = 0.03
        self.turns(5)
        self.assertEqual([round(value, 6) for value in self.ours.busier()], [3.0] * 6)
        self.assertEqual(self.measured[0].busier(), [])

    def test_worst_counts(self):
        self.turns(5)
        self.assertTrue(self.idle_goal().met())
        list(self.ours.idle.values())[1][3] = 7.5
        self.assertFalse(self.idle_goal().met())
        self.assertIn("1.00 (1.00-7.50, least-most of 6) %; goal of the worst at most 5: FAIL", self.idle_goal().line())

    def test_table(self):
        self.turns(5)
        list(self.ours.idle.values())[0][0] = 4.25
        line = next(line for line in traffic.table(self.measured) if line.startswith("amime/af_xdp "))
        self.assertTrue(line.endswith(" 1.0 (1.0-4.2)"), line)

    def test_every_sample_is_kept(self):
        self.turns(5)
        kept = {row["name"]: row["samples"] for row in traffic.rows(self.measured)}
        for name in ("idle/af_xdp", "idle/amime/af_xdp/a", "idle/amime/af_xdp/b", "idle/forward/af_packet/b"):
            self.assertEqual(len(kept[name]), 6, name)
        self.assertNotIn("idle/vxlan/kernel/a", kept)

    def test_no_host_is_a_daemon(self):
        box = sites.Amime.__new__(sites.Amime)
        box.boxes, box.children = ["a", "b"], ["a", "b", "iperf3"]
        self.assertEqual(box.daemons(), ["a", "b"])


# As VPP prints it, shortened: three frames of 3072 were dropped on their way from Ethernet0 into the tunnel.
INTERFACES = """\
              Name               Idx    State  MTU (L3/IP4/IP6/MPLS)     Counter          Count     
Ethernet0                         1      up          1500/0/0/0     rx packets                  3072
                                                                    rx bytes                  350208
                                                                    drops                          3
                                                                    ip4                         3072
Ethernet1                         2      up          9000/0/0/0     tx packets                  3069
                                                                    tx bytes                  196416
local0                            0     down          0/0/0/0       
"""
ERRORS = """\
   Count                  Node                              Reason               Severity 
         3            vxlan4-input                      no such tunnel              error  
      3069             l2-output                      L2 output packets            error  
"""


class VppSays(unittest.TestCase):
    def test_interfaces(self):
        self.assertEqual(vpp.interfaces(INTERFACES), {
            1: ("Ethernet0", {"rx packets": 3072, "rx bytes": 350208, "drops": 3, "ip4": 3072}),
            2: ("Ethernet1", {"tx packets": 3069, "tx bytes": 196416}), 0: ("local0", {})})

    def test_drops(self):
        self.assertEqual(vpp.wrongs(vpp.interfaces(INTERFACES), ERRORS),
                         ["Ethernet0 drops: 3", "3 vxlan4-input no such tunnel", "3069 l2-output L2 output packets"])

    def test_no_drops(self):
        without = "".join(line for line in INTERFACES.splitlines(True) if "drops" not in line)
        self.assertEqual(vpp.wrongs(vpp.interfaces(without), ERRORS), [])


class VppIsTold(unittest.TestCase):
    def answers(self, *answers):
        """A console whose other end echoes each command, says one of these after it, and ends with a NUL."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "cli.sock")
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen()

        def serve():
            with server.accept()[0] as end:
                for answer in answers:
                    end.sendall(end.recv(4096) + answer.encode())
                    end.sendall(b"\0")

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        console = vpp.Console(path, None)
        self.addCleanup(console.close)
        return console

    def test_answer(self):
        self.assertEqual(self.answers("one\ntwo\n").ask("show it").split(), ["one", "two"])

    def test_order(self):
        console = self.answers("", "vxlan_tunnel0\n", "unknown interface `lan'\n")
        console.order("set interface state wan up")
        console.order("create vxlan tunnel", "vxlan_tunnel0")
        with self.assertRaisesRegex(Trouble, "state lan up: unknown interface"):
            console.order("set interface state lan up")

    def settings(self, name):
        case = next(c for c in cases.CASES if c.name == name)
        return vpp.startup("/f", "x", dpdk.Memory(True), 1, case, "net_pcap0", "net_null0")

    def test_link_is_first_port(self):
        self.assertIn("vdev net_null0 vdev net_pcap0 ", self.settings("encap-64"))
        self.assertIn("vdev net_pcap0 vdev net_null0 ", self.settings("decap-64"))

    def test_joined_frames_are_chains(self):
        self.assertIn("no-multi-seg", self.settings("decap-64"))
        self.assertNotIn("no-multi-seg", self.settings("decap-1514"))


class TakingPart(unittest.TestCase):
    def options(self, **given):
        options = argparse.Namespace(**{"peer": None, "quick": False, "vpp": None} | given)
        main.take_part(options)
        return options

    def test_vpp_named(self):
        options = self.options(vpp="/bin/true")
        self.assertEqual((options.peer, options.vpp, options.absent), (["amime", "ovs", "kernel", "vpp"], "/bin/true", {}))

    def test_no_vpp(self):
        path, os.environ["PATH"] = os.environ["PATH"], "/nowhere"
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        options = self.options()
        self.assertEqual((options.peer, list(options.absent)), (["amime", "ovs", "kernel"], ["vpp"]))

    def test_vpp_asked_for_is_missing(self):
        with self.assertRaisesRegex(Trouble, "no program /nowhere/vpp"):
            self.options(vpp="/nowhere/vpp")

    def test_not_asked_for(self):
        self.assertEqual(self.options(peer=["ovs"]).absent, {})
        self.assertEqual(self.options(quick=True).peer, ["amime", "kernel"])


unittest.main()
