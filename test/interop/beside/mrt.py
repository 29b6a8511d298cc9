#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
What others write as MRT is read: the table of BIRD and its messages, and the messages and the table of FRR, which has them from BIRD.

usage: mrt.py MRT_READ
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from peers import Frr, wait_for_end  # noqa: E402
from world import A, AS, ADDRESS, B, eventually, main, run, write  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))


WANTED = {
    "bird.table": ["route of peer 1 UPDATE announces 198.51.100.0/24 path 65002", "route of peer 1 UPDATE announces 2001:db8:b::/48 path 65002"],
    "bird.messages": ["from AS 65002 UPDATE announces 198.51.100.0/24 path 65002", "state 5 to 6"],
    "frr.table": ["route of peer 1 UPDATE announces 203.0.113.0/24 path 65001", "route of peer 1 UPDATE announces 2001:db8:a::/48 path 65001"],
    "frr.messages": ["from AS 65001 UPDATE announces 203.0.113.0/24 path 65001"],
}


def reads(file, *lines):
    """The file is read to its end without complaint, and among what it says are these lines."""
    said = run(PROGRAM, file).splitlines() if os.path.exists(file) else []
    return all(line in said for line in lines)


class Bird:
    """BIRD at A, where ours stands otherwise; it writes its table each second, and all messages."""

    name = "bird"

    def __init__(self, folder, table, messages):
        self.folder, self.control, self.process = folder, os.path.join(folder, "bird.ctl"), None
        self.config = write(folder, "bird.conf", f"""log "{folder}/bird.log" all;
router id 10.9.0.1;
mrtdump "{messages}";
mrtdump protocols {{ states, messages }};
protocol device {{ }}
protocol static {{ ipv4; route 203.0.113.0/24 blackhole; }}
protocol static {{ ipv6; route 2001:db8:a::/48 blackhole; }}
protocol mrt {{ table "master*"; filename "{table}"; period 1; }}
protocol bgp {{
  local as {AS[A]};
  neighbor {ADDRESS[B][0]} as {AS[B]};
  connect delay time 1; connect retry time 2; error wait time 1, 3;
  ipv4 {{ import all; export where source = RTS_STATIC; }};
  ipv6 {{ import all; export where source = RTS_STATIC; next hop address {ADDRESS[A][1]}; }};
}}
""")

    def start(self):
        self.process = subprocess.Popen(["ip", "netns", "exec", A, "bird", "-f", "-c", self.config, "-s", self.control],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def tail(self):
        with open(os.path.join(self.folder, "bird.log"), encoding="utf-8") as file:
            return file.read()[-2000:]

    def stop(self):
        wait_for_end(self.process, "bird")


def test(scene):
    dumps = os.path.join(scene.folder, "dumps")
    os.makedirs(dumps)
    shutil.chown(dumps, "frr", "frr")
    file = {name: os.path.join(dumps, name) for name in ("bird.table", "bird.messages", "frr.table", "frr.messages")}
    frr = scene.start(Frr(scene.folder, before=f"dump bgp all {file['frr.messages']}\ndump bgp routes-mrt {file['frr.table']} 1"))
    scene.start(Bird(scene.folder, file["bird.table"], file["bird.messages"]))
    eventually("FRR has BIRD's routes", lambda: frr.route("203.0.113.0/24") and frr.route("2001:db8:a::/48"))
    for name, lines in WANTED.items():
        eventually(f"{name} is read", lambda name=name, lines=lines: reads(file[name], *lines))


main(test)
