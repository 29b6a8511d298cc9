#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The RTR client and StayRTR, a cache of others: everything, differences, another session, an older version.

usage: stayrtr.py RTR_CLIENT     prints TAP; needs root, for a network namespace of its own
"""
import json
import os
import select
import subprocess
import sys
import tempfile
import time

ADDRESS, PORT = "127.0.0.1", 8282
ROUTES = ["10.1.0.0/16", "65001", "10.1.1.0/24", "65002", "10.9.0.0/16", "65001", "2001:db8:1::/48", "65003"]
FIRST = [("10.1.0.0/16", 24, 65001), ("2001:db8::/32", 48, 65003)]
SECOND = FIRST[1:] + [("10.1.1.0/24", 24, 65002), ("10.9.0.0/16", 16, 0)]


class Wrong(Exception):
    pass


class Lines:
    """The lines of a program as they come."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.seen = []
        self.text = b""

    def line(self, end):
        """The next line, or None where there is none before the time `end`."""
        pipe = self.process.stdout.fileno()
        while b"\n" not in self.text:
            if not select.select([pipe], [], [], max(0, end - time.monotonic()))[0]:
                return None
            more = os.read(pipe, 4096)
            if not more:
                return None
            self.text += more
        line, self.text = self.text.split(b"\n", 1)
        self.seen.append(line.decode())
        return self.seen[-1]

    def wait(self, text, seconds=30):
        """Read until a line holds text, and return it."""
        end = time.monotonic() + seconds
        while (line := self.line(end)) is not None:
            if text in line:
                return line
        raise Wrong(f"no '{text}' within {seconds} s; it said: {self.seen}")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Cache:
    def __init__(self, folder, version):
        self.file = os.path.join(folder, "vrps.json")
        self.version = version
        self.process = None

    def say(self, entries):
        text = json.dumps({"metadata": {"buildtime": "2026-01-01T00:00:00Z"},
                           "roas": [{"prefix": p, "maxLength": m, "asn": f"AS{a}", "ta": "test"} for p, m, a in entries]})
        with open(self.file + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.file + ".new", self.file)

    def start(self):
        self.process = subprocess.Popen(
            ["stayrtr", "-bind", f"{ADDRESS}:{PORT}", "-cache", self.file, "-checktime=false", "-refresh", "1", "-metrics.addr", "",
             "-protocol", str(self.version), "-rtr.retry", "1", "-loglevel", "error"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()


def expect(lines, text):
    line = lines.wait("complete")
    if line != "complete " + text:
        raise Wrong(f"it says '{line}', not 'complete {text}', after {lines.seen}")


def follows(cache, client):
    """everything, and then what changes when the cache notifies"""
    expect(client, "version 1 entries 1 + 1 valid invalid not-found valid")
    if "restart" not in client.seen:
        raise Wrong("the first answer was not everything")
    del client.seen[:]
    cache.say(SECOND)
    expect(client, "version 1 entries 2 + 1 not-found valid invalid valid")
    if "restart" in client.seen:
        raise Wrong("a difference was asked for, and everything came")


def other_session(cache, client):
    """a cache that died and came back with other data, and another session"""
    expect(client, "version 1 entries 1 + 1 valid invalid not-found valid")
    cache.stop()
    client.wait("lost")
    # StayRTR draws its session from the second in which it starts: within one, it would claim to be the same.
    time.sleep(1)
    cache.say(SECOND)
    cache.start()
    expect(client, "version 1 entries 2 + 1 not-found valid invalid valid")


def old_version(cache, client):
    """a cache that speaks version 0 alone"""
    expect(client, "version 0 entries 1 + 1 valid invalid not-found valid")


def new_version(cache, client):
    """a cache that speaks version 2 (a draft), too"""
    expect(client, "version 1 entries 1 + 1 valid invalid not-found valid")


def run(test, program, version):
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(folder, version)
        cache.say(FIRST)
        cache.start()
        client = Lines(program, ADDRESS, str(PORT), *ROUTES)
        try:
            test(cache, client)
        finally:
            client.stop()
            cache.stop()


def main(program):
    tests = [(follows, 1), (other_session, 1), (old_version, 0), (new_version, 2)]
    print(f"1..{len(tests)}")
    failed = 0
    for i, (test, version) in enumerate(tests, 1):
        try:
            run(test, program, version)
            print(f"ok {i} - {test.__doc__}", flush=True)
        except Wrong as wrong:
            failed += 1
            print(f"not ok {i} - {test.__doc__}\n# {wrong}", flush=True)
    return 1 if failed else 0


if os.environ.get("AM_IN_NAMESPACE") != "yes":
    os.execvpe("unshare", ["unshare", "--net", "--", sys.executable, *sys.argv], dict(os.environ, AM_IN_NAMESPACE="yes"))
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
sys.exit(main(sys.argv[1]))
