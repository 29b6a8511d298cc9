#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A NIC that tunnels and the kernel share: TCP and long UDP answers reach the box in any order, while tunnels forward on it."""
import select
import socket
import struct
import threading
import time

from harness import Flood, expect, expect_path, main, sites
from netns import EDGE_A, EDGE_ADDRESS, EDGE_B, NET, inside

PORT, ANSWER, PIECE = 40053, 4000, 1480
ECHO, AT_LEAST_S = 1_000_000, 1.5  # octets of TCP that pass beside the tunnel, and for how long
BOX, PEER, ROUTER = EDGE_ADDRESS[EDGE_A][0], EDGE_ADDRESS[EDGE_B][0], "192.0.2.254"


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def pieces(source, ident):
    """The fragments of a UDP datagram from source to the box."""
    datagram = struct.pack("!HHHH", 53, PORT, ANSWER + 8, 0) + bytes(i * 7 & 255 for i in range(ANSWER))
    for at in range(0, len(datagram), PIECE):
        part = datagram[at:at + PIECE]
        more = 0x2000 if at + PIECE < len(datagram) else 0
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), ident, more | at // 8, 64, socket.IPPROTO_UDP, 0,
                             socket.inet_aton(source), socket.inet_aton(BOX))
        yield header[:10] + struct.pack("!H", checksum(header)) + header[12:] + part


def answer(box, sender, source, ident, order):
    """Seconds until the box's socket has the datagram whose fragments are sent in that order, or None."""
    parts = list(pieces(source, ident))
    began = time.monotonic()
    for i in order:
        sender.sendto(parts[i], (BOX, 0))
    if not select.select([box], [], [], 3)[0]:
        return None
    return time.monotonic() - began if len(box.recv(65535)) == ANSWER else None


def long_answers(daemon):
    with inside(EDGE_A):
        box = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with inside(NET):
        sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with box, sender:
        box.bind((BOX, PORT))
        for n, (source, what, orders) in enumerate((
                (ROUTER, "a router", ((0, 1, 2), (2, 1, 0), (1, 0, 2))),
                # Its fragments are held for a tunnel's or VTEP's datagram first.
                (PEER, "the other end of the tunnel", ((0, 1, 2), (2, 1, 0))))):
            for k, order in enumerate(orders):
                took = answer(box, sender, source, 1000 + 10 * n + k, order)
                expect(took is not None, f"{ANSWER} octets of UDP from {what}, fragments {order}"
                       + (f", in {1000 * took:.0f} ms" if took else ""))
    steering = next(port for port in daemon.show("host")["steering"] if port["port"] == "wan")
    frames = {rule["rule"]: rule["frames"] for rule in steering["rules"]}
    expect(frames["kernel_fragment"] >= 4 and steering["given_back"] == 5, f"{frames}, {steering['given_back']} given back")


def serve(listener):
    connection, _ = listener.accept()
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def tcp_beside():
    """A TCP connection to the box over the same NIC goes on, and nothing of the tunnel's is lost."""
    with inside(EDGE_A):
        listener = socket.create_server((BOX, 2222))
    with listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        with inside(NET):
            client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with client, Flood() as flood:
            client.settimeout(5)
            client.connect((BOX, 2222))
            echoed, begin = 0, time.monotonic()
            while (took := time.monotonic() - begin) < AT_LEAST_S or (echoed <= ECHO and took < 20):
                client.sendall(bytes(20000))
                left = 20000
                while left:
                    left -= len(client.recv(left))
                echoed += 20000
    expect(echoed > ECHO, f"{echoed} octets of TCP to the box and back over the NIC that tunnels use, in {took:.1f} s")
    expect(not flood.lost, f"of {flood.sent} pings through the tunnel meanwhile {len(flood.lost)} were lost")


def icmp_about_us(daemon):
    """An error about a tunnel's packet is ours, one about the kernel's own UDP is the kernel's."""
    def error(protocol, ports):
        quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 100, 1, 0, 64, protocol, 0, socket.inet_aton(BOX),
                             socket.inet_aton("203.0.113.9")) + ports
        body = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
        return body[:2] + struct.pack("!H", checksum(body)) + body[4:]

    def frames(rule):
        return next(r["frames"] for r in daemon.show("host")["steering"][0]["rules"] if r["rule"] == rule)

    with inside(EDGE_A):
        box = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with inside(NET):
        sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with box, sender:
        box.bind((BOX, 40054))
        box.connect(("203.0.113.9", 53))
        before = frames("icmp")
        sender.sendto(error(socket.IPPROTO_GRE, bytes(8)), (BOX, 0))
        sender.sendto(error(socket.IPPROTO_UDP, struct.pack("!HHHH", 40054, 53, 80, 0)), (BOX, 0))
        try:
            box.settimeout(2)
            box.recv(10)
            refused = False
        except ConnectionRefusedError:
            refused = True
        expect(refused, "the kernel hears of an unreachable port of its own")
        expect(frames("icmp") == before + 1, "the error about GRE is ours")


def test(net, folder):
    net.path_mtu(1500)
    (_, a), (_, b) = sites(folder)
    a.start()
    b.start()
    expect_path()
    long_answers(a)
    tcp_beside()
    icmp_about_us(a)
    a.stop()
    b.stop()


main(test)
