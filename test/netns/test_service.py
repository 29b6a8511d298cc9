#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""amimed as a service: it says when it is ready and that it lives, exports its counters, and sends what it has at the end."""
import contextlib
import ctypes
import grp
import os
import select
import signal
import socket
import stat
import threading
import time

import frames
import prometheus
from daemon import Daemon
from harness import BOX, BUILD, expect, expect_path, expect_ping, main, sites, write
from netns import EDGE_A, HOST_A, HOST_B, mac

BURST = 450  # what a ring of the driver holds, nearly
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, WALL, FUTEX = 17, 0x4206, 0x4207, 0x40000000, 202
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class Manager:
    """Listens as a service manager does: all the time, since who has something to say waits where a queue is full."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.said = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.said.append(self.socket.recv(4096).decode().split("\n")[0])

    def environment(self):
        return ["env", f"NOTIFY_SOCKET={self.path}", "WATCHDOG_USEC=3000000"]

    def hear(self, word, patience=5.0):
        end = time.monotonic() + patience
        while word not in self.said and time.monotonic() < end:
            time.sleep(0.01)
        return word in self.said


def wait_for(path, patience=5.0):
    end = time.monotonic() + patience
    while not os.path.exists(path) and time.monotonic() < end:
        time.sleep(0.02)
    with open(path, encoding="utf-8") as file:
        return file.read()


def metrics(daemon, path):
    samples = prometheus.read(wait_for(path))
    end = time.monotonic() + 5
    while not prometheus.total(samples, "amime_tunnel_up") and time.monotonic() < end:
        time.sleep(0.1)
        samples = prometheus.read(wait_for(path))
    expect(samples, f"{len(samples)} samples, as a strict reader takes them")
    build = [dict(labels) for name, labels in samples if name == "amime_build_info"]
    expect(len(build) == 1 and build[0]["instance_name"] == "site-a", f"it says what runs: {build}")
    expect(prometheus.total(samples, "amime_tunnel_up", tunnel="to-b") == 1, "the tunnel is up")
    expect(prometheus.total(samples, "amime_resident_memory_bytes") > 1 << 20, "memory is in it")
    expect(prometheus.total(samples, "amime_routes", vrf="default", origin="static") >= 1 and prometheus.total(samples, "amime_next_hops", state="up") >= 1,
           "routes and next hops are in it")
    expect_path(to=BOX)
    expect_ping((100,) * 5, to=BOX)
    end = time.monotonic() + 3
    while prometheus.total(samples, "amime_acl_packets_total", acl="in", rule="0") < 5 and time.monotonic() < end:
        time.sleep(0.1)
        samples = prometheus.read(wait_for(path))
    matched = [prometheus.total(samples, f"amime_acl_{what}_total", acl="in", rule="0") for what in ("packets", "bytes")]
    expect(matched[0] >= 5 and matched[1] >= 500, f"what a rule matched is in it: {matched} packets and octets")
    before = prometheus.total(samples, "amime_interface_rx_packets_total", interface="lan", kind="port")
    expect_ping((100,) * 20)
    end = time.monotonic() + 5
    after = before
    while after < before + 20 and time.monotonic() < end:
        time.sleep(0.1)
        after = prometheus.total(prometheus.read(wait_for(path)), "amime_interface_rx_packets_total", interface="lan", kind="port")
    expect(after >= before + 20, f"counters go on in it, at the interval: {before}, then {after}")
    expect(after <= sum(p["counters"]["rx_packets"] for p in daemon.show("ports") if p["name"] == "lan"), "and are those of show")
    end = time.monotonic() + 3
    while os.path.exists(path + ".new") and time.monotonic() < end:  # just being written, as each second
        time.sleep(0.02)
    expect(stat.S_IMODE(os.stat(path).st_mode) == 0o644 and not os.path.exists(path + ".new"), "others may read it; nothing is left over")


def socket_is(name, mode, group):
    found = os.stat(f"/run/amime/{name}.sock")
    return stat.S_IMODE(found.st_mode) == mode and found.st_gid == group


@contextlib.contextmanager
def held(thread):
    """A thread of another process stands still meanwhile, and no other one of it does."""
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        if libc.ptrace(request, thread, None, None):
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of thread {thread}")
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, thread, None, None)


def waits_for_a_thread(pid, patience=5.0):
    """Its first thread is in the system call of who waits for another one."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with open(f"/proc/{pid}/task/{pid}/syscall", encoding="ascii") as file:
            if file.read().split()[0] == str(FUTEX):
                return True
        time.sleep(0.01)
    return False


