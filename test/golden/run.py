#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
Golden tests: capture files and counters through amime-pcap.

A case passes when what leaves is what cases.py says by independent means (layers taken off, checksums verified, fragments put
together), when every drop it names is counted and no other, and when packets and counters are byte for byte those stored in
golden/. `run.py --update` stores them anew, after the independent check only.

  run.py PROGRAM [--update] [CASE...]
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from scapy.utils import RawPcapReader  # noqa: E402

import wire  # noqa: E402
from cases import CASES  # noqa: E402

STORE = os.path.join(HERE, "golden")


def write_pcap(path, frames, first_us):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(frames):
            us = first_us + i * 100
            f.write(struct.pack("<IIII", 1 + us // 1000000, us % 1000000, len(frame), len(frame)) + frame)


def read_pcap(path):
    return [bytes(data) for data, _ in RawPcapReader(path)] if os.path.getsize(path) > 24 else []


def run(program, case, folder):
    """Feed the case; returns ({port: frames out}, counters, files)."""
    conf = os.path.join(folder, "config.json")
    with open(conf, "w") as f:
        json.dump(case.config, f, indent=2)
        f.write("\n")
    lan_at, wan_at = (0, 500000) if case.lan_first else (500000, 0)
    args = [program, "--config", conf, "--counters", os.path.join(folder, "counters.json")]
    for port in case.config["ports"]:
        frames = {"lan": case.lan_in, "wan": case.wan_in}.get(port, [])
        if frames:
            write_pcap(os.path.join(folder, f"in.{port}.pcap"), frames, {"lan": lan_at, "wan": wan_at}[port])
            args += ["--in", f"{port}={folder}/in.{port}.pcap"]
        args += ["--out", f"{port}={folder}/out.{port}.pcap"]
    done = subprocess.run(args, capture_output=True, text=True, timeout=60)
    if case.refused:
        wire.need(done.returncode == 1, f"amime-pcap says {done.returncode}, not 1")
        wire.need(case.refused in done.stderr, f"the complaint does not hold '{case.refused}': {done.stderr.strip()}")
        return None, None
    if done.returncode:
        raise wire.Wrong(f"amime-pcap says {done.returncode}: {done.stderr.strip()}")
    out = {p: read_pcap(os.path.join(folder, f"out.{p}.pcap")) for p in case.config["ports"]}
    with open(os.path.join(folder, "counters.json")) as f:
        return out, json.load(f)


def check_sent(want, got_ip, lens, vx_l2):
    """One datagram that left by wan against what the case says."""
    if want.lens is not None:
        wire.need(lens == want.lens, f"outer lengths {lens}, not {want.lens}")
    wire.need(len(lens) <= 2, "more than two packets")
    if len(lens) == 1 and lens[0] <= 1280 and got_ip["family"] == 4:
        wire.need(got_ip["df"] and got_ip["ident"] == 0, "an atomic packet has DF and no identification (RFC 6864)")
    for name, value in want.outer.items():
        wire.need(got_ip[name] == value, f"outer {name} is {got_ip[name]}, not {value}")
    facts, inside = wire.open_tunnel(got_ip)
    if inside is None:
        vni, frame = wire.open_vxlan(got_ip)
    elif want.vni is not None:
        packet = wire.parse_ip(inside[14:] if vx_l2 else inside)
        for name, value in want.vx.items():
            wire.need(packet[name] == value, f"VXLAN's IP {name} is {packet[name]}, not {value}")
        vni, frame = wire.open_vxlan(packet)
    else:
        vni, frame = None, inside
    for name, value in want.facts.items():
        wire.need(facts.get(name) == value, f"tunnel {name} is {facts.get(name)}, not {value}")
    wire.need(vni == want.vni, f"VNI {vni}, not {want.vni}")
    wire.need(frame == want.inner, "the frame inside is not the one that was sent")


def check(case, out, counters):
    if case.refused:
        return
    wire.need(out["lan"] == case.lan_out, "lan: %d frames %s left, not %d %s" % (
        len(out["lan"]), [len(f) for f in out["lan"]], len(case.lan_out), [len(f) for f in case.lan_out]))
    datagrams = wire.put_together(out["wan"])
    wire.need(len(datagrams) == len(case.wan_out), f"wan: {len(datagrams)} datagrams left, not {len(case.wan_out)}")
    tunnel = case.config.get("tunnels", {}).get("t", {})
    for want, (ip, lens) in zip(case.wan_out, datagrams):
        check_sent(want, ip, lens, tunnel.get("type") in ("etherip", "gretap"))
    drops = {name: c["drops"] for name, c in counters["interfaces"].items() if "drops" in c}
    wire.need(drops == case.drops, f"drops {drops}, not {case.drops}")
    for iface, values in case.counters.items():
        for name, value in values.items():
            have = counters["interfaces"].get(iface, {}).get(name, 0)
            wire.need(have == value, f"{iface} {name} is {have}, not {value}")
    wire.need(case.ases is None or counters.get("as") == case.ases, f"to ASes {counters.get('as')}, not {case.ases}")
    wire.need(case.acls is None or counters.get("acls") == case.acls, f"by rules {counters.get('acls')}, not {case.acls}")
    wire.need("still_held" not in counters["reassembly"], "fragments are still held at the end")


def files_of(folder):
    return sorted(f for f in os.listdir(folder) if f.endswith((".pcap", ".json")))


def compare(folder, stored):
    if not os.path.isdir(stored):
        raise wire.Wrong("nothing is stored for this case; run.py PROGRAM --update stores it")
    wire.need(files_of(folder) == files_of(stored), "the files are not those stored")
    for name in files_of(folder):
        with open(os.path.join(folder, name), "rb") as a, open(os.path.join(stored, name), "rb") as b:
            wire.need(a.read() == b.read(), f"{name} is not the one stored, though right in substance")


def store(folder, stored):
    os.makedirs(stored, exist_ok=True)
    for name in os.listdir(stored):
        os.unlink(os.path.join(stored, name))
    for name in files_of(folder):
        with open(os.path.join(folder, name), "rb") as a, open(os.path.join(stored, name), "wb") as b:
            b.write(a.read())


def outcome(program, case, update):
    """None where the case passes, or what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(case, *run(program, case, folder))
            if update:
                store(folder, os.path.join(STORE, case.name))
            compare(folder, os.path.join(STORE, case.name))
        except (wire.Wrong, subprocess.TimeoutExpired) as e:
            return str(e)
    return None


def main():
    args = [a for a in sys.argv[1:] if a != "--update"]
    update, program, chosen = "--update" in sys.argv, args[0], args[1:]
    cases = [c for c in CASES if not chosen or c.name in chosen]
    failed = 0
    print(f"1..{len(cases)}")
    # Most of a case is a process that starts, and half of that it waits.
    with ThreadPoolExecutor(2 * len(os.sched_getaffinity(0))) as pool:
        for i, (case, wrong) in enumerate(zip(cases, pool.map(lambda c: outcome(program, c, update), cases)), 1):
            failed += wrong is not None
            print(f"not ok {i} - {case.name}: {wrong}" if wrong else f"ok {i} - {case.name}", flush=True)
    print(f"# {len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
