# SPDX-License-Identifier: BSD-3-Clause
"""Raw Ethernet frames in at one host, out at the other, compared byte by byte."""
import random
import select
import socket
import struct
import time

from netns import HOST_A, HOST_B, inside, mac

ETH_P_ALL, ETHERTYPE = 3, 0x88b5  # IEEE local experimental
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
VLAN_VALID, VLAN_TPID_VALID = 1 << 4, 1 << 6
# One for each host: the same one on both sides would be a loop, and held as such.
SOURCES = {HOST_A: bytes.fromhex("02005e10000a"), HOST_B: bytes.fromhex("02005e10000b")}
IN_FLIGHT = 64


def frame(length, number, to, source, tags=b""):
    """A frame of that length in all, FCS not counted; its number tells which one came back."""
    head = to + source + tags + struct.pack("!HI", ETHERTYPE, number)
    return head + random.Random(number).randbytes(length - len(head))


def set_of_frames(to, source):
    """Every length from 42 to 1514 octets, then tagged ones to 1518, then two tags."""
    frames = [frame(length, length, to, source) for length in range(42, 1515)]
    # VLAN 100 with priority 5 and drop eligible: 13 bits beside the id that must arrive as they were
    tag = struct.pack("!HH", 0x8100, 5 << 13 | 1 << 12 | 100)
    lengths = [*range(46, 1518, 61), *range(1480, 1519)]
    frames += [frame(length, 10000 + length, to, source, tag) for length in lengths]
    double = struct.pack("!HH", 0x88a8, 3 << 13 | 200) + tag
    frames += [frame(length, 20000 + length, to, source, double) for length in (64, 1000, 1514)]
    frames += [frame(length, 30000 + length, b"\xff" * 6, source) for length in (60, 1514)]
    return frames


def number_of(data):
    at = 12
    while data[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    ethertype, number = struct.unpack_from("!HI", data, at)
    return number if ethertype == ETHERTYPE else None


def receive(sock):
    """One frame as it was on the wire: the kernel hands the outer tag beside it."""
    data, ancillary, _, _ = sock.recvmsg(4096, 256)
    for level, kind, value in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack_from("=IIIHHHH", value)
            if status & VLAN_VALID:
                tpid = tpid if status & VLAN_TPID_VALID else 0x8100
                data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
    return data


def open_raw(ns, device="eth0"):
    with inside(ns):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        sock.bind((device, ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    sock.setblocking(False)
    return sock


def exchange(sender, receiver, frames, timeout=1.0):
    """Numbers of the frames that did not arrive as they were sent, or arrived twice."""
    bad = []
    for start in range(0, len(frames), IN_FLIGHT):
        waiting = {number_of(f): f for f in frames[start:start + IN_FLIGHT]}
        for data in waiting.values():
            sender.send(data)
        end = time.monotonic() + timeout
        while waiting and time.monotonic() < end:
            select.select([receiver], [], [], max(0.0, end - time.monotonic()))
            try:
                data = receive(receiver)
            except BlockingIOError:
                continue
            if len(data) < 20 or data[6:12] not in SOURCES.values() or number_of(data) is None:
                continue
            if waiting.pop(number_of(data), None) != data:
                bad.append(number_of(data))
        bad += waiting
    return sorted(bad)


def send_all_sizes(ns_from, ns_to):
    """(how many frames were sent, numbers of those that did not arrive byte-identical)"""
    frames = set_of_frames(bytes.fromhex(mac(ns_to, "eth0").replace(":", "")), SOURCES[ns_from])
    sender, receiver = open_raw(ns_from), open_raw(ns_to)
    try:
        return len(frames), exchange(sender, receiver, frames)
    finally:
        sender.close()
        receiver.close()
