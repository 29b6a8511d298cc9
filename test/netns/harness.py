# SPDX-License-Identifier: BSD-3-Clause
"""What the tests with running daemons share: where the programs are, one way to fail, and a flood to watch for losses."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pinger
import rows
from daemon import Daemon
from netns import EDGE_A, EDGE_B, HOST_A, HOST_ADDRESS, HOST_B, Net, Trouble, ip

BOX, FAR = "10.1.0.254", "10.66.0.1"  # of routed_too: site-a in the bridge, and site-b behind the tunnel "keep"
BUILD = os.environ.get("AMIME_BUILD", os.path.join(rows.TOP, "build"))


def expect(holds, text):
    """A test says what must hold; the first thing that does not ends it."""
    print(("ok    " if holds else "FAIL  ") + text, flush=True)
    if not holds:
        raise Trouble(text)


def main(test):
    """Run test(net, folder) in fresh namespaces; exit with its result."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    try:
        with Net() as net, tempfile.TemporaryDirectory() as folder:
            test(net, folder)
    except (Trouble, OSError, subprocess.SubprocessError) as trouble:
        print(f"FAIL  {type(trouble).__name__}: {trouble}", file=sys.stderr)
        sys.exit(1)


def write(folder, name, config):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(config if isinstance(config, str) else json.dumps(config, indent=2))
    return path


def sites(folder, row="vxlan4-gre4", driver="af_xdp"):
    """Configurations (values) of both sites of a row, and daemons that would run them."""
    a, b = (json.loads(text) for text in rows.texts(rows.find(row), driver=driver))
    return [(config, Daemon(edge, write(folder, f"{name}.json", config), BUILD, folder))
            for edge, name, config in ((EDGE_A, "a", a), (EDGE_B, "b", b))]


def routed_too(a, b):
    """Both sites get what no edit touches of L3: a bridge that routes, and a tunnel with addresses and a mirror."""
    for config, tunnel, number in ((a, "to-b", 1), (b, "to-a", 2)):
        config["tunnels"]["keep"] = {**config["tunnels"][tunnel], "key": 77, "sequence": True, "addresses": [f"10.9.0.{number}/30"]}
    a["bridges"]["lan"]["addresses"] = [BOX + "/24"]
    a["vrfs"]["default"]["routes"].append({"prefix": FAR + "/32", "tunnel": "keep"})
    b["vrfs"]["default"]["loopbacks"].append(FAR)
    b["vrfs"]["default"]["routes"].append({"prefix": "10.1.0.0/24", "tunnel": "keep"})
    ip(f"route add {FAR} via {BOX}", HOST_A)


def expect_ping(sizes=(100, 1206, 1207, 1500), ns=HOST_A, to=None):
    to = to or HOST_ADDRESS[HOST_B][0]
    lost = pinger.ping(ns, to, sizes)
    expect(not lost, f"ping {ns} to {to}, {len(sizes)} sizes: lost {lost}")


def expect_path(patience=5.0, ns=HOST_A, to=None):
    to = to or HOST_ADDRESS[HOST_B][0]
    took = pinger.wait_for_answer(ns, to, patience)
    expect(took is not None, f"{ns} reaches {to} within {patience:.0f} s" + (f" (took {took:.2f} s)" if took else ""))


class Flood:
    """Echo requests of changing sizes, one after each pause, while the block runs; lost says which got no answer."""

    def __init__(self, ns=HOST_A, to=None, sizes=(100, 1300, 1500), pause=0.001):
        self.pinger = pinger.Pinger(ns, to or HOST_ADDRESS[HOST_B][0])
        self.sizes, self.pause, self.sent, self.lost = sizes, pause, 0, []
        self.running = True
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while self.running:
            batch = list(self.sizes) * 10
            self.lost += self.pinger.ping(batch, pause=self.pause)
            self.sent += len(batch)

    def wait_for(self, least, patience=10.0):
        """Until so many were sent: on a fast machine what goes on beside it is soon done."""
        end = time.monotonic() + patience
        while self.sent < least and time.monotonic() < end:
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.pinger.close()
