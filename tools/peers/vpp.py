# SPDX-License-Identifier: BSD-3-Clause
"""VPP, where one is installed: a learning bridge domain with a VXLAN tunnel, between ports of its dpdk plugin, one worker.

Its settings are those that its own performance tests use: huge pages for its heap, no offload of checksums, single-segment
buffers where a frame fits one, and the short way of VXLAN past the routing of packets to us.

Beside it stands the same program with nothing to do but receive and send (l2patch). Its buffers are not kept by DPDK, so source
and sink cost it more than they cost the floor, and nobody else can say how much.
"""
import os
import re
import shutil
import socket

import dpdk
import frames
import testpmd
from process import Child, Trouble, connect_when_there, run

PROGRAM = "vpp"
HEAP_MB, BUFFERS = 128, 8192
MEMORY_MB = 2 * (HEAP_MB + 32)  # with buffers and what DPDK itself takes, at work and with nothing to do
PLUGINS = ("dpdk", "vxlan")
DOMAIN, TUNNEL = 1, "vxlan_tunnel0"
GOOD = {"rx packets", "rx bytes", "tx packets", "tx bytes", "ip4"}  # of an interface's counters; any other is of something lost


def program(asked):
    """(path of the program, None), or (None, why it takes no part)"""
    found = shutil.which(asked or PROGRAM)
    return (found, None) if found else (None, f"no program {asked or PROGRAM}" + ("" if asked else " in PATH, and --vpp names none"))


