# SPDX-License-Identifier: BSD-3-Clause
"""A BMP station: it keeps what it is told, and tshark reads it."""
import socket
import struct
import threading

from netns import inside, run

PORT = 11019


class Station:
    """A listener in a namespace; one that is slow reads nothing."""

    def __init__(self, ns, address, port=PORT, slow=False):
        self.data, self.closed, self.connections, self.slow = bytearray(), 0, [], slow
        with inside(ns):
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if slow:
                self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.listener.bind((address, port))
            self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections.append(connection)
            while not self.slow:
                data = connection.recv(1 << 16)
                if not data:
                    self.closed += 1
                    break
                self.data += data

    def messages(self):
        """Whole ones, each with its header (RFC 7854 4.1)."""
        out, at = [], 0
        while len(self.data) - at >= 6:
            length = struct.unpack_from(">I", self.data, at + 1)[0]
            if len(self.data) - at < length:
                break
            out.append(bytes(self.data[at:at + length]))
            at += length
        return out

    def kinds(self):
        return [message[5] for message in self.messages()]

    def read(self, file, *fields):
        """What tshark finds in these fields, a list of lists of values for each message."""
        with open(file, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, 101))  # raw IP
            sequence = 1
            for message in self.messages():
                tcp = struct.pack(">HHIIBBHHH", 40000, PORT, sequence, 1, 5 << 4, 0x18, 65535, 0, 0) + message
                ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, bytes(4), bytes(4))
                out.write(struct.pack("<IIII", 0, 0, len(ip + tcp), len(ip + tcp)) + ip + tcp)
                sequence += len(message)
        options = [word for field in fields for word in ("-e", field)]
        lines = run("tshark", "-r", file, "-d", f"tcp.port=={PORT},bmp", "-T", "fields", "-E", "separator=|", "-E", "aggregator=;", *options)
        return [[value.split(";") if value else [] for value in line.split("|")] for line in lines.splitlines()]
