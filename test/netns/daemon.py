# SPDX-License-Identifier: BSD-3-Clause
"""amimed in a namespace: start, ask, reload, end."""
import json
import os
import signal
import socket
import subprocess
import time

from netns import Trouble


class Daemon:
    """One amimed. Its log is a file beside the captures."""

    def __init__(self, ns, config, build, folder, wrapper=()):
        self.ns, self.config, self.build = ns, config, build
        with open(config, encoding="utf-8") as file:
            self.name = json.load(file).get("system", {}).get("name", "amime")
        self.log = os.path.join(folder, f"{self.name}.log")
        self.state = os.path.join(folder, "state")
        self.wrapper = wrapper
        self.process = None

    def program(self, name):
        return os.path.join(self.build, "apps", name, name)

    def start(self, patience=15.0):
        """Run it and wait until it answers on its control socket."""
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.ns, *self.wrapper, self.program("amimed"), "--config", self.config,
                 "--state", self.state],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                status, self.process = self.process.returncode, None
                raise Trouble(f"amimed of {self.name} ended with status {status}:\n{self.tail()}")
            if self.answers():
                return self
            time.sleep(0.05)
        raise Trouble(f"amimed of {self.name} does not answer within {patience:.0f} s:\n{self.tail()}")

    def answers(self):
        """It, and not another one of the same name."""
        try:
            return self.show("version")["pid"] == self.process.pid
        except (OSError, Trouble):
            return False

    def tail(self, lines=15):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "\n".join("    " + line for line in log.read().splitlines()[-lines:])

    def connect(self):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(5)
        sock.connect(f"/run/amime/{self.name}.sock")
        return sock

    def ask(self, request):
        """What the control socket answers, refusals included."""
        with self.connect() as sock, sock.makefile("rb") as file:
            sock.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(file.readline() or b'{"ok": false, "error": "it hung up"}')

    def send(self, request):
        """The same for who does not wait for an answer."""
        with self.connect() as sock:
            sock.sendall(json.dumps(request).encode() + b"\n")

    def show(self, what):
        """What the control socket answers; amimectl prints the same."""
        answer = self.ask({"method": "show", "what": what})
        if not answer["ok"]:
            raise Trouble(f"{self.name}: show {what}: {answer['error']}")
        return answer["result"]

    def counter(self, what, name):
        """The sum of one counter over the rows of `show what`."""
        return sum(find_all(self.show(what), name))

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self):
        """End it the polite way; a status other than 0 is a failure that a caller must hear of."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Trouble(f"amimed of {self.name} did not end within 10 s of SIGTERM:\n{self.tail()}") from None
        if status:
            raise Trouble(f"amimed of {self.name} ended with status {status}:\n{self.tail()}")

    def kill(self):
        """kill -9, and reap."""
        self.process.kill()
        self.process.wait()
        self.process = None


def find_all(value, key):
    """Every number under that key, however deep."""
    if isinstance(value, dict):
        for name, below in value.items():
            if name == key and isinstance(below, int):
                yield below
            else:
                yield from find_all(below, key)
    elif isinstance(value, list):
        for below in value:
            yield from find_all(below, key)
