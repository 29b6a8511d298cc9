# SPDX-License-Identifier: BSD-3-Clause
"""What all DPDK programs here have in common: a source that plays a file over and over, a sink that frees, and memory."""
import os

from process import Telemetry, wait_for

SOURCE, SINK = "net_pcap0", "net_null0"
FILE_SINK = "net_pcap1"
HUGEPAGE_MB = 2


def endless(path):
    """Devargs of the source: the file is read once into buffers, each packet is copied from there into a fresh one."""
    return f"{SOURCE},rx_pcap={path},infinite_rx=1"


def once(path):
    return f"{SOURCE},rx_pcap={path}"


def nowhere():
    return f"{SINK},no-rx=1"


def into(path):
    return f"{FILE_SINK},tx_pcap={path}"


def free_hugepages_mb():
    with open("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", encoding="ascii") as file:
        return int(file.read()) * HUGEPAGE_MB


class Memory:
    """All programs on huge pages, or none: a comparison of two kinds of page would be one of pages."""

    def __init__(self, huge):
        self.huge = huge

    def arguments(self, prefix, megabytes):
        """Neither less nor more: what takes all it can get leaves nothing to its neighbours."""
        if self.huge:
            where = ["--in-memory", f"--socket-mem={megabytes}", f"--socket-limit={megabytes}"]
        else:
            where = ["--no-huge", "--no-shconf", "-m", str(megabytes)]
        return ["--no-pci", f"--file-prefix={prefix}", *where]

    @property
    def key(self):
        return "always" if self.huge else "never"

    def __str__(self):
        return "2 MB pages" if self.huge else "4 KB pages"


class Plane:
    """A DPDK program's worker between source and sink: run it, let it stand, count what passed."""

    def __init__(self, child, prefix, cpu, source=SOURCE, sink=SINK):
        self.child, self.cpu = child, cpu
        self.source, self.sink = source, sink
        self.telemetry = Telemetry(prefix, child)
        self.thread = None

    def ready(self):
        for port in (self.source, self.sink):
            # A device that is listed has no counters yet until it is set up.
            wait_for(f"port {port}", lambda port=port: self.telemetry.port(port) and self.telemetry.stats(port), self.child)
        return self

    def counts(self):
        """(packets in, packets out) so far"""
        return self.telemetry.stats(self.source)["ipackets"], self.telemetry.stats(self.sink)["opackets"]

    def busy_ns(self):
        """How long the worker had the measured core so far."""
        if self.thread is None:
            self.thread = self.find_thread()
        with open(f"/proc/{self.child.pid}/task/{self.thread}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0])

    def find_thread(self):
        """The thread that is bound to the measured core and used it most."""
        def used(thread):
            with open(f"/proc/{self.child.pid}/task/{thread}/schedstat", encoding="ascii") as file:
                return int(file.read().split()[0])

        threads = [int(t) for t in os.listdir(f"/proc/{self.child.pid}/task")]
        return max((t for t in threads if os.sched_getaffinity(t) == {self.cpu}), key=used)

    def complaint(self):
        """What the program's own counters say that must not be, or None. Most are not asked: what came out is looked at anyway."""
        return None

    def freeze(self):
        self.child.freeze()

    def thaw(self):
        self.child.thaw()

    def stop(self):
        if self.telemetry:
            self.telemetry.close()
        self.child.stop()
