# SPDX-License-Identifier: BSD-3-Clause
"""The other speakers: FRR, BIRD and GoBGP without systemd, each with a folder and sockets of its own."""
import json
import os
import shutil
import signal
import subprocess
import time

from world import ADDRESS, AS, A, B, Trouble, eventually, run, write

FRR = "/usr/lib/frr"


def wait_for_end(process, what):
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Trouble(f"{what} did not end within 5 s of SIGTERM") from None


class Bird:
    """BIRD 2. extra stands in its BGP protocol, channels are whole channel blocks."""

    name = "bird"

    def __init__(self, folder, extra="", channels=None, neighbor=None, statics=True):
        neighbor = neighbor or f"{ADDRESS[A][0]} as {AS[A]}"
        channels = channels if channels is not None else f"""
  ipv4 {{ import all; export where source = RTS_STATIC; }};
  ipv6 {{ import all; export where source = RTS_STATIC; next hop address {ADDRESS[B][1]}; }};"""
        self.folder = os.path.join(folder, "bird")
        os.makedirs(self.folder)
        self.control = os.path.join(self.folder, "bird.ctl")
        routes = """protocol static s4 { ipv4; route 198.51.100.0/24 blackhole; }
protocol static s6 { ipv6; route 2001:db8:b::/48 blackhole; }""" if statics else ""
        self.config = write(self.folder, "bird.conf", f"""log "{self.folder}/log" all;
router id 10.9.0.2;
protocol device {{ }}
{routes}
protocol bgp a {{
  debug {{ states, events }};
  local as {AS[B]};
  neighbor {neighbor};
  hold time 9; keepalive time 3; connect delay time 1; connect retry time 2; error wait time 1, 3;
  {extra}{channels}
}}
""")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["ip", "netns", "exec", B, "bird", "-f", "-c", self.config, "-s", self.control],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("bird answers", lambda: "BIRD" in self.ask("show", "status"), 10)
        return self

    def ask(self, *words):
        return run("birdc", "-s", self.control, *words)

    def protocol(self):
        return self.ask("show", "protocols", "all", "a")

    def is_up(self):
        return "Established" in self.protocol()

    def has(self, prefix):
        """The route as it stands in BIRD's table, attributes and all; "" where there is none."""
        out = run("birdc", "-s", self.control, "show", "route", prefix, "all", check=False)
        return out if "Network not found" not in out and prefix in out else ""

    def tail(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return "".join("    " + line for line in file.readlines()[-20:])

    def stop(self):
        wait_for_end(self.process, "bird")


class Frr:
    """FRR: zebra, staticd and bgpd. text is what goes in through vtysh; bgp stands in `router bgp`."""

    name = "frr"

    def __init__(self, folder, bgp="", families="", before="", daemons=("zebra", "staticd", "bgpd"), neighbor=ADDRESS[A][0],
                 remote=f"remote-as {AS[A]}", routes=True, both=True):
        self.folder = os.path.join(folder, "frr")
        os.makedirs(self.folder)
        self.daemons, self.processes = daemons, {}
        statics = "ip route 198.51.100.0/24 blackhole\nipv6 route 2001:db8:b::/48 blackhole" if routes else ""
        blocks = f""" address-family ipv4 unicast
  {"network 198.51.100.0/24" if routes else ""}
  neighbor {neighbor} activate
 exit-address-family
 address-family ipv6 unicast
  {"network 2001:db8:b::/48" if routes else ""}
  neighbor {neighbor} activate
 exit-address-family""" if both else ""
        peer = f"neighbor {neighbor} {remote}" if remote else ""
        self.config = write(self.folder, "frr.conf", f"""hostname frr-b
{statics}
{before}
router bgp {AS[B]}
 bgp router-id 10.9.0.2
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 timers bgp 3 9
 {peer}
 neighbor {neighbor} timers connect 1
 neighbor {neighbor} advertisement-interval 0
{bgp}
{blocks}
{families}
exit
""")
        write(self.folder, "empty.conf", "")
        for name in (self.folder, os.path.join(self.folder, "frr.conf"), os.path.join(self.folder, "empty.conf")):
            shutil.chown(name, "frr", "frr")

    def start_daemon(self, name):
        """Each has an empty file: one file for all makes zebra take bgpd's lines for its own."""
        log = os.path.join(self.folder, f"{name}.log")
        command = ["ip", "netns", "exec", B, f"{FRR}/{name}", "-f", f"{self.folder}/empty.conf", "-i", f"{self.folder}/{name}.pid",
                   "-z", f"{self.folder}/zserv.api", "--vty_socket", self.folder, "--log", f"file:{log}"]
        if name == "zebra":
            command += ["-K", "60"]  # routes stay in the kernel over a restart of bgpd
        self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                                stderr=subprocess.DEVNULL)
        vty = os.path.join(self.folder, f"{name}.vty")
        eventually(f"{name} listens", lambda: os.path.exists(vty), 10)

    def load(self):
        run("vtysh", "--vty_socket", self.folder, "-f", self.config)

    def start(self):
        for name in self.daemons:
            self.start_daemon(name)
        self.load()
        return self

    def kill_bgpd(self):
        self.processes["bgpd"].send_signal(signal.SIGKILL)
        self.processes["bgpd"].wait()
        os.unlink(os.path.join(self.folder, "bgpd.vty"))

    def vty(self, *commands):
        return run("vtysh", "--vty_socket", self.folder, *(x for c in commands for x in ("-c", c)))

    def json(self, command):
        return json.loads(self.vty(command + " json"))

    def neighbor(self, name=ADDRESS[A][0]):
        return self.json(f"show bgp neighbors {name}")[name]

    def is_up(self, name=ADDRESS[A][0]):
        return self.neighbor(name)["bgpState"] == "Established"

    def route(self, prefix):
        """Its paths as FRR sees them; [] where there is none."""
        family = "ipv6" if ":" in prefix else "ipv4"
        return self.json(f"show bgp {family} unicast {prefix}").get("paths", [])

    def tail(self):
        try:
            with open(os.path.join(self.folder, "bgpd.log"), encoding="utf-8") as file:
                return "".join("    " + line for line in file.readlines()[-20:])
        except FileNotFoundError:
            return "    no log"

    def stop(self):
        for name in reversed(self.daemons):
            wait_for_end(self.processes.get(name), name)


