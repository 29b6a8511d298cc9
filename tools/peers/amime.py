# SPDX-License-Identifier: BSD-3-Clause
"""Us: amimed as it is, one worker in spin mode; VXLAN inside GRE."""
import json
import os

import dpdk
import frames
import testpmd
from process import Child, run

TUNNEL = "gre"  # the form of packets in the tunnel, see frames.py
PROTOCOL = frames.PROTO_GRE
MEMORY_MB = 96
BUFFERS = 8192
CONTROL_CPU = {0}


class Amime(testpmd.OnTestpmd):
    name = "amime"
    form = TUNNEL
    protocol = PROTOCOL
    title = "amimed, VXLAN in GRE"

    def __init__(self, program, folder, memory, floor):
        super().__init__(floor)
        self.program = program
        self.folder, self.memory = folder, memory

    def version(self):
        return run(self.program, "--version").strip()

    def configuration(self, case, source, sink, cpu):
        lan, wan = (source, sink) if case.way == "encap" else (sink, source)
        tunnel = {"type": "gre", "local": frames.OUR_IP, "remote": frames.THEIR_IP}
        if case.link_mtu > 1500:
            tunnel |= {"split": "fill", "path_mtu": case.link_mtu}
        behind = 1 if case.way == "encap" else 0  # the member that frames leave by
        return {
            "system": {"name": f"compare-{os.getpid()}", "idle": "spin", "cpus": [cpu], "buffers": BUFFERS,
                       "memory_mb": MEMORY_MB, "hugepages": self.memory.key},
            "ports": {"wan": {"driver": "ethdev", "devargs": wan, "vrf": "underlay", "mac": frames.OUR_MAC,
                              "mtu": case.link_mtu},
                      "lan": {"driver": "ethdev", "devargs": lan}},
            "tunnels": {"to-b": tunnel},
            "vrfs": {"underlay": {"routes": [{"prefix": "0.0.0.0/0", "port": "wan", "via": "192.0.2.254",
                                              "mac": frames.THEIR_MAC}]},
                     "default": {"loopbacks": [frames.OUR_VTEP],
                                 "routes": [{"prefix": frames.THEIR_VTEP + "/32", "tunnel": "to-b"}]}},
            "bridges": {"lan": {"vni": frames.VNI, "members": [{"port": "lan"}, {"vtep": frames.THEIR_VTEP}],
                                "static": [{"mac": frames.station(1, n), "member": behind} for n in range(case.pairs)]}},
        }

    def play(self, case, source, sink, cpu, sink_port):
        path = os.path.join(self.folder, f"amime-{case.name}.json")
        config = self.configuration(case, source, sink, cpu)
        with open(path, "w", encoding="ascii") as file:
            json.dump(config, file, indent=2)
        child = Child([self.program, "--config", path, "--state", os.path.join(self.folder, "state")], os.path.join(self.folder, "amimed.log"), cpus=CONTROL_CPU)
        return dpdk.Plane(child, "amime-" + config["system"]["name"], cpu, sink=sink_port).ready()
