#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an operator looks at: captures that tshark reads, stories of packets, and none of it loses a packet."""
import json
import os
import signal
import socket
import subprocess
import time
import xml.etree.ElementTree

from harness import Flood, expect, expect_path, main, sites
from netns import EDGE_A, HOST_A, HOST_ADDRESS, HOST_B, inside, ip, run


def ctl(daemon, *words, **more):
    """What amimectl prints; its words on standard error are in more["stderr"], where a pipe."""
    done = subprocess.run([daemon.program("amimectl"), "-n", daemon.name, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=20, check=False, **more)
    return done.returncode, done.stdout, done.stderr.decode()


def tshark(path, *fields):
    """Rows of the fields of each packet in a file."""
    wanted = [word for field in fields for word in ("-e", field)]
    text = run("tshark", "-r", path, "-n", "-T", "fields", "-E", "separator=|", "-E", "occurrence=f", *wanted)
    return [line.split("|") for line in text.splitlines()]


def capture_stages(daemon, folder):
    """Each stage by itself: what tshark sees there."""
    path = os.path.join(folder, "stages.pcapng")
    status, _, said = ctl(daemon, "capture", "--count", "200", "--write", path)
    expect(status == 0, f"a capture of 200 packets ends by itself {said}")
    rows = tshark(path, "frame.interface_name", "frame.packet_flags_direction", "frame.comment", "frame.protocols")
    expect(len(rows) == 200, f"tshark reads all of them: {len(rows)}")
    seen = {(name, comment.split(":")[0]) for name, _, comment, _ in rows}
    wanted = {("wan", "rx"), ("wan", "tx"), ("lan", "rx"), ("lan", "tx"), ("to-b", "decap"), ("lan", "encap"), ("wan", "whole")}
    expect(wanted <= seen, f"every stage is there: {sorted(seen)}")
    inner = [p for name, _, comment, p in rows if name == "to-b" and comment.startswith("decap")]
    expect(all(p.startswith("raw:ip:udp") for p in inner), "out of the GRE tunnel comes IP, as a link of its own")
    ways = {comment.split(":")[0]: way for _, way, comment, _ in rows}
    expect(ways["rx"] != ways["tx"], f"and each says its direction: {ways}")


def wait_until(holds, what, patience=5.0):
    end = time.monotonic() + patience
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    expect(holds(), what)


def capture_filtered(daemon, folder):
    path = os.path.join(folder, "filtered.pcapng")
    with open(path, "wb") as file:
        capture = subprocess.Popen([daemon.program("amimectl"), "-n", daemon.name, "capture", "-i", "port lan", "-d", "in", "-S", "rx",
                                    "-l", "60", "icmp", "and", "src", HOST_ADDRESS[HOST_A][0]], stdout=file)
        wait_until(lambda: os.path.getsize(path) > 4096, "a capture to standard output writes what it sees")
        capture.send_signal(signal.SIGINT)
        expect(capture.wait(5) == 0, "an interrupt ends a capture to standard output")
    rows = tshark(path, "ip.src", "icmp.type", "frame.cap_len")
    expect(len(rows) > 10 and all(row == [HOST_ADDRESS[HOST_A][0], "8", "60"] for row in rows),
           f"{len(rows)} packets, only those of the filter, 60 octets each")
    for words in (["capture", "-o", path, "host", "nowhere", "("], ["capture", "-o", path, "-i", "moon"]):
        status, _, said = ctl(daemon, *words)
        expect(status in (1, 2) and len(said.splitlines()) == 1, f"refused in a sentence: {said.strip()}")


def drops(daemon, folder):
    """A frame whose sender is a group, with the verdict as comment."""
    path = os.path.join(folder, "drops.pcapng")
    capture = subprocess.Popen([daemon.program("amimectl"), "-n", daemon.name, "capture", "-S", "drop", "-N", "1", "-o", path])
    with inside(HOST_A), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("eth0", 0))

        def ended():
            """Only what comes once the capture has begun ends it, and when that is nobody says: one frame after the other, then."""
            sock.send(bytes.fromhex("0200000000020300000000010806") + bytes(46))
            return capture.poll() is not None

        wait_until(ended, "a capture of one drop ends by itself")
    expect(capture.returncode == 0, "a capture of a drop")
    rows = tshark(path, "frame.interface_name", "frame.comment", "eth.src")
    expect(rows[0][0] == "lan" and rows[0][1].startswith("drop eth_source: ") and rows[0][2] == "03:00:00:00:00:01", f"it says why: {rows[0]}")


