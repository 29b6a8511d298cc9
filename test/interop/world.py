# SPDX-License-Identifier: BSD-3-Clause
"""Two routers on one link, in network namespaces of their own names, for real BGP speakers.

     am-bgp-a                        am-bgp-b
    +----------+                    +----------+
    |     eth0 |--------------------| eth0     |
    +----------+                    +----------+
    10.9.0.1/24, fd09::1/64         10.9.0.2/24, fd09::2/64
    fe80::ff:fe00:1                 fe80::ff:fe00:2

As many runs as there are PLACES go on at a time; the second's namespaces are am-bgp-a2 and am-bgp-b2. A is always amime-bgp; B is the other speaker. What a killed run left behind is recognized by the inodes it wrote down, as in test/netns.
"""
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))

import netns  # noqa: E402
from netns import Trouble, inside, ip, run  # noqa: E402

PLACES = ("", "2")


def take_place():
    """Ours for as long as this process lives: a name's suffix, and the file whose lock says so."""
    os.makedirs(netns.STATE_DIR, exist_ok=True)
    for place in PLACES:
        lock = open(os.path.join(netns.STATE_DIR, f"interop{place}.place"), "w", encoding="ascii")
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return place, lock
        lock.close()
    return PLACES[0], None  # taken: World waits for its turn, and says so


PLACE, PLACE_LOCK = take_place() if os.geteuid() == 0 else (PLACES[0], None)
A, B = "am-bgp-a" + PLACE, "am-bgp-b" + PLACE
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("AMIME_BUILD", os.path.join(TOP, "build"))
SAID = os.path.join(BUILD, "interop-said")
PROGRAM = os.path.join(BUILD, "apps", "amime-bgp", "amime-bgp")
ADDRESS = {A: ("10.9.0.1", "fd09::1"), B: ("10.9.0.2", "fd09::2")}
LINK_LOCAL = {A: "fe80::ff:fe00:1", B: "fe80::ff:fe00:2"}
MAC = {A: "02:00:00:00:00:01", B: "02:00:00:00:00:02"}
AS = {A: 65001, B: 65002}


class World(netns.Net):
    """The two namespaces; addresses False leaves only the link-local ones."""

    def __init__(self, addresses=True):
        super().__init__((A, B))
        self.addresses = addresses
        self.state = os.path.join(netns.STATE_DIR, f"interop{PLACE}.json")
        self.lock_path = os.path.join(netns.STATE_DIR, f"interop{PLACE}.lock")

    def connect(self):
        ip(f"link add eth0 netns {A} type veth peer name eth0 netns {B}")
        for ns in (A, B):
            # Duplicate detection would keep link-local addresses tentative for a second.
            run("sysctl", "-q", "-w", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                "net.ipv6.conf.eth0.accept_dad=0", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", ns=ns)
            ip(f"""link set lo up
                   link set eth0 address {MAC[ns]}
                   link set eth0 up""", ns)
            if self.addresses:
                ip(f"""address add {ADDRESS[ns][0]}/24 dev eth0
                       address add {ADDRESS[ns][1]}/64 dev eth0 nodad""", ns)


held = []  # what a test said that holds, in its order; for items.py


def expect(holds, text):
    """A test says what must hold; the first thing that does not ends it."""
    print(("ok    " if holds else "FAIL  ") + text, flush=True)
    held.append(text)
    if not holds:
        raise Trouble(text)


def eventually(what, holds, patience=20.0):
    """Wait until holds() returns something true, and return it; the error has what was last seen."""
    end, seen = time.monotonic() + patience, None
    start = time.monotonic()
    while time.monotonic() < end:
        try:
            seen = holds()
        except (Trouble, KeyError, IndexError, TypeError, ValueError, OSError) as trouble:
            seen = None
            last = f"{type(trouble).__name__}: {trouble}"
        else:
            last = repr(seen)
        if seen:
            held.append(what)
            print(f"ok    {what} (after {time.monotonic() - start:.1f} s)", flush=True)
            return seen
        time.sleep(0.1)
    print(f"FAIL  {what}", flush=True)
    raise Trouble(f"{what}: not within {patience:.0f} s; last seen: {last[:600]}")


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text if isinstance(text, str) else json.dumps(text, indent=1))
    return path


