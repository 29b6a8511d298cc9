#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Management apart from what is carried: in a namespace of its own, and out of band by a second uplink."""
import contextlib
import grp
import json
import os
import socket
import stat
import subprocess
import threading
import time

import rows
from daemon import Daemon
from harness import BUILD, expect, expect_path, expect_ping, main, write
from netns import EDGE_A, EDGE_B, HOST_A, NET, inside, ip, run

# The people's network is that of am-net here: a third place beside the data namespace and its hosts.
MANAGED, PEOPLE, SECRET = "203.0.113.1", "203.0.113.2", "203.0.113.77"


def example(name):
    with open(os.path.join(rows.CONFIG, name), encoding="ascii") as file:
        return json.load(file)


def peer_of(config):
    """The other site's file: the same with both ends exchanged."""
    text = json.dumps(config)
    for a, b in (("192.0.2.1", "198.51.100.1"), ("10.255.0.1", "10.255.0.2"), ("site-a", "site-b")):
        text = text.replace(f'"{a}', '"\0').replace(f'"{b}', f'"{a}').replace('"\0', f'"{b}')
    return json.loads(text)


def start(folder, name):
    a = example(name)
    daemons = [Daemon(ns, write(folder, f"{name}-{side}.json", config), BUILD, folder)
               for ns, side, config in ((EDGE_A, "a", a), (EDGE_B, "b", peer_of(a)))]
    for daemon in daemons:
        daemon.start()
    expect_path()
    expect_ping((100, 1500))
    return daemons


def reaches(ns, address):
    return subprocess.run(["ip", "netns", "exec", ns, "ping", "-c", "1", "-W", "1", address],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


@contextlib.contextmanager
def serving(ns, address):
    """A TCP service of the box, as SSH is."""
    with inside(ns):
        server = socket.create_server((address, 22))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(connection.recv(100))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def talks(ns, address):
    with inside(ns):
        sock = socket.socket()
    with sock:
        sock.settimeout(2)
        try:
            sock.connect((address, 22))
            sock.sendall(b"who goes there")
            return sock.recv(100) == b"who goes there"
        except OSError:
            return False


def own_namespace(folder):
    """amimed is in the data namespace; the people, with an address of the box's management side, are elsewhere."""
    ip(f"address add {SECRET}/32 dev lo", NET)
    a, b = start(folder, "management.json")
    found = os.stat("/run/amime/site-a.sock")
    expect(found.st_gid == grp.getgrnam("adm").gr_gid and stat.S_IMODE(found.st_mode) == 0o660, "the group may talk to it")
    done = subprocess.run(["ip", "netns", "exec", NET, a.program("amimectl"), "-n", "site-a", "--json", "show", "tunnels"],
                          stdout=subprocess.PIPE, check=True)
    expect(json.loads(done.stdout)[0]["state"] == "up", "amimectl works from the people's namespace")
    expect(not reaches(HOST_A, SECRET), "and nothing that is carried reaches it")
    a.stop()
    b.stop()


def out_of_band(folder):
    ip(f"link add oob0 netns {EDGE_A} type veth peer name people netns {NET}")
    ip(f"address add {PEOPLE}/30 dev people\nlink set people up", NET)
    ip(f"""address add {MANAGED}/30 dev oob0
           link set oob0 up
           rule add from {MANAGED} lookup 100
           route add default via {PEOPLE} table 100""", EDGE_A)
    a, b = start(folder, "out-of-band.json")
    with serving(EDGE_A, MANAGED):
        expect(talks(NET, MANAGED), "TCP to the box goes by the second uplink")
        run("ip", "-n", EDGE_A, "link", "set", "wan0", "down")
        expect(talks(NET, MANAGED), "also while the first one is down")
        end = time.monotonic() + 5
        while a.show("tunnels")[0]["state"] == "up" and time.monotonic() < end:
            time.sleep(0.05)
        expect(a.show("tunnels")[0]["state"] == "down", "with the tunnel")
        run("ip", "-n", EDGE_A, "link", "set", "wan0", "up")
        run("ip", "-n", EDGE_A, "address", "replace", "192.0.2.1/24", "dev", "wan0")
        run("ip", "-n", EDGE_A, "route", "replace", "default", "via", "192.0.2.254")
        expect_path(patience=8)
        a.kill()
        expect(talks(NET, MANAGED), "and while amimed is not there")
    b.stop()


def test(net, folder):
    net.path_mtu(1500)
    own_namespace(folder)
    out_of_band(folder)


main(test)
