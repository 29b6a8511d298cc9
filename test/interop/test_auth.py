#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""TCP MD5 (RFC 2385) and GTSM (RFC 5082), each in both roles, and that what they must keep out stays out. TCP-AO (RFC 5925) where the kernel has
it, and a refusal where it has not."""
import errno
import socket
import subprocess
import time

from peers import Bird, Frr
from routes import expect_both_ways, expect_up
from world import ADDRESS, AS, A, B, PROGRAM, Speaker, config, eventually, expect, inside, main, run, write

PASSWORD = "correct-horse"


def tcp_counter(name):
    with inside(A):
        with open("/proc/thread-self/net/netstat", encoding="ascii") as file:
            rows = [line.split() for line in file]
    return next(int(v) for names, values in zip(rows[::2], rows[1::2]) for k, v in zip(names, values) if k == name)


def md5(scene, other, passive):
    a = scene.ours({"password": PASSWORD, "passive": passive})
    scene.start(other)
    expect_up(a, other)
    expect(a.neighbor()["incoming"] == passive, "the connection was opened by " + (other.name if passive else "us"))
    expect_both_ways(a, other, families=("ipv4",))
    other.stop()
    a.stop()


def md5_wrong(scene):
    bird = Bird(scene.folder + "/wrong", extra='password "battery-staple";')
    a = scene.ours({"password": PASSWORD})
    before = tcp_counter("TCPMD5Failure")
    scene.start(bird)
    eventually("the kernel drops what has another key", lambda: tcp_counter("TCPMD5Failure") > before, 10)
    stays_down(a, bird, "with another key")
    bird.stop()
    a.stop()


def stays_down(a, other, how):
    """Longer than either end's connect retry."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if a.is_up() or other.is_up():
            break
        time.sleep(0.2)
    expect(not a.is_up() and not other.is_up(), f"{how}, the session does not come up")


def gtsm(scene, other, passive):
    a = scene.ours({"ttl_security": 1, "passive": passive})
    scene.start(other)
    expect_up(a, other)
    expect(a.neighbor()["incoming"] == passive, "the connection was opened by " + (other.name if passive else "us"))
    expect_both_ways(a, other, families=("ipv4",))
    sockets = run("ss", "-tniH", "state", "established", "( sport = :179 or dport = :179 )", ns=A)
    expect(ADDRESS[B][0] in sockets, "one TCP connection carries it")
    other.stop()
    a.stop()


def gtsm_far(scene):
    """A peer whose packets may have passed a router: its TTL is 1, not 255."""
    bird = Bird(scene.folder + "/far", extra="ttl security off;")
    a = scene.ours({"ttl_security": 1})
    scene.start(bird)
    stays_down(a, bird, "with a TTL of 1")
    bird.stop()
    a.stop()


def has_ao():
    with socket.socket() as probe:
        try:
            probe.setsockopt(socket.IPPROTO_TCP, 38, bytes(272))  # TCP_AO_ADD_KEY
        except OSError as error:
            return error.errno != errno.ENOPROTOOPT
    return True


def ao(scene):
    key = {"key": PASSWORD, "send_id": 1, "receive_id": 2, "algorithm": "aes128-cmac"}
    text = config({"tcp_ao": key})
    if not has_ao():
        asked = subprocess.run([PROGRAM, "--config", write(scene.folder, "ao.json", text), "--socket", scene.folder + "/ao.sock"],
                               capture_output=True, text=True, timeout=10, check=False)
        expect(asked.returncode == 1 and "this kernel has no TCP-AO" in asked.stderr, "TCP-AO is refused where the kernel has none")
        print("not run: a session with TCP-AO: this kernel has none")
        return
    other = {"address": ADDRESS[A][0], "as": AS[A], "import": "accept", "export": "accept", "connect_retry": 2,
             "tcp_ao": {**key, "send_id": 2, "receive_id": 1}}
    a = scene.start(Speaker(scene.folder, text))
    b = scene.start(Speaker(scene.folder, {"as": AS[B], "router_id": "10.9.0.2", "neighbors": {"a": other}}, ns=B, name="b"))
    eventually("Established with TCP-AO", lambda: a.is_up() and b.is_up("a"))
    a.stop()
    b.stop()


def test(scene):
    ao(scene)
    md5(scene, Bird(scene.folder + "/m1", extra=f'passive on; password "{PASSWORD}";'), passive=False)
    md5(scene, Frr(scene.folder + "/m2", bgp=f" neighbor {ADDRESS[A][0]} password {PASSWORD}"), passive=True)
    md5_wrong(scene)
    gtsm(scene, Bird(scene.folder + "/g1", extra="passive on; ttl security on;"), passive=False)
    gtsm(scene, Frr(scene.folder + "/g2", bgp=f" neighbor {ADDRESS[A][0]} ttl-security hops 1"), passive=True)
    gtsm_far(scene)


main(test)
