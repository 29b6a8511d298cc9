# SPDX-License-Identifier: BSD-3-Clause
"""Child processes that cannot outlive us, network namespaces without a name, and DPDK's telemetry socket.

A namespace lives as long as somebody has it open or is in it, and every child dies with us: a run that is killed leaves
nothing behind but its folder of logs.
"""
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


class Trouble(Exception):
    """Something a person must be told in one line."""


def check(result, what):
    if result:
        raise Trouble(f"{what}: {os.strerror(ctypes.get_errno())}")


class Namespace:
    """A network namespace of our own."""

    def __init__(self):
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            check(libc.unshare(CLONE_NEWNET), "cannot make a network namespace (root?)")
            self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            run("ip", "link", "set", "lo", "up")
        finally:
            check(libc.setns(home, CLONE_NEWNET), "setns")
            os.close(home)

    def close(self):
        os.close(self.fd)

    def quiet(self):
        """Without what nobody asked for: neighbour discovery of the devices themselves, and netfilter under bridges."""
        with self.inside():
            for name in ("ipv6/conf/all/disable_ipv6=1", "ipv6/conf/default/disable_ipv6=1", "bridge/bridge-nf-call-iptables=0",
                         "bridge/bridge-nf-call-ip6tables=0", "bridge/bridge-nf-call-arptables=0"):
                path, value = name.split("=")
                with contextlib.suppress(FileNotFoundError):
                    with open("/proc/sys/net/" + path, "w", encoding="ascii") as file:
                        file.write(value)

    @property
    def path(self):
        """For `ip link ... netns PATH`, while the command inherits nothing but can see us."""
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    @contextlib.contextmanager
    def inside(self):
        """This thread is in it meanwhile."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            check(libc.setns(self.fd, CLONE_NEWNET), "setns")
            yield
        finally:
            check(libc.setns(home, CLONE_NEWNET), "setns")
            os.close(home)

    def ip(self, text):
        """Each line is a command for ip; in one go."""
        lines = "\n".join(line.strip() for line in text.strip().split("\n")) + "\n"
        run("ip", "-batch", "-", ns=self, input=lines)


def before_exec(ns, cpus):
    """What a child does to itself before it becomes another program."""
    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if ns is not None and libc.setns(ns.fd, CLONE_NEWNET):
            os._exit(126)
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
    return prepare


def run(*command, ns=None, cpus=None, timeout=30, **more):
    """A command to its end; its output as text."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
                              preexec_fn=before_exec(ns, cpus), **more)
    except FileNotFoundError:
        raise Trouble(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Trouble(f"{' '.join(command)}: no end after {timeout} s") from None
    if done.returncode:
        raise Trouble(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip() or done.returncode}")
    return done.stdout


class Child:
    """A program that runs beside us; what it says is in a file."""

    def __init__(self, command, log, ns=None, cpus=None, env=None):
        self.command, self.log = command, log
        with open(log, "ab") as out:
            try:
                self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out, env=env,
                                                preexec_fn=before_exec(ns, cpus), process_group=0)
            except FileNotFoundError:
                raise Trouble(f"{command[0]} is not installed") from None
        self.frozen = False

    @property
    def pid(self):
        return self.process.pid

    def tail(self, lines=8):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "\n".join("    " + line for line in log.read().splitlines()[-lines:])

    def must_live(self):
        if self.process.poll() is not None:
            raise Trouble(f"{self.command[0]} ended with status {self.process.returncode}; {self.log} says:\n{self.tail()}")

    def freeze(self):
        if not self.frozen:
            self.process.send_signal(signal.SIGSTOP)
            self.frozen = True

    def thaw(self):
        self.must_live()
        self.process.send_signal(signal.SIGCONT)
        self.frozen = False

    def stop(self, patience=10):
        """Politely; firmly where that does not help."""
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGCONT)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


AUTOGROUP = "/proc/self/autogroup"


@contextlib.contextmanager
def priority(nice):
    """What runs in our session is served before what does not. The kernel weighs sessions, and then the processes in each."""
    if not os.path.exists(AUTOGROUP):
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        yield
        return
    with open(AUTOGROUP, encoding="ascii") as file:
        before = file.read().split()[-1]
    try:
        with open(AUTOGROUP, "w", encoding="ascii") as file:
            file.write(str(nice))
        yield
    finally:
        with open(AUTOGROUP, "w", encoding="ascii") as file:
            file.write(before)


def wait_for(what, condition, child=None, patience=15.0):
    """The first true value of condition()."""
    end = time.monotonic() + patience
    while True:
        if child:
            child.must_live()
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Trouble(f"waited {patience:.0f} s for {what}" + (f"; {child.log} says:\n{child.tail()}" if child else ""))
        time.sleep(0.02)


def connect_when_there(sock, path, what, child):
    """To a socket that a child makes when it is ready."""
    def connect():
        try:
            sock.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    wait_for(what, connect, child)


class Telemetry:
    """Counters of the Ethernet devices of a DPDK program, the same way whatever program it is."""

    def __init__(self, prefix, child):
        path = f"/run/dpdk/{prefix}/dpdk_telemetry.v2"
        self.child = child
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(5)
        self.room = 16384
        connect_when_there(self.sock, path, f"DPDK's telemetry socket {path}", child)
        hello = json.loads(self.sock.recv(self.room))
        self.room, self.version = hello["max_output_len"], hello["version"]
        self.ids = {}

    def ask(self, command):
        self.child.must_live()
        self.sock.send(command.encode())
        return next(iter(json.loads(self.sock.recv(self.room)).values()))

    def port(self, name):
        """The number of the device of that name, once it is there."""
        for number in self.ask("/ethdev/list") or []:
            if self.ask(f"/ethdev/info,{number}")["name"] == name:
                self.ids[name] = number
        return name in self.ids

    def stats(self, name):
        return self.ask(f"/ethdev/stats,{self.ids[name]}")

    def close(self):
        self.sock.close()
