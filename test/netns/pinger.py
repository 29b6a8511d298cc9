# SPDX-License-Identifier: BSD-3-Clause
"""Echo requests of many sizes, many in flight, with DF; what comes back is compared byte by byte."""
import array
import os
import random
import select
import socket
import struct
import time

from netns import inside

IP_MTU_DISCOVER, IP_PMTUDISC_DO = 10, 2
IPV6_MTU_DISCOVER, IPV6_DONTFRAG = 23, 62
IN_FLIGHT = 32


def checksum(data):
    words = array.array("H", data + b"\0" * (len(data) & 1))
    total = sum(words)
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return struct.pack("=H", ~total & 0xffff)


class Pinger:
    """One raw ICMP socket in a namespace. Sizes are those of the IP packet."""

    def __init__(self, ns, to):
        self.to = to
        self.v6 = ":" in to
        self.id = int.from_bytes(os.urandom(2), "big")
        self.sequence = 0
        with inside(ns):
            if self.v6:
                self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
                self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_DO)
                self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)
            else:
                self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
                self.socket.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()

    def request(self, size):
        overhead = 48 if self.v6 else 28
        payload = random.Random(size).randbytes(size - overhead)
        self.sequence = (self.sequence + 1) & 0xffff
        rest = struct.pack("!HH", self.id, self.sequence) + payload
        if self.v6:
            message = b"\x80\0\0\0" + rest  # the kernel writes the checksum
        else:
            message = b"\x08\0" + checksum(b"\x08\0\0\0" + rest) + rest
        return self.sequence, message, rest

    def replies(self):
        """(sequence, what follows the ICMP checksum) of each echo reply to us that waits."""
        while True:
            try:
                packet = self.socket.recv(4096)
            except BlockingIOError:
                return
            message = packet if self.v6 else packet[(packet[0] & 15) * 4:]
            if message[0] != (129 if self.v6 else 0) or struct.unpack_from("!H", message, 4)[0] != self.id:
                continue
            yield struct.unpack_from("!H", message, 6)[0], message[4:]

    def send(self, size):
        """The bytes to expect, or None where the kernel itself refuses (it believes in a smaller path MTU)."""
        sequence, message, rest = self.request(size)
        try:
            self.socket.sendto(message, (self.to, 0))
        except OSError:
            return sequence, None
        return sequence, rest

    def ping(self, sizes, timeout=1.0, pause=0.0):
        """Sizes that got no answer within timeout, or a different one. Nothing is sent twice."""
        waiting, lost, todo = {}, [], list(sizes)[::-1]
        while todo or waiting:
            now = time.monotonic()
            while todo and len(waiting) < IN_FLIGHT:
                size = todo.pop()
                sequence, expected = self.send(size)
                if expected is None:
                    lost.append(size)
                else:
                    waiting[sequence] = (size, expected, now + timeout)
                if pause:
                    time.sleep(pause)
            if waiting:
                oldest = next(iter(waiting.values()))[2]
                select.select([self.socket], [], [], max(0.0, oldest - time.monotonic()))
            for sequence, got in self.replies():
                size, expected, _ = waiting.pop(sequence, (None, None, None))
                if size and got != expected:
                    lost.append(size)
            now = time.monotonic()
            for sequence in [s for s, (_, _, end) in waiting.items() if end <= now]:
                lost.append(waiting.pop(sequence)[0])
        return sorted(lost)


def ping(ns, to, sizes, **more):
    pinger = Pinger(ns, to)
    try:
        return pinger.ping(sizes, **more)
    finally:
        pinger.close()


def wait_for_answer(ns, to, patience=10.0, size=100):
    """Seconds until the first answer, or None. For the time before measuring, while neighbours find each other."""
    begin = time.monotonic()
    while time.monotonic() - begin < patience:
        if not ping(ns, to, [size], timeout=0.2):
            return time.monotonic() - begin
    return None
