# SPDX-License-Identifier: BSD-3-Clause
"""Two sites and an Internet in network namespaces.

   am-ha            am-a                      am-net                     am-b            am-hb
  +------+  LAN   +--------+              +------------+              +--------+  LAN   +------+
  | eth0 |--------|lan0    |              |            |              |    lan0|--------| eth0 |
  |      |  1500  |    wan0|--------------|to-a    to-b|--------------|wan0    |  1500  |      |
  +------+        +--------+     1500     +------------+     1500     +--------+        +------+
  10.1.0.1/24     192.0.2.1/24            .254   .254            198.51.100.1/24     10.1.0.2/24
  fd01::1/64      2001:db8:a::1/64        ::fe   ::fe            2001:db8:b::1/64    fd01::2/64

am-net forwards between its two links with a path MTU of 1500 or 1280 (a locked route MTU: what is longer is fragmented
there, or refused with an ICMP error, like on any router).

Only one run uses these names at a time (a lock). What a killed run left behind is recognized by the inodes it wrote
down, and removed; a namespace of the same name that is not ours is left alone and reported.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time

HOST_A, EDGE_A, NET, EDGE_B, HOST_B = "am-ha", "am-a", "am-net", "am-b", "am-hb"
NAMESPACES = (HOST_A, EDGE_A, NET, EDGE_B, HOST_B)
HOST_ADDRESS = {HOST_A: ("10.1.0.1", "fd01::1"), HOST_B: ("10.1.0.2", "fd01::2")}
EDGE_ADDRESS = {EDGE_A: ("192.0.2.1", "2001:db8:a::1"), EDGE_B: ("198.51.100.1", "2001:db8:b::1")}
OTHER = {HOST_A: HOST_B, HOST_B: HOST_A, EDGE_A: EDGE_B, EDGE_B: EDGE_A}
STATE_DIR = "/run/amime-netns"
LOCK_PATIENCE = 20.0  # seconds
CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


class Trouble(Exception):
    """Something a person must be told in one line."""


def run(*command, ns=None, check=True, timeout=30, **more):
    """Run a command, in a namespace if ns is given; its output as text."""
    if ns:
        command = ("ip", "netns", "exec", ns, *command)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout, **more)
    if check and done.returncode:
        raise Trouble(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip() or done.returncode}")
    return done.stdout


def ip(text, ns=None):
    """Each line of text is a command for ip; in one go."""
    lines = "\n".join(line.strip() for line in text.strip().split("\n")) + "\n"
    where = ("-n", ns) if ns else ()
    run("ip", *where, "-batch", "-", input=lines)


@contextlib.contextmanager
def inside(ns):
    """This thread is in the namespace meanwhile; a socket opened there stays there."""
    def enter(path):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + path)
        os.close(fd)

    home = f"/proc/{os.getpid()}/fd/{os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)}"
    try:
        enter("/run/netns/" + ns)
        yield
    finally:
        enter(home)
        os.close(int(home.rsplit("/", 1)[1]))


def inode(ns):
    try:
        return os.stat("/run/netns/" + ns).st_ino
    except FileNotFoundError:
        return None


def kernel_counters(ns):
    """What the namespace's kernel did with IP: {"IpReasmReqds": n, "Ip6ReasmReqds": n, "IcmpOutDestUnreachs": n, ...}"""
    counters = {}
    with inside(ns):
        with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
            rows = [line.split() for line in file]
        with open("/proc/thread-self/net/snmp6", encoding="ascii") as file:
            counters.update((k, int(v)) for k, v in (line.split() for line in file))
    for names, values in zip(rows[::2], rows[1::2]):
        group = names[0].rstrip(":")
        counters.update((group + k, int(v)) for k, v in zip(names[1:], values[1:]))
    return counters


def mac(ns, device):
    link = json.loads(run("ip", "-n", ns, "-j", "link", "show", "dev", device))
    return link[0]["address"]


def without_tentative(ns, patience=6.0):
    """
    Returns when the kernel has looked for duplicates of every IPv6 address there. Until then it routes none of them to itself, and
    without a link-local one it asks for no neighbour.
    """
    end = time.monotonic() + patience
    while tentative := run("ip", "-n", ns, "-6", "address", "show", "tentative"):
        if time.monotonic() > end:
            raise Trouble(f"within {patience:.0f} s, still tentative in {ns}: {tentative}")
        time.sleep(0.05)


