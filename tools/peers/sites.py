# SPDX-License-Identifier: BSD-3-Clause
"""Two sites that a link of MTU 1500 joins, and what stands at their edges.

     host a          edge a                     edge b          host b
    +------+  LAN   +------+       link        +------+  LAN   +------+
    | eth0 |--------|lan0  |                   |  lan0|--------| eth0 |
    |      |  1500  |  wan0|-------------------|wan0  |  1500  |      |
    +------+        +------+       1500        +------+        +------+
    10.1.0.1/24     192.0.2.1/24       192.0.2.2/24     10.1.0.2/24

Every setup has four namespaces of its own, so that all stand side by side and take turns. A site has a core: its host's
programs run there, and its edge's worker where it has one. Left to the scheduler, rates depend on which programs it put together:
that is measured too.
"""
import itertools
import json
import os
import re
import socket
import subprocess

import frames
from process import Child, Namespace, Trouble, before_exec, run, wait_for

HOSTS = ("10.1.0.1", "10.1.0.2")
EDGES = (frames.OUR_IP, frames.THEIR_IP)
VTEPS = (frames.OUR_VTEP, frames.THEIR_VTEP)
NUMBERS = itertools.count()


def core(site):
    return site % os.cpu_count()


def veth(ns, device, other, other_device):
    ns.ip(f"link add {device} type veth peer name {other_device} netns {other.path}")


def switch_off(ns, device):
    """What a NIC would do for the kernel, and veth does by leaving it out: checksums, and frames longer than the MTU."""
    run("ethtool", "-K", device, "tx", "off", "rx", "off", "sg", "off", "tso", "off", "gso", "off", "gro", "off", ns=ns)


class Sites:
    """Namespaces, links and hosts; setups below put something at the edges."""

    def __init__(self, name, offloads):
        self.name, self.offloads, self.number = name, offloads, next(NUMBERS)
        self.hosts = Namespace(), Namespace()
        self.edges = Namespace(), Namespace()
        self.children = []

    def connect(self):
        veth(self.edges[0], "wan0", self.edges[1], "wan0")
        for host, edge, address, outer in zip(self.hosts, self.edges, HOSTS, EDGES):
            veth(host, "eth0", edge, "lan0")
            # The kernel refuses to fragment around a packet that must not be fragmented: hosts must not ask for that.
            # And with BBR, which a machine may have for its default, a socket keeps its timers when it is told to use another.
            run("sysctl", "-q", "-w", "net.ipv4.ip_no_pmtu_disc=1", "net.ipv4.tcp_congestion_control=reno", ns=host)
            for ns in (host, edge):
                ns.quiet()
            host.ip(f"""link set eth0 up
                        address add {address}/24 dev eth0""")
            edge.ip(f"""link set lan0 up
                        link set wan0 up
                        address add {outer}/24 dev wan0""")
            if not self.offloads:
                switch_off(host, "eth0")
                switch_off(edge, "lan0")
                switch_off(edge, "wan0")

    def reachable(self):
        """The hosts see each other, with packets of every kind of length."""
        for size in (56, 1472):
            wait_for(f"a ping of {size} octets between the hosts of {self.name}", lambda size=size: subprocess.run(
                ["ping", "-n", "-q", "-c", "1", "-W", "1", "-s", str(size), HOSTS[1]], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, preexec_fn=before_exec(self.hosts[0], None), check=False).returncode == 0,
                patience=5)

    def close(self):
        for child in self.children:
            child.stop()
        for ns in (*self.hosts, *self.edges):
            ns.close()

    def daemons(self):
        """Programs of ours at the edges, site a's first; what else runs in a site is no edge's."""
        return []

    def losses(self):
        """What was dropped, by name, as far as somebody counts: here the kernel, at the edges' own ends of the links."""
        lost = {}
        for site, edge in zip("ab", self.edges):
            for link in json.loads(run("ip", "-j", "-s", "link", "show", ns=edge)):
                for way, counters in link.get("stats64", {}).items():
                    lost[f"{site} {link['ifname']} {way}_dropped, by the kernel"] = counters["dropped"]
        return {what: count for what, count in lost.items() if count}

    def fragmented(self):
        """Packets that site a's edge fragmented; None where it has no tunnel."""
        return None


class KernelForward(Sites):
    """Nothing but a bridge at each edge: what the links themselves give."""

    def start(self, _folder):
        for edge in self.edges:
            edge.ip("""link add br0 type bridge mcast_snooping 0
                       link set lan0 master br0
                       link set wan0 master br0
                       link set br0 up""")


class KernelVxlan(Sites):
    """The kernel's VXLAN straight over the link; packets that the link does not take are fragmented outside."""

    def start(self, _folder):
        for edge, local, remote in zip(self.edges, EDGES, EDGES[::-1]):
            edge.ip(f"""link add br0 type bridge mcast_snooping 0
                        link add vxlan0 type vxlan id {frames.VNI} local {local} remote {remote} dstport {frames.VXLAN_PORT}
                        link set vxlan0 mtu 1500
                        link set vxlan0 master br0
                        link set lan0 master br0
                        link set vxlan0 up
                        link set br0 up""")


    def fragmented(self):
        with self.edges[0].inside():
            with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
                names, values = (line.split() for line in file if line.startswith("Ip:"))
        return int(dict(zip(names, values))["FragOKs"])


