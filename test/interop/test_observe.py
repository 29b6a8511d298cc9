#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two of our own, and who looks: bgpdump reads the messages that passed; tshark reads what BMP stations were told, one of which was there
from the beginning, one came later, and one reads nothing."""
import glob
import os

from routes import THEIRS
from station import PORT, Station
from world import ADDRESS, AS, A, B, Speaker, config, eventually, expect, main, run

ROUTE_MONITORING, STATISTICS, PEER_DOWN, PEER_UP, INITIATION, TERMINATION = range(6)
FAMILIES = {"ipv4": {"add_path": "both"}, "ipv6": {}}
FEED = 14000  # routes, each with a path of its own: more than a station that does not read is forgiven
THERE = ADDRESS[B][0]


def records(pattern):
    """Every line of every file whose name is final, oldest first."""
    lines = []
    for file in sorted(glob.glob(pattern)):
        if not file.endswith(".new"):
            lines += run("bgpdump", "-m", file).splitlines()
    return [line.split("|") for line in lines]


def feed(folder):
    path = os.path.join(folder, "feed.txt")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"11.{i >> 8}.{i & 255}.0/24 {AS[B]} {100000 + i}\n" for i in range(FEED))
    return path


def prefixes(rows):
    return {prefix for row in rows for prefix in row[1]}


def stations(*ports):
    return {"stations": [{"address": THERE, "port": port} for port in ports], "statistics": 1, "buffer": 1}


def state(a, port):
    return next(s for s in a.ask("show", "bmp")["stations"] if s["port"] == port)


def test(scene):
    early, slow, late = Station(B, THERE), Station(B, THERE, PORT + 1, slow=True), Station(B, THERE, PORT + 2)
    log = os.path.join(scene.folder, "messages.mrt")
    more = {"dump": {"messages": log, "messages_every": 1}}
    a = scene.ours({"families": FAMILIES}, bmp=stations(PORT, PORT + 1), **more)
    eventually("both stations are up", lambda: [state(a, PORT + i)["state"] for i in (0, 1)] == ["up", "up"])
    neighbor = {"address": ADDRESS[A][0], "as": AS[A], "hold_time": 9, "connect_retry": 2, "import": "accept", "export": "accept",
                "families": FAMILIES}
    b = scene.start(Speaker(scene.folder, {"as": AS[B], "router_id": "10.9.0.2", "neighbors": {"a": neighbor},
                                           "announce": [THEIRS["ipv4"], {"prefix": THEIRS["ipv6"], "next_hop": ADDRESS[B][1]}],
                                           "feeds": [{"file": feed(scene.folder)}]}, ns=B, name="b"))
    eventually("the routes are there", lambda: sum(a.neighbor()["received"].values()) == FEED + 2)
    cut = eventually("the station that reads nothing is cut off", lambda: state(a, PORT + 1)["cut_off"] and state(a, PORT + 1))
    expect("too slowly" in cut["last_fault"], f"and that is said: {cut['last_fault']}")
    expect(state(a, PORT)["state"] == "up", "the other one stays")
    eventually("it comes again", lambda: len(slow.connections) > 1)

    a.reload(config({"families": FAMILIES}, bmp=stations(PORT, PORT + 2), **more))
    eventually("a station that comes late is told the table", lambda: state(a, PORT + 2)["complete"])
    eventually("and counters", lambda: STATISTICS in late.kinds())
    b.ask("shutdown", "a", "for a while")
    eventually("down", lambda: not a.is_up())
    a.stop()
    b.stop()
    eventually("the stations are left", lambda: early.closed == 1 and late.closed == 1)

    for station, name in ((early, "early"), (late, "late")):
        kinds = station.kinds()
        expect(kinds[:1] == [INITIATION] and kinds[-2:] == [PEER_DOWN, TERMINATION], f"{name}: a stream begins and ends as it should")
        expect(kinds.count(PEER_UP) == 1 and STATISTICS in kinds, f"{name}: the peer comes up once, and is counted")
        rows = station.read(os.path.join(scene.folder, name + ".pcap"), "bmp.type", "bgp.nlri_prefix", "bgp.mp_reach_nlri_ipv6_prefix",
                            "bgp.type", "bmp.peer.down.reason", "bgp.notify.minor_error_cease", "bmp.peer.asn",
                            "bmp.stats.data.routes_adj_rib_in", "_ws.malformed")
        routes = [row for row in rows if row[0] == [str(ROUTE_MONITORING)]]
        expect(len(prefixes(routes)) == FEED + 1, f"{name}: tshark reads {FEED + 1} IPv4 prefixes")
        expect(THEIRS["ipv6"].split("/")[0] in {p for row in routes for p in row[2]}, f"{name}: and that of IPv6")
        up = next(row for row in rows if row[0] == [str(PEER_UP)])
        expect(up[3] == ["1", "1"] and up[6] == [str(AS[B])], f"{name}: PEER_UP has both OPENs")
        down = rows[-2]
        expect(down[4] == ["3"] and down[5] == ["2"], f"{name}: PEER_DOWN has the peer's NOTIFICATION, a shutdown")
        expect(any(row[7] == [str(FEED + 2)] for row in rows), f"{name}: statistics count {FEED + 2} routes")
        expect(not any(row[8] for row in rows), f"{name}: and finds nothing malformed in {len(rows)} messages")

    lines = records(log + ".*")
    states = [line[5:7] for line in lines if line[2] == "STATE"]
    expect(states[0] == ["1", "2"], "bgpdump reads that the first thing is Idle to Connect")
    expect(states[-4:] == [["3", "4"], ["4", "5"], ["5", "6"], ["6", "1"]], "and the states, OpenSent to Established and Idle")
    came = [line for line in lines if line[0] == "BGP4MP_ET_AP" and line[2] == "A" and line[3] == THERE]
    expect(len({line[5] for line in came}) == FEED + 1, f"and {FEED + 1} prefixes behind path identifiers")
    expect(any(line[0] == "BGP4MP_ET" and line[5] == THEIRS["ipv6"] for line in lines), "and IPv6 without")
    expect(any(line[0].startswith("BGP4MP_ET_LOCAL") for line in lines), "and what we sent")
    expect(not os.path.exists(log + ".new"), "and no file is left without its name")

    # What a crash leaves.
    text = config({"passive": True}, dump={"messages": log, "messages_every": 600})
    a = scene.start(Speaker(scene.folder, text, name="again"))
    eventually("the log grows", lambda: os.path.getsize(log + ".new"))
    before = set(glob.glob(log + ".2*"))
    a.process.kill()
    a.process.wait()
    a.start()
    left = eventually("what a crash left has a name", lambda: set(glob.glob(log + ".2*")) - before)
    expect(records(left.pop())[0][2] == "STATE", "and bgpdump reads it")
    a.stop()


main(test)