def kill_all_in(ns):
    """End what runs in a namespace of ours, firmly, and see that it ended."""
    for sig, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 3)):
        end = time.monotonic() + patience
        pids = run("ip", "netns", "pids", ns).split()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), sig)
        while pids and time.monotonic() < end:
            time.sleep(0.02)
            pids = run("ip", "netns", "pids", ns).split()
        if not pids:
            return
    raise Trouble(f"processes {' '.join(pids)} in {ns} do not end")


class Net:
    """The five namespaces. Use as a context; leave(keep=True) lets them stand."""

    def __init__(self, names=NAMESPACES):
        self.names = names
        self.keep = False
        self.state = os.path.join(STATE_DIR, "state.json")
        self.lock_path = os.path.join(STATE_DIR, "lock")

    def __enter__(self):
        if os.geteuid():
            raise Trouble("network namespaces need root")
        os.makedirs(STATE_DIR, exist_ok=True)
        self.take_lock()
        self.remove_ours()
        strangers = [ns for ns in self.names if inode(ns)]
        if strangers:
            raise Trouble(f"namespace {strangers[0]} exists and is not ours; remove it: ip netns del {strangers[0]}")
        try:
            self.add_namespaces()
            self.connect()
        except BaseException:
            self.remove_ours()
            raise
        return self

    def __exit__(self, *_):
        if not self.keep:
            self.remove_ours()
        self.lock.close()

    def take_lock(self):
        """One run at a time. Another one may just be cleaning up: it gets a moment, and a word is said about it."""
        self.lock = open(self.lock_path, "w", encoding="ascii")
        end, said = time.monotonic() + LOCK_PATIENCE, False
        while True:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > end:
                    self.lock.close()
                    raise Trouble("another demo or test uses the namespaces am-*; wait for it to end") from None
            if not said:
                said = True
                print("another demo or test uses the namespaces am-*; waiting a little", file=sys.stderr, flush=True)
            time.sleep(0.1)

    def remove_ours(self):
        if not os.path.exists(self.state):
            return
        with open(self.state, encoding="ascii") as file:
            ours = json.load(file)
        for ns, number in ours.items():
            if inode(ns) == number:
                kill_all_in(ns)
                run("ip", "netns", "del", ns)
        os.unlink(self.state)

    def add_namespaces(self):
        made = {}
        for ns in self.names:
            run("ip", "netns", "add", ns)
            made[ns] = inode(ns)
            with open(self.state + ".new", "w", encoding="ascii") as file:
                json.dump(made, file)
            os.replace(self.state + ".new", self.state)

    def connect(self):
        ip(f"""link add eth0 netns {HOST_A} type veth peer name lan0 netns {EDGE_A}
               link add wan0 netns {EDGE_A} type veth peer name to-a netns {NET}
               link add wan0 netns {EDGE_B} type veth peer name to-b netns {NET}
               link add eth0 netns {HOST_B} type veth peer name lan0 netns {EDGE_B}""")
        for ns, (v4, v6) in HOST_ADDRESS.items():
            ip(f"""link set lo up
                   link set eth0 up
                   address add {v4}/24 dev eth0
                   address add {v6}/64 dev eth0 nodad""", ns)
        for ns, (v4, v6) in EDGE_ADDRESS.items():
            gateway4, gateway6 = v4.rsplit(".", 1)[0] + ".254", v6[:-1] + "fe"
            # The LAN port is only bridged: the edge's own kernel has nothing to say there.
            ip(f"""link set lo up
                   link set lan0 addrgenmode none
                   link set lan0 up
                   link set wan0 up
                   address add {v4}/24 dev wan0
                   address add {v6}/64 dev wan0 nodad
                   route add default via {gateway4}
                   route add default via {gateway6}""", ns)
        ip("""link set lo up
              link set to-a up
              link set to-b up
              address add 192.0.2.254/24 dev to-a
              address add 198.51.100.254/24 dev to-b
              address add 2001:db8:a::fe/64 dev to-a nodad
              address add 2001:db8:b::fe/64 dev to-b nodad""", NET)
        run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", ns=NET)

    @staticmethod
    def path_mtu(mtu):
        """What the router forwards without fragmenting or refusing, both ways."""
        ip(f"""route replace 192.0.2.0/24 dev to-a proto kernel scope link src 192.0.2.254 mtu lock {mtu}
               route replace 198.51.100.0/24 dev to-b proto kernel scope link src 198.51.100.254 mtu lock {mtu}
               route replace 2001:db8:a::/64 dev to-a proto kernel metric 256 mtu lock {mtu}
               route replace 2001:db8:b::/64 dev to-b proto kernel metric 256 mtu lock {mtu}""", NET)