class Amime(Sites):
    """amimed at each edge: VXLAN in GRE, cut at the floor; or its cross-connect, which only forwards.

    As is: nothing of its configuration but what it is for. Otherwise each edge's worker has its site's core.
    """

    def __init__(self, name, offloads, program, driver, forward=False):
        super().__init__(name, offloads)
        self.program, self.driver, self.forward = program, driver, forward
        self.boxes = []

    def configuration(self, site):
        here, there = site, 1 - site
        system = {"name": f"compare-{os.getpid()}-{self.number}-{'ab'[site]}", "hugepages": "never"}
        if not self.offloads:
            system |= {"cpus": [core(site)]}
        config = {"system": system,
                  "ports": {"wan": {"driver": self.driver, "device": "wan0"},
                            "lan": {"driver": self.driver, "device": "lan0"}}}
        if self.forward:
            return config | {"xconnects": {"through": {"members": [{"port": "lan"}, {"port": "wan"}]}}}
        config["ports"]["wan"]["vrf"] = "underlay"
        return config | {
            "tunnels": {"other": {"type": "gre", "local": EDGES[here], "remote": EDGES[there]}},
            "vrfs": {"default": {"loopbacks": [VTEPS[here]],
                                 "routes": [{"prefix": VTEPS[there] + "/32", "tunnel": "other"}]}},
            "bridges": {"lan": {"vni": frames.VNI, "members": [{"port": "lan"}, {"vtep": VTEPS[there]}]}}}

    def start(self, folder):
        for site, edge in enumerate(self.edges):
            stem = os.path.join(folder, f"{self.name.replace('/', '-')}-{'ab'[site]}")
            with open(stem + ".json", "w", encoding="ascii") as file:
                json.dump(self.configuration(site), file, indent=2)
            self.boxes.append(Child([self.program, "--config", stem + ".json", "--state", stem + ".state"], stem + ".log", ns=edge))
            self.children.append(self.boxes[-1])
        for box in self.boxes:
            wait_for("amimed", lambda box=box: "amimed: ready" in box.tail(), box)

    def daemons(self):
        return self.boxes

    def ask(self, site, what):
        """What amimectl show says."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(5)
            sock.connect(f"/run/amime/{self.configuration(site)['system']['name']}.sock")
            sock.sendall(json.dumps({"method": "show", "what": what}).encode() + b"\n")
            with sock.makefile("rb") as file:
                return json.loads(file.readline())["result"]

    def fragmented(self):
        return None if self.forward else sum(t["counters"]["tx_fragmented"] for t in self.ask(0, "tunnels"))

    def losses(self):
        """Also what a port's driver counts: rx_dropped is what its ring had no place for (af_xdp: rx_dropped and rx_ring_full)."""
        lost = super().losses()
        for site in (0, 1):
            lost |= {f"{'ab'[site]} {row['interface']} {row['drop']}": row["count"] for row in self.ask(site, "drops")}
            lost |= {f"{'ab'[site]} {port['name']} {what}, by its driver": count for port in self.ask(site, "ports")
                     for what, count in port["driver_counters"].items() if count}
        return lost


# ---- traffic ----

def iperf_version():
    return run("iperf3", "--version").split()[1]


class Iperf:
    """A server at host b; runs from host a."""

    def __init__(self, sites, folder):
        self.sites = sites
        log = os.path.join(folder, f"{sites.name.replace('/', '-')}-iperf3.log")
        self.server = Child(["iperf3", "--server", "--forceflush"], log, ns=sites.hosts[1])
        sites.children.append(self.server)
        wait_for("iperf3", lambda: "listening" in self.server.tail(), self.server)

    def tcp(self, flows, seconds, omit, congestion, placed):
        """(Mbit/s received, segments sent again); not placed: both hosts' programs run where the scheduler puts them."""
        where = {core(0)}, {core(1)}
        if not placed:
            where = (set(range(os.cpu_count())),) * 2
        os.sched_setaffinity(self.server.pid, where[1])
        text = run("iperf3", "--client", HOSTS[1], "--parallel", str(flows), "--time", str(seconds), "--omit", str(omit), "--json",
                   "--congestion", congestion, ns=self.sites.hosts[0], cpus=where[0], timeout=30 + seconds)
        end = json.loads(text)["end"]
        return end["sum_received"]["bits_per_second"] / 1e6, end["sum_sent"]["retransmits"]


def has_congestion(name):
    with open("/proc/sys/net/ipv4/tcp_available_congestion_control", encoding="ascii") as file:
        return name in file.read().split()


def ping(sites, count, interval):
    """Round-trip times in microseconds."""
    text = run("ping", "-n", "-c", str(count), "-i", str(interval), HOSTS[1], ns=sites.hosts[0], cpus={core(0)}, timeout=30 + count * interval)
    times = [float(t) * 1000 for t in re.findall(r"time=([\d.]+) ms", text)]
    if len(times) < count:
        raise Trouble(f"{sites.name}: {count - len(times)} of {count} pings through an idle box were lost")
    return times


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
