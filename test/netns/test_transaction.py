#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A reload is one transaction: 200 random edits under traffic lose none of what did not change and make none of it anew; 200
wrong files change nothing and say where; on trial it goes back by itself; kill -9 at any moment leaves one that is whole."""
import json
import os
import random
import subprocess
import tempfile
import time

import edits
from harness import Flood, expect, expect_path, main, sites, write
from netns import EDGE_A, Trouble, ip

EDITS, WRONG, KILLS, SEED = 200, 200, 4, 20261128
DEVICES = ["spare0", "spare1"]


def running(daemon):
    return json.dumps(daemon.show("config")["config"])


def member_ids(daemon):
    """{bridge: {member: id}}"""
    return {(b["kind"], b["name"]): {m["member"]: m["id"] for m in b["members"]} for b in daemon.show("bridges")}


def kept(daemon):
    """What would begin anew with an object: counters, MAC addresses learnt, interfaces."""
    tunnel = next(t for t in daemon.show("tunnels") if t["name"] == "to-b")
    bridge = next(b for b in daemon.show("bridges") if b["name"] == "lan" and b["kind"] == "bridge")
    ports = {p["name"]: (p["ifindex"], p["counters"]["rx_packets"]) for p in daemon.show("ports") if p["name"] in ("wan", "lan")}
    return {"counts": [tunnel["counters"]["rx_packets"], tunnel["counters"]["tx_packets"], ports["wan"][1], ports["lan"][1]],
            "ifindex": [ports["wan"][0], ports["lan"][0]], "learnt": bridge["learnt"], "moved": bridge["moved"], "macs": bridge["macs"]}


def same_members(before, after, old, new):
    """Bridges that no edit touched have the same members under the same ids."""
    wrong = []
    for section, kind in (("bridges", "bridge"), ("xconnects", "xconnect")):
        for name, value in new.get(section, {}).items():
            if old.get(section, {}).get(name) == value and before[kind, name] != after[kind, name]:
                wrong.append(name)
    return wrong


def take_edits(daemon, folder, config):
    steps = edits.Edits(config, SEED, DEVICES)
    done, recreated = {}, []
    old, before, first = config, member_ids(daemon), kept(daemon)
    for n in range(EDITS + 1):
        if n == EDITS and not steps.spins():
            break
        kind, new = steps.next()
        edits.write(folder, "a.json", new, split=n % 2)
        answer = daemon.ask({"method": "reload"})
        if not answer["ok"]:
            raise Trouble(f"edit {n} ({kind}) is refused: {answer}")
        after = member_ids(daemon)
        recreated += same_members(before, after, old, new)
        done[kind] = done.get(kind, 0) + 1
        old, before = new, after
    last = kept(daemon)
    expect(sum(done.values()) >= EDITS and len(done) == len(steps.kinds) + 1, f"{EDITS} edits were taken: {done}")
    expect(not recreated, f"bridges that were left alone keep their members' ids: {recreated}")
    grew = all(b > a for a, b in zip(first.pop("counts"), last.pop("counts")))
    expect(grew and first == last, f"counters of what was left alone went on, and nothing was learnt anew: {first}, {last}")
    return old


def take_wrong(daemon, folder, config):
    before, number = running(daemon), daemon.show("config")["running"]
    for n, (way, text) in enumerate(edits.wrong(config, SEED, WRONG)):
        write(folder, "a.json", text)
        answer = daemon.ask({"method": "reload"})
        bad = [e for e in answer.get("errors", []) if not e["path"].startswith("$") or e["line"] < 1 or not e["text"]]
        if answer["ok"] or not answer["errors"] or bad:
            raise Trouble(f"wrong file {n} ({way}): {answer}")
    now = daemon.show("config")
    expect(now["running"] == number and json.dumps(now["config"]) == before, f"{WRONG} wrong files: each error has a path and a line, and nothing has changed")


def on_trial(daemon, folder, config, ttl):
    changed = json.loads(json.dumps(config))
    changed["tunnels"]["to-b"]["ttl"] = ttl
    edits.write(folder, "a.json", changed, split=False)
    return changed


def go_back(daemon, folder, config):
    """Without a confirmation the old one comes back, to the last byte; with one it stays."""
    before = running(daemon)
    on_trial(daemon, folder, config, 41)
    answer = daemon.ask({"method": "reload", "confirm": 1})
    expect(answer["ok"] and running(daemon) != before and "confirm_within_s" in daemon.show("config"), "what is on trial runs")
    end = time.monotonic() + 5
    while running(daemon) != before and time.monotonic() < end:
        time.sleep(0.05)
    expect(running(daemon) == before, "not confirmed: the old one runs again, the same byte for byte")
    on_trial(daemon, folder, config, 42)
    expect(daemon.ask({"method": "reload", "confirm": 60})["ok"] and daemon.ask({"method": "confirm"})["ok"], "confirmed in time")
    expect('"ttl": 42' in running(daemon), "it stays")
    expect(daemon.ask({"method": "rollback"})["ok"] and running(daemon) == before, "rollback: the one before runs")
    status, said = check(daemon)
    expect(status == 4 and "rolled back" in said, f"--check of the file that was rolled back: status {status}")


def check(daemon):
    """Status and words of amimed --check."""
    done = subprocess.run([daemon.program("amimed"), "--check", daemon.config, "--state", daemon.state],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def starts_with_the_committed(daemon, folder):
    """A file that is wrong does not keep a box down."""
    before = running(daemon)
    daemon.stop()
    write(folder, "a.json", "{ \"tunnels\": ")
    status, said = check(daemon)
    expect(status == 1 and "a.json:1" in said and "committed last" in said, f"--check: status {status}: {said.strip()}")
    daemon.start()
    shown = daemon.show("config")
    expect(json.dumps(shown["config"]) == before, "a start with a wrong file runs what was committed last")
    expect("is wrong" in shown["started_otherwise"] and "is wrong" in daemon.tail(), "show and the log say so")


def watches(daemon, folder, config):
    """With `watch` a file that is dropped into an included folder is a reload, without anybody asking."""
    config = json.loads(json.dumps(config))
    config["system"]["watch"] = True
    edits.write(folder, "a.json", config, split=True)
    expect(daemon.ask({"method": "reload"})["ok"], "watch is on")
    dropped = {"tunnels": {"dropped": {"type": "etherip", "local": edits.LOCAL4, "remote": "203.0.113.99"}}}
    write(folder, os.path.join("more.d", "dropped.json"), dropped)
    end = time.monotonic() + 5
    while "dropped" not in daemon.show("config")["config"]["tunnels"] and time.monotonic() < end:
        time.sleep(0.05)
    expect("dropped" in daemon.show("config")["config"]["tunnels"], "a file that was dropped into the folder is taken")
    os.unlink(os.path.join(folder, "more.d", "dropped.json"))
    config["system"]["watch"] = False
    edits.write(folder, "a.json", config, split=False)
    expect(daemon.ask({"method": "reload"})["ok"], "watch is off")


def steps(daemon):
    """No step of control kept packets, neighbours or people waiting."""
    h = daemon.show("workers")["control_steps"]
    short = h["to_10us"] + h["to_100us"] + h["to_1ms"]
    # Other programs on the machine, and a worker that spins, make some of them longer: those that take their time alone do not.
    expect((h["to_10ms"] + h["to_100ms"] + h["to_1s"]) * 50 < short and not h["longer"], f"control's steps: {h}")


def kill_anywhere(daemon, folder, config):
    """Each time another file, a reload that nobody waits for, and kill -9 at some moment in it."""
    rng = random.Random(SEED)
    outcomes = {"old": 0, "new": 0}
    for n in range(KILLS):
        old = running(daemon)
        new = on_trial(daemon, folder, config, 100 + n)
        mark = os.path.join(daemon.state, daemon.name, "unconfirmed")
        before = os.readlink(mark) if os.path.islink(mark) else None
        daemon.send({"method": "reload", "confirm": 60 if n % 4 == 3 else 0})
        if n % 2:  # just when it is prepared, and not yet committed
            end = time.monotonic() + 5
            while (os.readlink(mark) if os.path.islink(mark) else None) in (before, None) and time.monotonic() < end:
                pass
        else:
            time.sleep(rng.random() * 0.02)
        daemon.kill()
        daemon.start()
        shown = daemon.show("config")
        ttl = shown["config"]["tunnels"]["to-b"]["ttl"]
        is_new = ttl == new["tunnels"]["to-b"]["ttl"]
        outcomes["new" if is_new else "old"] += 1
        expect(is_new or json.dumps(shown["config"]) == old, f"kill {n}: what starts is whole (ttl {ttl})")
        expect(is_new or "started_otherwise" in shown, f"kill {n}: where it is not the file's, that is said")
        expect(shown["running"] == shown["committed"], f"kill {n}: it runs what is committed, number {shown['running']}")
    print(f"ok    started with the file {outcomes['new']} times, with the one before {outcomes['old']} times", flush=True)


def run(net, folder, quick):
    net.path_mtu(1500)
    ip("link add spare0 type veth peer name spare1\nlink set spare0 up\nlink set spare1 up", ns=EDGE_A)
    (config, a), (_, b) = sites(folder)
    a.state = quick  # in memory: kill -9 leaves it as it would a disk, and a busy disk does not make the test slow
    a.start()
    b.start()
    expect_path()
    with Flood() as flood:
        last = take_edits(a, folder, config)
        take_wrong(a, folder, last)
    expect(flood.sent > 500 and not flood.lost, f"{flood.sent} echo requests meanwhile, lost: {flood.lost}")
    go_back(a, folder, last)
    watches(a, folder, last)
    steps(a)
    b.stop()
    kill_anywhere(a, folder, config)
    starts_with_the_committed(a, folder)
    a.stop()


def test(net, folder):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as quick:
        run(net, folder, quick)


main(test)
