# SPDX-License-Identifier: BSD-3-Clause
"""The floor: DPDK's testpmd in io mode between the same source and sink does nothing but receive and send."""
import itertools
import os
import re

import dpdk
from cases import Files
from process import Child, run

MEMORY_MB = 32
BUFFERS = 4096
NUMBERS = itertools.count()


class Testpmd:
    name = "testpmd"
    title = "testpmd, io mode"

    def __init__(self, folder, memory):
        self.folder, self.memory = folder, memory

    def version(self):
        return "DPDK " + re.sub(r"-.*", "", run("dpkg-query", "-W", "-f", "${Version}", "dpdk-dev"))

    def start(self, source, sink, cpu, sink_port=dpdk.SINK, ns=None):
        prefix = f"compare-{os.getpid()}-{next(NUMBERS)}"
        child = Child(
            ["dpdk-testpmd", f"--lcores=0,{cpu}" if cpu else "--lcores=1@0,0@1", *self.memory.arguments(prefix, MEMORY_MB),
             "--vdev", source, "--vdev", sink, "--", "--forward-mode=io", "--nb-cores=1", f"--total-num-mbufs={BUFFERS}",
             "--auto-start"], os.path.join(self.folder, "testpmd.log"), cpus={0, cpu}, ns=ns)
        return dpdk.Plane(child, prefix, cpu, sink=sink_port).ready()


class OnTestpmd:
    """A peer between DPDK's source and sink; its floor is testpmd between the same."""

    def __init__(self, floor):
        self.floor = floor

    def start(self, case, source, cpu):
        """Over and over."""
        return self.play(case, dpdk.endless(source), dpdk.nowhere(), cpu, dpdk.SINK)

    def show(self, case, source, file, cpu):
        """A few times over, and what comes out into the file."""
        return self.play(case, dpdk.once(Files.trial(source)), dpdk.into(file), cpu, dpdk.FILE_SINK)

    def start_floor(self, source, cpu):
        return self.floor.start(dpdk.endless(source), dpdk.nowhere(), cpu)

    @staticmethod
    def floor_key(source):
        return "dpdk", source