class Console:
    """VPP's command line. In its line mode an answer ends with a NUL, and nobody negotiates terminals."""

    def __init__(self, path, child):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        connect_when_there(self.sock, path, "VPP's command line", child)

    def ask(self, command):
        self.sock.sendall(command.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\0"):
            more = self.sock.recv(65536)
            if not more:
                raise Trouble(f"vpp: {command}: it closed the connection")
            answer += more
        # It begins with the command.
        return answer.rstrip(b"\0").decode(errors="replace").removeprefix(command).lstrip("\n")

    def order(self, command, answer=""):
        """What VPP does without a word; a word is why it does not."""
        said = self.ask(command).strip()
        if said != answer:
            raise Trouble(f"vpp: {command}: {said}")

    def close(self):
        self.sock.close()


def interfaces(text):
    """Of `show interface`: {index: (name, {counter: count})}"""
    found, counters = {}, None
    for line in text.splitlines():
        begin = re.match(r"(\S+)\s+(\d+)\s+(?:up|down)\s+\S+", line)
        if begin:
            counters = {}
            found[int(begin[2])] = begin[1], counters
            line = line[begin.end():]
        count = re.match(r"\s+(\S.*?)\s+(\d+)\s*$", line)
        if count and counters is not None:
            counters[count[1]] = int(count[2])
    return found


def wrongs(ports, reasons):
    """What interfaces count that is of frames lost, in words, and then all of `show errors` to explain it.

    Good packets stand there as errors too, so that its lines say nothing by themselves.
    """
    wrong = [f"{name} {counter}: {count}" for name, counters in ports.values() for counter, count in counters.items()
             if counter not in GOOD]
    return wrong + [" ".join(line.split()[:-1]) for line in reasons.splitlines()[1:] if wrong and line.strip()]


def startup(folder, prefix, memory, cpu, case, source, sink):
    """Its file of settings. The port of the link comes first and has number 1, that of the LAN number 2."""
    page = "2M" if memory.huge else "default"
    # A frame that was joined is a chain of two buffers.
    segments = "" if case.way == "decap" and case.pieces > 1 else "no-multi-seg"
    ports = " ".join(f"vdev {port}" for port in ((sink, source) if case.way == "encap" else (source, sink)))
    plugins = " ".join(f"plugin {name}_plugin.so {{ enable }}" for name in PLUGINS)
    return f"""\
unix {{ nodaemon nosyslog nocolor cli-line-mode cli-no-pager cli-listen {folder}/cli.sock runtime-dir {folder} }}
statseg {{ socket-name {folder}/stats.sock }}
memory {{ main-heap-size {HEAP_MB}M main-heap-page-size {page} }}
buffers {{ buffers-per-numa {BUFFERS} page-size {page} }}
cpu {{ main-core {main_core(cpu)} corelist-workers {cpu} }}
plugins {{ plugin default {{ disable }} {plugins} }}
dpdk {{ no-pci telemetry file-prefix {prefix} {"" if memory.huge else "no-hugetlb"} {segments} no-tx-checksum-offload {ports} }}
"""


def main_core(cpu):
    return 0 if cpu else 1


def bridge(console, case, wan, lan):
    if frames.OUR_MAC not in console.ask(f"show hardware-interfaces {wan}").lower():
        console.order(f"set interface mac address {wan} {frames.OUR_MAC}")
    console.order(f"set interface mtu packet {case.link_mtu} {wan}")
    console.order(f"set interface ip address {wan} {frames.OUR_IP}/24")
    console.order(f"set interface ip vxlan-bypass {wan}")
    console.order(f"set ip neighbor {wan} {frames.THEIR_IP} {frames.THEIR_MAC} static")
    console.order(f"create vxlan tunnel src {frames.OUR_IP} dst {frames.THEIR_IP} vni {frames.VNI}", TUNNEL)
    console.order(f"create bridge-domain {DOMAIN}", f"bridge-domain {DOMAIN}")
    for port in (TUNNEL, lan):
        console.order(f"set interface l2 bridge {port} {DOMAIN}")
    behind = TUNNEL if case.way == "encap" else lan
    for n in range(case.pairs):
        console.order(f"l2fib add {frames.station(1, n)} {DOMAIN} {behind} static")


def patch(console, case, wan, lan):
    rx, tx = (lan, wan) if case.way == "encap" else (wan, lan)
    console.order(f"test l2patch rx {rx} tx {tx}")


class Forwarder(dpdk.Plane):
    """One VPP between source and sink; orders is what makes it do the work."""

    def __init__(self, program, folder, memory, cpu, case, devices, sink_port, orders):
        self.console = self.telemetry = None
        prefix = f"compare-{os.getpid()}-{os.path.basename(folder)}"
        path = os.path.join(folder, "startup.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(startup(folder, prefix, memory, cpu, case, *devices))
        self.child = Child([program, "-c", path], os.path.join(folder, "vpp.log"), cpus={main_core(cpu), cpu})
        try:
            super().__init__(self.child, prefix, cpu, sink=sink_port)
            self.console = Console(f"{folder}/cli.sock", self.child)
            self.set_up(case, orders)
        except BaseException:
            self.stop()
            raise

    def set_up(self, case, orders):
        known = interfaces(self.console.ask("show interface"))
        wan, lan = known[1][0], known[2][0]
        self.from_port, self.to_port = (lan, wan) if case.way == "encap" else (wan, lan)
        orders(self.console, case, wan, lan)
        for port in (self.to_port, self.from_port):
            self.console.order(f"set interface state {port} up")

    def complaint(self):
        """What its own counters say that must not be, or None; nothing comes in any more."""
        self.console.order(f"set interface state {self.from_port} down")
        ports = interfaces(self.console.ask("show interface"))
        wrong = wrongs(ports, self.console.ask("show errors"))
        sent, counted = dict(ports.values())[self.to_port].get("tx packets", 0), self.counts()[1]
        if sent != counted:
            wrong.append(f"sent {sent}, and {counted} came out")
        return "; ".join(wrong) or None

    def stop(self):
        if self.console:
            self.console.close()
        super().stop()


class Vpp(testpmd.OnTestpmd):
    name = "vpp"
    form = "vxlan"
    protocol = frames.PROTO_UDP
    title = "VPP, VXLAN"
    null_title = "VPP, l2patch: receives and sends"

    def __init__(self, program_path, folder, memory, floor):
        super().__init__(floor)
        self.program, self.folder, self.memory = program_path, folder, memory
        self.runs = 0

    def version(self):
        return "VPP " + re.search(r"\bv(\d\S*)", run(self.program, "--version"))[1]

    def start_null(self, case, source, cpu):
        return self.play(case, dpdk.endless(source), dpdk.nowhere(), cpu, dpdk.SINK, patch)

    def play(self, case, source, sink, cpu, sink_port, orders=bridge):
        self.runs += 1
        folder = os.path.join(self.folder, f"vpp-{self.runs}")
        os.makedirs(folder)
        return Forwarder(self.program, folder, self.memory, cpu, case, (source, sink), sink_port, orders).ready()