def drains(daemon, manager):
    """The worker stands still, frames wait in its port's ring, then it is told to end: all of them arrive nevertheless."""
    to = bytes.fromhex(mac(HOST_B, "eth0").replace(":", ""))
    batch = [frames.frame(100, number, to, frames.SOURCES[HOST_A]) for number in range(BURST)]
    sender, receiver = frames.open_raw(HOST_A), frames.open_raw(HOST_B)
    with sender, receiver:
        # What it turns once more before it hears of the end would hide that nothing drains: so it hears of it first.
        with held(daemon.show("workers")["workers"][0]["tid"]):
            for data in batch:
                sender.send(data)
            daemon.signal(signal.SIGTERM)
            expect(manager.hear("STOPPING=1"), "it says that it ends")
            expect(waits_for_a_thread(daemon.process.pid), "and waits for its worker")
        arrived, end = set(), time.monotonic() + 5
        while len(arrived) < BURST and select.select([receiver], [], [], max(0, end - time.monotonic()))[0]:
            arrived.add(frames.number_of(frames.receive(receiver)))
            arrived.discard(None)
    expect(len(arrived) == BURST, f"of {BURST} frames that waited when it was told to end arrived {len(arrived)}")


def deaf(folder):
    """A manager that reads nothing, whose queue is full: nobody waits for it."""
    path = os.path.join(folder, "deaf")
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager, \
            contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as other:
        manager.bind(path)
        other.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                other.sendto(b"", path)
        (config, _), _ = sites(folder)
        daemon = Daemon(EDGE_A, write(folder, "deaf.json", config), BUILD, folder, wrapper=["env", f"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=3000000"])
        daemon.start()
        daemon.signal(signal.SIGHUP)
        time.sleep(1.2)  # a reload and a watchdog's turn
        expect(daemon.show("config"), "a service manager that reads nothing holds nobody")
        daemon.stop()


def test(net, folder):
    net.path_mtu(1500)
    deaf(folder)
    (config, _), (_, b) = sites(folder)
    path = os.path.join(folder, "amime.prom")
    group = grp.getgrgid(os.getgid() or 4)  # adm is everywhere
    config["system"].update(metrics_file=path, metrics_interval=1, control_group=group.gr_name, control_mode="0660")
    config["acls"] = {"in": [{"action": "permit", "protocol": "icmp", "name": "echoes"}, {"action": "permit"}]}
    config["bridges"]["lan"].update(addresses=[BOX + "/24"], acl_in="in")
    manager = Manager(folder)
    a = Daemon(EDGE_A, write(folder, "a.json", config), BUILD, folder, wrapper=manager.environment())
    a.start()
    b.start()
    expect(manager.hear("READY=1"), "it says that it is ready")
    expect_path()
    expect(manager.hear("WATCHDOG=1"), "and that it lives")
    expect(socket_is("site-a", 0o660, group.gr_gid), f"the control socket is for group {group.gr_name}")
    metrics(a, path)
    config["system"].update(control_group="", control_mode="0600")
    write(folder, "a.json", config)
    a.signal(signal.SIGHUP)
    end = time.monotonic() + 5
    while not socket_is("site-a", 0o600, 0) and time.monotonic() < end:
        time.sleep(0.02)
    expect(socket_is("site-a", 0o600, 0), "a reload changes who may talk to it")
    drains(a, manager)
    expect(a.process.wait(10) == 0, "it ends well")
    a.process = None
    b.stop()


main(test)