class Speaker:
    """One amime-bgp."""

    def __init__(self, folder, config, ns=A, name="a"):
        self.ns, self.name, self.folder = ns, name, folder
        self.socket = os.path.join(folder, f"{name}.sock")
        self.log = os.path.join(folder, f"{name}.log")
        self.config = write(folder, f"{name}.json", config)
        self.process = None

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.ns, PROGRAM, "--config", self.config, "--socket", self.socket, "-v"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        eventually(f"{self.name} answers", lambda: self.ask("show", "version")["pid"] == self.process.pid, 10)
        return self

    def ask(self, *words):
        return json.loads(run(PROGRAM, "--json", "--socket", self.socket, *words))

    def neighbor(self, name="b"):
        return self.ask("show", "neighbors", name)[0]

    def is_up(self, name="b"):
        return self.neighbor(name)["state"] == "Established"

    def reload(self, config):
        write(self.folder, f"{self.name}.json", config)
        return self.ask("reload")

    def signal(self, name):
        self.process.send_signal(getattr(signal, "SIG" + name))

    def tail(self, lines=25):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join("    " + line for line in log.readlines()[-lines:])

    def stop(self):
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        status = process.wait(10)
        if status:
            raise Trouble(f"amime-bgp {self.name} ended with status {status}:\n{self.tail()}")


def config(neighbor=None, **more):
    """A configuration of side A with one neighbour, which has what the test says of it."""
    b = {"address": ADDRESS[B][0], "as": AS[B], "hold_time": 9, "connect_retry": 2, "import": "accept", "export": "accept"}
    b.update(neighbor or {})
    b = {k: v for k, v in b.items() if v is not None}
    return {"as": AS[A], "router_id": "10.9.0.1", "neighbors": {"b": b},
            "announce": ["203.0.113.0/24", {"prefix": "2001:db8:a::/48", "next_hop": ADDRESS[A][1]}], **more}


def remember():
    """What this test showed, for the table that items.py prints."""
    os.makedirs(SAID, exist_ok=True)
    name = os.path.basename(sys.argv[0]).removeprefix("test_").removesuffix(".py")
    with open(os.path.join(SAID, name + ".json"), "w", encoding="utf-8") as file:
        json.dump(held, file)


def main(test, addresses=True):
    """Run test(folder) between fresh namespaces; exit with its result."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    speakers = []
    with contextlib.suppress(FileNotFoundError):
        os.remove(os.path.join(SAID, os.path.basename(sys.argv[0]).removeprefix("test_").removesuffix(".py") + ".json"))
    try:
        with World(addresses), tempfile.TemporaryDirectory(prefix="am-bgp-") as folder:
            os.chmod(folder, 0o755)
            with contextlib.ExitStack() as stack:
                test(Scene(folder, stack, speakers))
        remember()
    except (Trouble, OSError, subprocess.SubprocessError) as trouble:
        print(f"FAIL  {type(trouble).__name__}: {trouble}", file=sys.stderr)
        for text in speakers:
            print(text, file=sys.stderr)
        sys.exit(1)


class Scene:
    """What a test starts, so that all of it ends."""

    def __init__(self, folder, stack, logs):
        self.folder, self.stack, self.logs = folder, stack, logs

    def start(self, speaker):
        def end():
            if sys.exc_info()[0] is not None or self.failed():
                self.logs.append(f"log of {speaker.name}:\n{speaker.tail()}")
            speaker.stop()

        speaker.start()
        self.stack.callback(end)
        return speaker

    def ours(self, neighbor=None, **more):
        return self.start(Speaker(self.folder, config(neighbor, **more)))

    @staticmethod
    def failed():
        return sys.exc_info()[0] is not None