def glance(daemon, folder):
    """What is made of several answers: top, graph, one tunnel."""
    status, out, _ = ctl(daemon, "--json", "--watch=0.3", "top", "--once")
    rates = json.loads(out)
    moving = {row["name"] for row in rates["interfaces"] if row["rx_packets_per_s"] > 10}
    expect(status == 0 and {"wan", "lan", "to-b"} <= moving, f"top has rates: {sorted(moving)}")
    expect(rates["memory"]["resident"] > 1 << 20 and rates["workers"], "memory and workers")
    status, out, _ = ctl(daemon, "--watch=0.3", "top", "--once")
    expect(status == 0 and b"tunnel to-b" in out and b"RX PKT/S" in out, "and the same as tables")
    status, out, _ = ctl(daemon, "graph")
    expect(status == 0 and b"vtep 10.255.0.2, VNI 10100" in out and b"10.255.0.2/32: up" in out, "graph:\n" + out.decode())
    path = os.path.join(folder, "graph.svg")
    status, _, _ = ctl(daemon, "graph", "--svg", "-o", path)
    expect(status == 0 and xml.etree.ElementTree.parse(path).getroot().tag.endswith("svg"), "and as a picture that is XML")
    for what, words in (("interfaces", b"to-b"), ("neighbors", b"198.51.100.1"), ("routes 10.255.0.2", b"live                   -   2400  tunnel to-b"),
                        ("routes --vrf underlay", b"kernel     live"), ("vrfs", b"10.255.0.1"), ("as", b"no route says"),
                        ("interfaces lan", b"nothing was dropped")):
        status, out, _ = ctl(daemon, "show", *what.split())
        expect(status == 0 and words in out, f"show {what}:\n" + out.decode())
    status, out, _ = ctl(daemon, "show", "tunnel", "to-b")
    expect(status == 0 and b"nothing is missing" in out, "nothing is missing with a tunnel that is up")


LACKS = [  # what is taken away, what is said to be missing, what to do about it, how it comes back
    ("link set wan0 down", "port wan is down: device wan0 is set down", "try: ip link set wan0 up",
     "link set wan0 up\nroute add default via 192.0.2.254"),
    ("route replace default via 192.0.2.77", "no answer yet from neighbour 192.0.2.77", "asking every second",
     "route replace default via 192.0.2.254"),
    ("route replace blackhole default", "no route to 198.51.100.1", "see: ip route get",
     "route del blackhole default\nroute add default via 192.0.2.254"),
    ("route add 198.51.100.1 dev lo", "leaves by lo, which is no port of ours", "make it one, or change the route", "route del 198.51.100.1 dev lo"),
    ("address add 198.51.100.1/32 dev lo", "is an address of this machine itself", "correct it in the file", "address del 198.51.100.1/32 dev lo"),
    ("address del 192.0.2.1/24 dev wan0\naddress add 192.0.2.9/24 dev wan0\nroute add default via 192.0.2.254",
     "local address 192.0.2.1 is on no device here", "try: ip address add",
     "address del 192.0.2.9/24 dev wan0\naddress add 192.0.2.1/24 dev wan0\nroute add default via 192.0.2.254"),
]


def told_of(daemon, what):
    """What `show tunnel` says once it says this, or at the end of patience."""
    end, out = time.monotonic() + 5, ""
    while what not in out and time.monotonic() < end:
        time.sleep(0.1)
        out = ctl(daemon, "show", "tunnel", "to-b")[1].decode()
    return out


def lacks(daemon):
    for taken, what, do, back in LACKS:
        ip(taken, EDGE_A)
        out = told_of(daemon, what)
        expect(what in out and do in out, f"{taken}:\n{out}")
        ip(back, EDGE_A)
        expect("nothing is missing" in told_of(daemon, "nothing is missing"), "and it heals")


def missing(daemon):
    """The far end's route goes; the tunnel says so, and what to do."""
    run("ip", "-n", EDGE_A, "route", "del", "default")
    end, out = time.monotonic() + 5, b""
    while b"no route" not in out and time.monotonic() < end:
        time.sleep(0.1)
        out = ctl(daemon, "show", "tunnel", "to-b")[1]
    expect(b": down" in out and b"no route to 198.51.100.1\n    see: ip route get" in out, "what is missing:\n" + out.decode())
    for words, said in (("routes 10.255.0.2", b"tunnel-down"), ("interfaces to-b", b"why        no route to 198.51.100.1"),
                        ("neighbors", b"no-route"), ("routes 198.51.100.1 --vrf underlay", b"no-route")):
        out = ctl(daemon, "show", *words.split())[1]
        expect(said in out, f"show {words}:\n" + out.decode())
    run("ip", "-n", EDGE_A, "route", "add", "default", "via", "192.0.2.254")


def traces(daemon):
    status, out, _ = ctl(daemon, "--json", "trace", "-N", "5", "-i", "to-b")
    stories = [json.loads(line) for line in out.splitlines()]
    expect(status == 0 and len(stories) == 5, "5 stories of packets that come by the tunnel")
    ways = {tuple((e["stage"], e["interface"]) for e in story["events"]) for story in stories}
    whole = (("rx", "wan"), ("decap", "to-b"), ("decap", "lan"), ("tx", "lan"))
    joined = (("rx", "wan"), ("whole", "wan")) + whole[1:]
    expect(ways <= {whole, joined}, f"each is told from port to port: {ways}")
    status, out, _ = ctl(daemon, "trace", "-N", "3", "src", HOST_ADDRESS[HOST_A][0])
    expect(status == 0 and out.count(b"packet ") == 3 and b"into the tunnel" in out and b"ICMP type 8" in out,
           "and in words:\n" + out.decode())


def test(net, folder):
    net.path_mtu(1500)
    (_, a), (_, b) = sites(folder)
    a.start()
    b.start()
    expect_path()
    with Flood() as flood:
        capture_stages(a, folder)
        capture_filtered(a, folder)
        traces(a)
        glance(a, folder)
        drops(a, folder)
    expect(flood.sent > 100 and not flood.lost, f"{flood.sent} echo requests meanwhile, lost: {flood.lost}")
    missing(a)
    lacks(a)
    a.stop()
    b.stop()


main(test)
