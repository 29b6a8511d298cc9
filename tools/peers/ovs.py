# SPDX-License-Identifier: BSD-3-Clause
"""OVS-DPDK of the Debian package: a learning bridge (action NORMAL) with a VXLAN port, in the userspace datapath.

Everything of it is in a folder and a network namespace of its own, so that an OVS which the machine runs is not touched.
"""
import json
import os
import re
import socket

import dpdk
import frames
import testpmd
from process import Child, Namespace, run, wait_for

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
PROGRAM = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
MEMORY_MB = 128
CONTROL_CPU = {0}


class Switch(dpdk.Plane):
    """One ovs-vswitchd with its database."""

    def __init__(self, folder, memory, cpu, sink_port):
        self.folder = folder
        self.env = dict(os.environ, OVS_RUNDIR=folder, OVS_LOGDIR=folder, OVS_DBDIR=folder, OVS_SYSCONFDIR=folder)
        self.ns = Namespace()
        self.ns.quiet()
        self.database = self.switch = self.telemetry = None
        prefix = f"compare-{os.getpid()}-ovs"
        self.start_database()
        self.set_up(memory, cpu, prefix)
        self.switch = Child([PROGRAM, self.socket, f"--unixctl={folder}/switch.ctl"], os.path.join(folder, "switch.log"),
                            ns=self.ns, cpus=CONTROL_CPU, env=self.env)
        wait_for("ovs-vswitchd", lambda: os.path.exists(f"{folder}/switch.ctl"), self.switch)
        super().__init__(self.switch, prefix, cpu, sink=sink_port)

    def start_database(self):
        path = os.path.join(self.folder, "conf.db")
        self.socket = f"unix:{self.folder}/db.sock"
        run("ovsdb-tool", "create", path, SCHEMA)
        self.database = Child(["ovsdb-server", path, f"--remote=p{self.socket}", f"--unixctl={self.folder}/db.ctl"],
                              os.path.join(self.folder, "database.log"), cpus=CONTROL_CPU, env=self.env)
        wait_for("ovsdb-server", lambda: os.path.exists(f"{self.folder}/db.sock"), self.database)

    def set_up(self, memory, cpu, prefix):
        extra = " ".join(memory.arguments(prefix, MEMORY_MB))
        self.vsctl("--no-wait", "init")
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                   "other_config:dpdk-lcore-mask=0x1", f"other_config:pmd-cpu-mask={1 << cpu:#x}",
                   f"other_config:dpdk-extra={extra}")

    def vsctl(self, *command):
        return run("ovs-vsctl", f"--db={self.socket}", "--timeout=15", *command, env=self.env, cpus=CONTROL_CPU)

    def control(self, method, *parameters):
        """What ovs-appctl does, without a process for each of a thousand addresses."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            sock.connect(f"{self.folder}/switch.ctl")
            sock.sendall(json.dumps({"method": method, "params": parameters, "id": 0}).encode())
            text = ""
            while True:
                text += sock.recv(65536).decode()
                try:
                    answer = json.loads(text)
                except ValueError:
                    continue
                if answer["error"]:
                    raise RuntimeError(f"ovs-vswitchd: {method}: {answer['error']}")
                return answer["result"]

    def bridges(self, case):
        """br-phy has the link and our address, br-int the LAN and the tunnel."""
        self.vsctl("add-br", "br-phy", "--", "set", "Bridge", "br-phy", "datapath_type=netdev",
                   f"other-config:hwaddr={frames.OUR_MAC}", "--", "add-br", "br-int", "--", "set", "Bridge", "br-int",
                   "datapath_type=netdev", "--", "add-port", "br-int", "vx", "--", "set", "Interface", "vx", "type=vxlan",
                   f"options:remote_ip={frames.THEIR_IP}", f"options:key={frames.VNI}")
        self.ns.ip(f"""link set br-phy up
                       address add {frames.OUR_IP}/24 dev br-phy""")
        wait_for("OVS's route to the other end", lambda: f"{frames.OUR_IP}/32" in self.control("ovs/route/show"))
        self.control("tnl/arp/set", "br-phy", frames.THEIR_IP, frames.THEIR_MAC)

    def port(self, case, which, devargs):
        bridge, mtu = ("br-phy", case.link_mtu) if which == "wan" else ("br-int", 1500)
        self.vsctl("add-port", bridge, which, "--", "set", "Interface", which, "type=dpdk", f"mtu_request={mtu}",
                   f"options:dpdk-devargs={devargs}")

    def stations(self, case):
        where = "vx" if case.way == "encap" else "lan"
        for n in range(case.pairs):
            self.control("fdb/add", "br-int", where, "0", frames.station(1, n))

    def stop(self):
        if self.switch:
            self.child = self.switch
            super().stop()
        if self.database:
            self.database.stop()
        self.ns.close()


class Ovs(testpmd.OnTestpmd):
    name = "ovs"
    form = "vxlan"
    protocol = frames.PROTO_UDP
    title = "OVS-DPDK, VXLAN"

    def __init__(self, folder, memory, floor):
        super().__init__(floor)
        self.folder, self.memory = folder, memory
        self.runs = 0

    def version(self):
        return "Open vSwitch " + re.search(r"\d\S*", run(PROGRAM, "--version"))[0]

    def play(self, case, source, sink, cpu, sink_port):
        self.runs += 1
        folder = os.path.join(self.folder, f"ovs-{self.runs}")
        os.makedirs(folder)
        switch = Switch(folder, self.memory, cpu, sink_port)
        try:
            switch.bridges(case)
            from_port, to_port = ("lan", "wan") if case.way == "encap" else ("wan", "lan")
            switch.port(case, to_port, sink)
            switch.stations(case)
            switch.port(case, from_port, source)
            return switch.ready()
        except BaseException:
            switch.stop()
            raise
