#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
What lib/bgp writes is what others read: MRT through bgpdump, BMP through tshark.

usage: streams.py STREAMS     prints TAP
"""
import os
import subprocess
import sys
import tempfile

PATH = "65001 1000000007|IGP"
TAIL = "0|7|65001:1|NAG||"
MRT = [f"{kind}|{time}|{what}|{peer}|{prefix}|{path_id}{PATH}|{hop}|{TAIL}" for kind, time, what, peer, prefix, path_id, hop in [
    ("TABLE_DUMP2", 1764300000, "B", "10.0.0.1|65001", "198.51.100.0/24", "", "10.0.0.1"),
    ("TABLE_DUMP2", 1764300000, "B", "2001:db8::3|4200000003", "198.51.100.0/24", "", "10.0.0.1"),
    ("TABLE_DUMP2", 1764300000, "B", "10.0.0.1|65001", "2001:db8:1::/48", "", "2001:db8::1"),
    ("TABLE_DUMP2", 1764300000, "B", "2001:db8::3|4200000003", "2001:db8:1::/48", "", "2001:db8::1"),
    ("TABLE_DUMP2_AP", 1764300000, "B", "10.0.0.1|65001", "203.0.113.0/24", "5|", "10.0.0.1"),
    ("TABLE_DUMP2_AP", 1764300000, "B", "2001:db8::3|4200000003", "203.0.113.0/24", "6|", "10.0.0.1"),
    ("BGP4MP_ET", "1764300000.250000", "A", "10.0.0.1|65001", "192.0.2.0/24", "", "10.0.0.1"),
    ("BGP4MP_ET", "1764300000.250000", "A", "10.0.0.1|65001", "2001:db8:2::/48", "", "2001:db8::1"),
]] + ["BGP4MP_ET|1764300000.250000|STATE|10.0.0.1|65001|5|6"]

# Lines of tshark's text, in this order; others may stand between them.
BMP = """
Type: Initiation Message (4)
Information: lib/bgp
Information: r1
Information: hello
Type: Peer Up Notification (3)
Address: 10.0.0.1
ASN: 65001
BGP ID: 10.0.0.1
Timestamp (sec): 1764300000
Local Address: 10.0.0.2
Local Port: 179
Remote Port: 40000
My AS: 65002
My AS: 65001
Type: Route Monitoring (0)
Path Attribute - AS_PATH: 65001 1000000007
Path Attribute - COMMUNITIES: 65001:1
192.0.2.0/24
Type: Route Monitoring (0)
2001:db8:2::/48
Type: Route Monitoring (0)
Total Path Attribute Length: 0
Type: Route Mirroring (6)
Type: Statistics Report (1)
Stats Count: 3
Type: Peer Down Notification (2)
Major error Code: Cease (6)
Type: Termination Message (5)
Information: bye
""".strip().split("\n")


class Wrong(Exception):
    pass


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **more)
    if done.returncode:
        raise Wrong(f"{' '.join(command)} says {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def mrt(streams, folder):
    """bgpdump reads the table and the messages"""
    file = os.path.join(folder, "dump.mrt")
    with open(file, "wb") as out:
        out.write(run(streams, "mrt"))
    said = run("bgpdump", "-m", file).decode().splitlines()
    for want, got in zip(MRT, said):
        if want != got:
            raise Wrong(f"it reads {got}\nnot      {want}")
    if len(said) != len(MRT):
        raise Wrong(f"it reads {len(said)} lines, not {len(MRT)}")


def bmp(streams, folder):
    """tshark dissects every message, and calls none malformed"""
    text, file = os.path.join(folder, "bmp.txt"), os.path.join(folder, "bmp.pcap")
    octets = run(streams, "bmp")
    with open(text, "w", encoding="ascii") as out:
        for at in range(0, len(octets), 16):
            out.write(f"{at:06x} {octets[at:at + 16].hex(' ')}\n")
    run("text2pcap", "-q", "-T", "40000,11019", text, file)
    said = [line.strip() for line in run("tshark", "-r", file, "-d", "tcp.port==11019,bmp", "-V").decode().splitlines()]
    bad = [line for line in said if "alformed" in line]
    if bad:
        raise Wrong(f"tshark says: {bad}")
    at = 0
    for want in BMP:
        if want not in said[at:]:
            raise Wrong(f"tshark does not say '{want}' after '{said[at - 1]}'")
        at = said.index(want, at) + 1


def main(streams):
    tests = [mrt, bmp]
    print(f"1..{len(tests)}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for i, test in enumerate(tests, 1):
            try:
                test(streams, folder)
                print(f"ok {i} - {test.__doc__}", flush=True)
            except Wrong as wrong:
                failed += 1
                print(f"not ok {i} - {test.__doc__}\n# " + str(wrong).replace("\n", "\n# "), flush=True)
    return 1 if failed else 0


sys.exit(main(sys.argv[1]))
