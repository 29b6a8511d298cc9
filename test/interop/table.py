# SPDX-License-Identifier: BSD-3-Clause
"""A full IPv4 table, and plain peers that send and read it: what bench.py and test_full_table.py share.

Prefixes and their origin ASes are those of Debian's libloc-database; each origin's prefixes have one attribute set in 40, with a path of
one of 24 carriers, perhaps one of 3000 networks between, and the origin, and up to four communities: about 100,000 sets.
"""
import os
import socket
import struct
import sys
import threading
import time

from world import Trouble

DATABASE = "/var/lib/location/database.db"
MARKER = b"\xff" * 16
EACH = 40  # prefixes of an origin that share a set
KEEPALIVE = MARKER + struct.pack(">HB", 19, 4)
END_OF_RIB = MARKER + struct.pack(">HBHH", 23, 2, 0, 0)


def mix(number):
    """A number that looks random, and is the same each time."""
    number = (number * 0x9E3779B97F4A7C15 + 0x1234567) & 0xFFFFFFFFFFFFFFFF
    number ^= number >> 29
    number = (number * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    return number ^ (number >> 32)


def origins():
    """{origin AS: [prefix as it stands in an UPDATE]} of the database; its networks without an AS get one."""
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        import location  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise Trouble("the table is made of Debian's libloc-database; install it:  apt-get install python3-location libloc-database "
                      "(and run this with /usr/bin/python3)") from None
    out = {}
    for net in location.Database(DATABASE).networks:
        text = str(net)
        if ":" in text:
            continue
        address, length = text.split("/")
        octets = socket.inet_aton(address)[:(int(length) + 7) // 8]
        out.setdefault(net.asn or 64512 + mix(octets[0]) % 900, []).append(bytes((int(length),)) + octets)
    return out


def attributes(asn, part, own_as, next_hop):
    """The attribute set of one part of an origin's prefixes."""
    number = mix(asn << 16 | part)
    path = [own_as, 1000 + number % 24]
    if number >> 8 & 3:
        path.append(3000 + (number >> 16) % 3000)
    path += [asn] * (1 + (number >> 40 & 15 == 0) * 2)
    communities = b"".join(struct.pack(">HH", 1000 + number % 24, (number >> (i * 9)) & 0x3ff) for i in range((number >> 50) % 5))
    out = b"\x40\x01\x01" + bytes(((number >> 60) % 3 == 0,))
    value = struct.pack(">BB", 2, len(path)) + struct.pack(f">{len(path)}I", *path)
    out += b"\x40\x02" + bytes((len(value),)) + value
    out += b"\x40\x03\x04" + socket.inet_aton(next_hop)
    if number >> 55 & 7 == 0:
        out += b"\x80\x04\x04" + struct.pack(">I", number & 0xff)
    if communities:
        out += b"\xc0\x08" + bytes((len(communities),)) + communities
    return out


def update(withdrawn, attrs, nlri):
    body = struct.pack(">H", len(withdrawn)) + withdrawn + struct.pack(">H", len(attrs)) + attrs + nlri
    return MARKER + struct.pack(">HB", 19 + len(body), 2) + body


class Table:
    """Announcements and withdrawals of the whole table by one AS, as bytes."""

    def __init__(self, prefixes, own_as, next_hop):
        sets = []
        for asn, nets in prefixes.items():
            sets += [(asn, part, nets[part * EACH:(part + 1) * EACH]) for part in range((len(nets) + EACH - 1) // EACH)]
        sets.sort(key=lambda s: mix(s[0] * 7 + s[1]))
        self.sets = len(sets)
        self.prefixes = sum(len(s[2]) for s in sets)
        self.announce = b"".join(update(b"", attributes(asn, part, own_as, next_hop), b"".join(nets)) for asn, part, nets in sets)
        flat = [net for s in sets for net in s[2]]
        self.withdraw = b"".join(update(b"".join(flat[i:i + 700]), b"", b"") for i in range(0, len(flat), 700))


def open_message(asn, identifier, hold):
    caps = b"\x01\x04\x00\x01\x00\x01" + b"\x41\x04" + struct.pack(">I", asn) + b"\x02\x00"
    params = bytes((2, len(caps))) + caps
    body = struct.pack(">BHH", 4, asn if asn < 65536 else 23456, hold) + socket.inet_aton(identifier) + bytes((len(params),)) + params
    return MARKER + struct.pack(">HB", 19 + len(body), 1) + body


def count_prefixes(data, at, end):
    """How many prefixes stand in data[at:end]."""
    n = 0
    while at < end:
        at += 1 + (data[at] + 7 >> 3)
        n += 1
    return n


class Peer:
    """A BGP peer of few words: it connects, keeps the session, sends bytes, and counts what it reads. One thread reads, whoever sends writes."""

    def __init__(self, own, other, asn, hold=90):
        self.lock = threading.Lock()
        self.announced = self.withdrawn = self.messages = self.ends = 0
        self.longest_gap = 0.0  # seconds between two messages that came
        self.error = None
        self.hold = hold
        self.socket = socket.create_connection((other, 179), 10, (own, 0))
        self.socket.settimeout(30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(open_message(asn, own, hold))
        self.rest = b""
        self.up = threading.Event()
        self.closing = False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        if not self.up.wait(20):
            raise Trouble(f"the session from {own} does not come up: {self.error or 'silence'}")
        self.timer = threading.Thread(target=self.keep, daemon=True)
        self.timer.start()

    def send(self, data):
        """In pieces that end with a message, so that keepalives fit between them."""
        at = 0
        while at < len(data):
            end = at
            while end < len(data) and end - at < 60000:
                end += data[end + 16] << 8 | data[end + 17]
            with self.lock:
                self.socket.sendall(data[at:end])
            at = end

    def keep(self):
        while not self.closing and not self.error:
            time.sleep(self.hold / 3)
            try:
                self.send(KEEPALIVE)
            except OSError as error:
                self.error = self.error or str(error)

    def read(self):
        last = time.monotonic()
        try:
            while not self.closing:
                data = self.socket.recv(1 << 20)
                now = time.monotonic()
                self.longest_gap = max(self.longest_gap, now - last) if self.up.is_set() else 0.0
                last = now
                if not data:
                    raise OSError("the speaker closed the connection")
                self.take(self.rest + data)
        except OSError as error:
            if not self.closing:
                self.error = self.error or str(error)

    def take(self, data):
        at = 0
        while len(data) - at >= 19:
            length = data[at + 16] << 8 | data[at + 17]
            if len(data) - at < length:
                break
            self.message(data, at, length)
            at += length
        self.rest = data[at:]

    def message(self, data, at, length):
        kind = data[at + 18]
        self.messages += 1
        if kind == 2:
            gone = data[at + 19] << 8 | data[at + 20]
            attrs = at + 21 + gone
            nlri = attrs + 2 + (data[attrs] << 8 | data[attrs + 1])
            self.withdrawn += count_prefixes(data, at + 21, attrs)
            self.announced += count_prefixes(data, nlri, at + length)
            self.ends += length == 23
        elif kind == 1:
            self.send(KEEPALIVE)
        elif kind == 4:
            self.up.set()
        elif kind == 3:
            raise OSError(f"NOTIFICATION {data[at + 19]}/{data[at + 20]}")

    def close(self):
        self.closing = True
        self.socket.close()


def used(pid):
    """CPU seconds of all threads, and peak memory in MB."""
    ns = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            ns += int(file.read().split()[0])
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    return ns / 1e9, peak / 1000


def rest(pid, quiet=0.4, patience=120.0):
    """Wait until the process does next to nothing. The CPU seconds and the peak then."""
    end = time.monotonic() + patience
    before = used(pid)[0]
    while time.monotonic() < end:
        time.sleep(quiet)
        now, peak = used(pid)
        if now - before < 0.005:
            return now, peak
        before = now
    raise Trouble(f"process {pid} does not come to rest within {patience:.0f} s")
