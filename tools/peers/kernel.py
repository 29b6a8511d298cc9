# SPDX-License-Identifier: BSD-3-Clause
"""The Linux kernel: a bridge with a VXLAN device, between veths; and what feeds it.

      ns S                      ns K
    +------+    frames    +-----------------+
    |  src0|--------------|in0    br0 vxlan0|     encap: in0 is in br0, out0 has our address
    |  snk0|--------------|out0             |     decap: in0 has our address, out0 is in br0
    +------+              +-----------------+

A testpmd on the measured core sends into src0 what the source plays; all that the kernel does with a frame happens in that
thread's soft interrupts, or in ksoftirqd of the same core. The frame ends unwanted at snk0, which counts it. The floor is the
same sender with src0 and snk0 back to back.
"""
import os
import platform
import socket

import dpdk
import frames
from process import Namespace, Trouble, run

SENDER = "net_af_packet0"
SENDER_ARGS = f"{SENDER},iface=src0,blocksz=4096,framesz=2048,framecnt=1024"
ETH_P_ALL, IN_FLIGHT = 3, 64 << 20


def ksoftirqd(cpu):
    """The process number of that core's thread for soft interrupts."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
                if file.read().strip() == f"ksoftirqd/{cpu}":
                    return int(pid)
        except FileNotFoundError:
            continue
    raise Trouble(f"there is no ksoftirqd/{cpu}")


class Wires:
    """Both namespaces."""

    def __init__(self):
        self.outside, self.inside = Namespace(), Namespace()
        for ns in (self.outside, self.inside):
            ns.quiet()
        self.capture = None

    def back_to_back(self):
        self.outside.ip(f"link add src0 type veth peer name snk0 netns {self.inside.path}")
        self.up(self.outside, "src0", 2000)
        self.up(self.inside, "snk0", 2000)
        self.sink = self.inside

    def through(self, case):
        for device, peer in (("src0", "in0"), ("snk0", "out0")):
            self.outside.ip(f"link add {device} type veth peer name {peer} netns {self.inside.path}")
            self.up(self.outside, device, case.link_mtu)
            self.up(self.inside, peer, case.link_mtu)
        self.sink = self.outside
        lan, wan = ("in0", "out0") if case.way == "encap" else ("out0", "in0")
        self.inside.ip(f"""link add br0 type bridge mcast_snooping 0
                           link add vxlan0 type vxlan id {frames.VNI} local {frames.OUR_IP} remote {frames.THEIR_IP} dstport {frames.VXLAN_PORT}
                           link set br0 multicast off
                           link set vxlan0 multicast off
                           link set vxlan0 mtu 1500
                           link set vxlan0 master br0
                           link set {lan} master br0
                           link set {wan} address {frames.OUR_MAC}
                           address add {frames.OUR_IP}/24 dev {wan}
                           neigh add {frames.THEIR_IP} lladdr {frames.THEIR_MAC} dev {wan} nud permanent
                           link set vxlan0 up
                           link set br0 up""")
        behind = "vxlan0" if case.way == "encap" else lan
        run("bridge", "-batch", "-", ns=self.inside,
            input="".join(f"fdb replace {frames.station(1, n)} dev {behind} master static\n" for n in range(case.pairs)))

    @staticmethod
    def up(ns, device, mtu):
        ns.ip(f"""link set {device} mtu {mtu}
                  link set {device} multicast off
                  link set {device} up""")

    def arrived(self):
        with self.sink.inside():
            with open("/proc/thread-self/net/dev", encoding="ascii") as file:
                return next(int(line.split()[2]) for line in file if line.split()[0] == "snk0:")

    def watch(self):
        """Keep what arrives from now on."""
        with self.sink.inside():
            self.capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.capture.bind(("snk0", ETH_P_ALL))
        self.capture.setsockopt(socket.SOL_SOCKET, 33, IN_FLIGHT)  # SO_RCVBUFFORCE
        self.capture.setblocking(False)

    def seen(self):
        found = []
        while True:
            try:
                found.append(self.capture.recv(4096))
            except BlockingIOError:
                return found

    def close(self):
        if self.capture:
            self.capture.close()
        for ns in (self.outside, self.inside):
            ns.close()


class Path:
    """The sender and the wires, with the face of a dpdk.Plane."""

    def __init__(self, sender, wires, file, cpu):
        self.sender, self.wires, self.file = sender, wires, file
        self.softirqs = ksoftirqd(cpu)

    def counts(self):
        return self.sender.telemetry.stats(dpdk.SOURCE)["ipackets"], self.wires.arrived()

    def busy_ns(self):
        with open(f"/proc/{self.softirqs}/schedstat", encoding="ascii") as file:
            return self.sender.busy_ns() + int(file.read().split()[0])

    def complaint(self):
        return self.sender.complaint()

    def freeze(self):
        self.sender.freeze()

    def thaw(self):
        self.sender.thaw()

    def stop(self):
        if self.file:
            self.freeze()
            frames.write_pcap(self.file, self.wires.seen())
        self.sender.stop()
        self.wires.close()


class Kernel:
    name = "kernel"
    form = "vxlan"
    protocol = frames.PROTO_UDP
    title = "Linux bridge and VXLAN, fed through a veth"

    def __init__(self, floor):
        self.testpmd = floor

    @staticmethod
    def version():
        return f"{platform.system()} {platform.release()}"

    def run(self, wires, source, cpu, file=None):
        try:
            if file:
                wires.watch()
            sender = self.testpmd.start(source, SENDER_ARGS, cpu, sink_port=SENDER, ns=wires.outside)
        except BaseException:
            wires.close()
            raise
        return Path(sender, wires, file, cpu)

    def start(self, case, source, cpu):
        return self.play(case, dpdk.endless(source), cpu)

    def show(self, case, source, file, cpu):
        """Over and over as well: the sender loses what it is given before its device is up, and that takes milliseconds."""
        return self.play(case, dpdk.endless(source), cpu, file)

    def play(self, case, devargs, cpu, file=None):
        wires = Wires()
        wires.through(case)
        return self.run(wires, devargs, cpu, file)

    def start_floor(self, source, cpu):
        wires = Wires()
        wires.back_to_back()
        return self.run(wires, dpdk.endless(source), cpu)

    @staticmethod
    def floor_key(source):
        return "kernel", source
