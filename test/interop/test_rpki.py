#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two of our own and StayRTR: what is invalid is rejected by policy and comes back when the ROA changes; other routes are left alone."""
import json
import os
import shutil
import subprocess
import sys

from routes import path_of
from world import ADDRESS, AS, A, B, Speaker, config, eventually, expect, main

PORT = 8282
DOUBTED, OTHER = "198.51.100.0/24", "192.0.2.0/24"
WRONG_AS = 64511

POLICIES = {"in": {"rules": [{"name": "invalid", "if": {"rpki": "invalid"}, "then": "reject"},
                             {"name": "valid", "if": {"rpki": "valid"}, "set": {"local_pref": 200}, "then": "accept"}],
                   "otherwise": "accept"}}


class StayRtr:
    """The cache, in B's namespace."""

    name = "stayrtr"

    def __init__(self, folder):
        self.file, self.log = os.path.join(folder, "vrps.json"), os.path.join(folder, "stayrtr.log")
        self.process = None

    def say(self, *entries):
        """Each entry is a prefix, the greatest length and the AS."""
        text = json.dumps({"metadata": {"buildtime": "2026-01-01T00:00:00Z"},
                           "roas": [{"prefix": p, "maxLength": m, "asn": f"AS{a}", "ta": "test"} for p, m, a in entries]})
        with open(self.file + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.file + ".new", self.file)

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", B, "stayrtr", "-bind", f"{ADDRESS[B][0]}:{PORT}", "-cache", self.file, "-checktime=false",
                 "-refresh", "1", "-metrics.addr", "", "-rtr.retry", "1", "-loglevel", "error"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def tail(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()[-2000:]

    def stop(self):
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait(10)


def first_path(speaker, prefix):
    routes = speaker.ask("show", "routes", prefix)["routes"]
    return routes[0] if routes else None


def cache_of(speaker):
    return speaker.ask("show", "rpki")["caches"][0]


def test(scene):
    cache = StayRtr(scene.folder)
    cache.say((DOUBTED, 24, WRONG_AS), (OTHER, 24, AS[B]), ("2001:db8::/32", 48, AS[B]))
    rpki = {"caches": [{"address": ADDRESS[B][0], "port": PORT}], "retry": 1}
    a = scene.ours({"import": "in"}, rpki=rpki, policies=POLICIES)
    neighbor = {"address": ADDRESS[A][0], "as": AS[A], "hold_time": 9, "connect_retry": 2, "import": "accept", "export": "accept"}
    b = scene.start(Speaker(scene.folder, {"as": AS[B], "router_id": "10.9.0.2", "neighbors": {"a": neighbor},
                                           "announce": [DOUBTED, OTHER, "203.0.112.0/24"]}, ns=B, name="b"))
    eventually("Established on both sides", lambda: a.is_up() and b.is_up("a"))
    eventually(f"without a cache {DOUBTED} is not found, and accepted", lambda: path_of(a, DOUBTED)["best"])
    eventually("the cache is tried", lambda: cache_of(a)["faults"] > 0)

    scene.start(cache)
    eventually("the cache has said all", lambda: cache_of(a)["state"] == "synced")
    expect(a.ask("show", "rpki")["entries"] == {"ipv4": 2, "ipv6": 1}, "which are two entries of IPv4 and one of IPv6")
    eventually(f"{DOUBTED} is rejected", lambda: first_path(a, DOUBTED).get("rejected"))
    expect(first_path(a, DOUBTED)["why"] == "policy in, rule 1 (invalid)", "by the rule about invalid routes")
    eventually(f"{OTHER} is valid", lambda: path_of(a, OTHER)["local_pref"] == 200)

    decisions = a.ask("show", "counters")["decisions"]
    cache.say((DOUBTED, 24, AS[B]), (OTHER, 24, AS[B]), ("2001:db8::/32", 48, AS[B]))
    eventually(f"another ROA, and {DOUBTED} comes back", lambda: path_of(a, DOUBTED)["local_pref"] == 200)
    expect(a.ask("show", "counters")["decisions"] == decisions + 1, "no other prefix was decided again")
    expect(cache_of(a)["withdrawn"] == 1 and a.neighbor()["times_up"] == 1, "by a difference, in the same session")

    cache.stop()
    eventually("the cache is lost", lambda: cache_of(a)["state"] != "synced")
    expect(path_of(a, DOUBTED)["local_pref"] == 200, "what it said stays valid")
    cache.start()
    eventually("it comes back, and is asked again", lambda: cache_of(a)["state"] == "synced")

    a.reload(config({"import": "in"}, policies=POLICIES))
    eventually("without caches there are no entries", lambda: a.ask("show", "rpki") == {"caches": [], "entries": {"ipv4": 0, "ipv6": 0}})
    eventually(f"and {DOUBTED} is not found again", lambda: path_of(a, DOUBTED).get("local_pref") != 200)
    cache.stop()
    b.stop()
    a.stop()


if not shutil.which("stayrtr"):
    sys.exit("there is no stayrtr: run tools/setup")
main(test)