class GoBgp:
    """GoBGP; its command talks to it inside the namespace."""

    name = "gobgp"

    def __init__(self, folder, extra="", families=("ipv4-unicast", "ipv6-unicast"), neighbor=ADDRESS[A][0]):
        self.folder = os.path.join(folder, "gobgp")
        os.makedirs(self.folder)
        rows = "".join(f"""  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{family}"
""" for family in families)
        self.neighbor_address = neighbor
        self.config = write(self.folder, "gobgpd.toml", f"""[global.config]
  as = {AS[B]}
  router-id = "10.9.0.2"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{neighbor}"
    peer-as = {AS[A]}
    {extra if extra and "[" not in extra else ""}
  [neighbors.timers.config]
    hold-time = 9
    keepalive-interval = 3
    connect-retry = 1
{extra if "[" in extra else ""}
{rows}""")
        self.log = os.path.join(self.folder, "log")
        self.process = None

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", B, "gobgpd", "-t", "toml", "-f", self.config, "--api-hosts", "127.0.0.1:50051",
                 "--pprof-disable"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually("gobgpd answers", lambda: self.ask("global") is not None, 15)
        return self

    def ask(self, *words):
        return run("gobgp", *words, ns=B)

    def json(self, *words):
        return json.loads(run("gobgp", "-j", *words, ns=B))

    def neighbor(self):
        return self.json("neighbor", self.neighbor_address)

    def is_up(self):
        return self.neighbor()["state"]["session_state"] == 6  # its enum: ESTABLISHED

    def routes(self, family="ipv4"):
        """{prefix: [paths]}"""
        return self.json("global", "rib", "-a", family)

    def tail(self):
        with open(self.log, encoding="utf-8") as file:
            return "".join("    " + line for line in file.readlines()[-20:])

    def stop(self):
        wait_for_end(self.process, "gobgpd")


__all__ = ["Bird", "Frr", "GoBgp", "A", "B", "time"]
