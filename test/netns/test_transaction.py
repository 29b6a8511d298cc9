#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A reload is one transaction: 200 random edits under traffic lose none of what did not change and make none of it anew; 200
wrong files change nothing and say where; on trial it goes back by itself; kill -9 at any moment leaves one that is whole.
AMIME_SEED draws other edits."""
import json
import os
import random
import socket
import struct
import subprocess
import tempfile
import time

import edits
from harness import BOX, FAR, Flood, expect, expect_path, main, routed_too, sites, write
from netns import EDGE_A, HOST_A, HOST_ADDRESS, HOST_B, NET, Trouble, inside, ip, run as sh, without_tentative

EDITS, WRONG, KILLS, CONFIRM_S, SEED = 200, 200, 6, 5, int(os.environ.get("AMIME_SEED", 20261128))
TRIAL_S = 6  # longer than all that is looked at meanwhile takes
DEVICES = ["spare0", "spare1"]
KIND = {"tunnel": "tunnels", "bridge": "bridges", "irb": "bridges", "port": "ports", "vlan": "ports"}


def running(daemon):
    return json.dumps(daemon.show("config")["config"])


def member_ids(daemon):
    """{bridge: {member: id}}"""
    return {(b["kind"], b["name"]): {m["member"]: m["id"] for m in b["members"]} for b in daemon.show("bridges")}


def kept(daemon):
    """What would begin anew with an object: MAC addresses learnt, programs in the kernel."""
    bridge = next(b for b in daemon.show("bridges") if b["name"] == "lan" and b["kind"] == "bridge")
    links = {link["ifname"]: link for link in json.loads(sh("ip", "-n", EDGE_A, "-d", "-j", "link"))}
    return {"ifindex": {p["name"]: p["ifindex"] for p in daemon.show("ports") if p["name"] in ("wan", "lan")},
            "xdp": [links[name]["xdp"]["prog"]["id"] for name in ("wan0", "lan0")],
            "learnt": bridge["learnt"], "moved": bridge["moved"], "macs": bridge["macs"]}


def conf_of(config, interface):
    """What the file says of an interface; None: nothing. Of a VRF only what its mirror is made of."""
    if interface.startswith("vrf "):
        vrf = config["vrfs"].get(interface[4:])
        return vrf and {key: vrf.get(key) for key in ("netns", "loopbacks")}
    port, _, vlan = interface.partition(".")
    if vlan:
        return config["ports"].get(port) if vlan in config["ports"].get(port, {}).get("vlans", {}) else None
    return config["tunnels"].get(interface) or config["bridges"].get(interface)


def mirrors(daemon):
    """{interface: (name, the kernel's number)} of what the kernel has of us."""
    out = {}
    for row in daemon.show("host")["interfaces"]:
        with inside(row["netns"] or EDGE_A):
            out[row["interface"]] = (row["device"], socket.if_nametoindex(row["device"]) if row["state"] == "up" else row["why"])
    return out


def entries(daemon, what):
    """All pages of them."""
    rows, at = [], 0
    while at is not None:
        answer = daemon.ask({"method": "show", "what": what, "at": at})["result"]
        rows += answer["entries"]
        at = answer.get("next")
    return rows


def counters(daemon):
    return {(row["kind"], row["name"]): (row["rx_packets"], row["tx_packets"]) for row in entries(daemon, "interfaces") if "rx_packets" in row}


def identity(daemon):
    return {"members": member_ids(daemon), "mirrors": mirrors(daemon), "counters": counters(daemon)}


def made_anew(before, after, old, new):
    """What both files say the same of, and is another one nevertheless."""
    wrong = same_members(before["members"], after["members"], old, new)
    for name, value in before["mirrors"].items():
        if conf_of(old, name) == conf_of(new, name) and after["mirrors"].get(name) != value:
            wrong.append(f"mirror of {name}: {value}, then {after['mirrors'].get(name)}")
    for (kind, name), counts in before["counters"].items():
        if kind not in KIND:
            continue  # a VRF's own
        said = [config[KIND[kind]].get(name.partition(".")[0]) for config in (old, new)]
        if said[0] == said[1] and not all(b >= a for a, b in zip(counts, after["counters"].get((kind, name), (-1, -1)))):
            wrong.append(f"counters of {kind} {name}: {counts}, then {after['counters'].get((kind, name))}")
    return wrong


def same_members(before, after, old, new):
    """Bridges that no edit touched have the same members under the same ids."""
    wrong = []
    for section, kind in (("bridges", "bridge"), ("xconnects", "xconnect")):
        for name, value in new.get(section, {}).items():
            if old.get(section, {}).get(name) == value and before[kind, name] != after[kind, name]:
                wrong.append(name)
    return wrong


def holds(shown, said):
    """What a file says is in what is shown, which has the defaults besides."""
    if isinstance(said, dict):
        return all(key in shown and holds(shown[key], value) for key, value in said.items())
    if isinstance(said, list):
        return len(shown) == len(said) and all(map(holds, shown, said))
    return shown == said


def take_edits(daemon, folder, config):
    steps = edits.Edits(config, SEED, DEVICES, os.path.join(daemon.state, "metrics.prom"))
    done, shapes = {}, {"mirrors": 0, "namespaces": 0, "equal cost": 0, "vlans": 0, "lists": 0, "sets": 0, "hosts": 0}
    old, before, first = config, identity(daemon), kept(daemon)
    counts = before["counters"]
    print(f"the edits of AMIME_SEED={SEED}", flush=True)
    for n in range(EDITS + 1):
        if n == EDITS and not steps.spins():
            break
        kind, new = steps.next()
        edits.write(folder, "a.json", new, split=n % 2)
        answer = daemon.ask({"method": "reload"})
        if not answer["ok"]:
            raise Trouble(f"edit {n} ({kind}) is refused: {answer}")
        shown, after = daemon.show("config")["config"], identity(daemon)
        if not holds(shown, new) or any(set(shown[s]) - {"underlay", "default"} - set(new.get(s, {})) for s in ("ports", "vrfs", "tunnels", "bridges", "xconnects")):
            raise Trouble(f"edit {n} ({kind}) is taken, and something else runs: {shown}, not {new}")
        wrong = made_anew(before, after, old, new)
        if wrong:
            raise Trouble(f"edit {n} ({kind}) makes anew what it leaves alone: {wrong}")
        done[kind] = done.get(kind, 0) + 1
        note_shapes(shapes, new, after["mirrors"])
        old, before = new, after
    last = kept(daemon)
    expect(sum(done.values()) >= EDITS and set(done) == {k.__name__ for k in [*steps.kinds, steps.stop_spinning]}, f"{EDITS} edits were taken: {done}")
    expect(all(shapes.values()), f"at most there were, of mirrors, routes and lists in use: {shapes}")
    expect(first == last, f"what was left alone is what it was, and nothing was learnt anew: {first}, {last}")
    grew = {name: before["counters"][name][0] - counts[name][0] for name in (("tunnel", "to-b"), ("tunnel", "keep"), ("bridge", "lan"), ("port", "wan"))}
    expect(all(grew.values()), f"its counters went on: {grew}")
    return old


def lists_in_use(config):
    """How many access lists interfaces name, and sets of prefixes the rules of those."""
    l3s = [*config["tunnels"].values(), *config["bridges"].values(), *(v for p in config["ports"].values() for v in p.get("vlans", {}).values())]
    acls = {l3[key] for l3 in l3s for key in ("acl_in", "acl_out") if key in l3}
    sources = [rule.get("src") for acl in acls for rule in config["acls"][acl]]
    return {"lists": len(acls), "sets": len({s for s in sources if isinstance(s, str)} & set(config.get("prefix_sets", {})))}


def note_shapes(most, config, there):
    """How much of what the issue names an edit's file had at once."""
    prefixes = [r["prefix"] for vrf in config["vrfs"].values() for r in vrf.get("routes", [])]
    now = {"mirrors": len(there), "namespaces": sum("netns" in vrf for vrf in config["vrfs"].values()),
           "equal cost": len(prefixes) - len(set(prefixes)), "vlans": sum("vlans" in port for port in config["ports"].values()),
           **lists_in_use(config), "hosts": sum(len(bridge.get("hosts", [])) for bridge in config["bridges"].values())}
    most.update((key, max(most[key], value)) for key, value in now.items())


def take_wrong(daemon, folder, config):
    before, number = running(daemon), daemon.show("config")["running"]
    edits.write_wrong_folders(folder)
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


def strip(value):
    """What `show` says without what counts on: only what the configuration has made."""
    counts = {"counters", "driver_counters", "drops", "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "learnt", "aged", "macs", "frames",
              "to_kernel", "from_kernel", "passed", "steering", "age", "uses", "packets", "bytes", "class", "last_error"}
    if isinstance(value, dict):
        return {key: strip(below) for key, below in value.items() if key not in counts}
    return [strip(below) for below in value] if isinstance(value, list) else value


def carries_icmp(gre):
    """Does a tunnel's packet carry ICMP? Kernels send through it as they like: router solicitations, ARP."""
    (flags, ethertype), at = struct.unpack_from("!HH", gre), 4
    at += 4 * (flags & 0xf000).bit_count()
    if ethertype == 0x800 and gre[at + 9] == socket.IPPROTO_UDP:  # VXLAN
        at += 20 + 8 + 8
        ethertype, at = *struct.unpack_from("!H", gre, at + 12), at + 14
    return ethertype == 0x800 and gre[at + 9] == socket.IPPROTO_ICMP


def on_the_wire():
    """Outer headers of what passes for an echo of each size, identifications and sums left out."""
    sizes, seen = (100, 1300, 1500), []
    with inside(NET):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
        wire.bind(("to-a", 0x800))
    with wire:
        wire.settimeout(0.3)
        for to in (HOST_ADDRESS[HOST_B][0], FAR):
            lost = Flood(to=to).pinger.ping(sizes)
            expect(not lost, f"echoes of {to} pass")
        try:
            while True:
                data = wire.recv(2048)
                if data[14 + 9] == socket.IPPROTO_GRE and data[14 + 12:14 + 16] == socket.inet_aton("192.0.2.1"):
                    ip4, behind = data[14:34], data[34:]
                    first = not (ip4[6] & 0x1f or ip4[7])
                    if not first or carries_icmp(behind):
                        seen.append((ip4[:4].hex(), ip4[6:10].hex(), ip4[12:20].hex(), behind[:8].hex() if first else ""))
        except TimeoutError:
            pass
    expect(len(seen) >= 2 * len(sizes), f"on the wire, {len(seen)} packets of them")
    return sorted(seen)


def without_asking(routes):
    """Routes of `show`: a neighbour that is not there is asked for again and again, and is one or the other."""
    for route in routes:
        for hop in route.get("hops", []):
            if hop.get("state") in ("resolving", "no-neighbor"):
                hop.update(state="not there", why="")
    return routes


def effect(daemon):
    """All that a configuration does, as far as it can be seen from outside: what is shown, what is in the kernel, what is on the wire."""
    shown = {what: strip(daemon.show(what)) for what in ("tunnels", "bridges", "vrfs", "ports", "host", "as")}
    shown.update(interfaces=strip(entries(daemon, "interfaces")), routes=without_asking(strip(daemon.show("routes")["routes"])))
    # Sorted: rules of one priority are each about another source, and stand in the order in which they were made.
    kernel = {f"{ns} {what}": sorted(sh("ip", "-n", ns, *what.split()).splitlines())
              for ns in (EDGE_A, edits.TENANT_NETNS) for what in ("-br address", "rule", "route show table all", "-6 route show table all")}
    return {"config": running(daemon), **shown, **kernel, "wire": on_the_wire()}


def settled(daemon, like=None, patience=10.0):
    """The effect when it is like that one, or like itself a moment ago. What it was last, else. Each look takes a second or more."""
    for ns in (EDGE_A, edits.TENANT_NETNS):
        without_tentative(ns)
    end, now = time.monotonic() + patience, effect(daemon)
    while time.monotonic() < end:
        before, now = now, effect(daemon)
        if not different(now, like or before):
            break
    return now


def other_everywhere(config):
    """A configuration that differs in every section."""
    new = json.loads(json.dumps(config))
    new["tunnels"]["to-b"].update(ttl=41, dscp=46)
    new["tunnels"]["keep"]["addresses"] = ["10.9.0.1/30", "10.9.1.1/30"]
    new["tunnels"]["trial"] = {"type": "gre", "local": edits.LOCALS4[1], "remote": "203.0.113.50", "addresses": ["10.9.2.1/30"]}
    new["bridges"]["lan"]["addresses"] = [BOX + "/24", "10.1.3.254/24"]
    other = "tenant" if "tenant" in new["vrfs"] else "trial"  # one VRF a namespace
    new["vrfs"][other] = {"netns": edits.TENANT_NETNS, "loopbacks": ["10.99.0.1"], "routes": [{"prefix": "10.98.0.0/16", "unreachable": True}]}
    new["vrfs"]["default"]["routes"] = [{"prefix": "10.97.0.0/16", "tunnel": "trial"}] + new["vrfs"]["default"]["routes"]
    return new


def different(a, b):
    """By key, what only one of them has."""
    found = {}
    for key in a:
        if a[key] != b[key]:
            found[key] = (a[key], b[key])
            if isinstance(a[key], list) and isinstance(b[key], list):
                only = [x for x in a[key] if x not in b[key]], [x for x in b[key] if x not in a[key]]
                found[key] = only if any(only) else found[key]
    return found


def go_back(daemon, folder, config):
    """Without a confirmation the old one comes back, byte for byte in effect; with one it stays."""
    before = running(daemon)
    was = settled(daemon)
    edits.write(folder, "a.json", other_everywhere(config), split=False)
    began = time.monotonic()
    answer, taken = daemon.ask({"method": "reload", "confirm": CONFIRM_S}), time.monotonic()
    expect(answer["ok"] and "confirm_within_s" in daemon.show("config"), f"what is on trial runs: {answer}")
    trial = effect(daemon)
    expect({"config", "interfaces", "routes", "vrfs", "host", "wire"} <= set(different(was, trial)), f"and differs in {sorted(different(was, trial))}")
    while running(daemon) != before and time.monotonic() < taken + CONFIRM_S + 2:
        time.sleep(0.02)
    back = time.monotonic()
    # It is on trial from some moment between the question and the answer.
    expect(CONFIRM_S <= back - began and back - taken < CONFIRM_S + 1,
           f"not confirmed: the old one runs again {back - began:.2f} s after it was asked for, {back - taken:.2f} s after it was taken")
    now = settled(daemon, like=was)
    expect(now == was, f"the same byte for byte in what it does: {different(was, now)}")
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
    expect(not shown["file_runs"], "and that it is not the file that runs")
    edits.write(folder, "a.json", shown["config"], split=False)
    expect(daemon.ask({"method": "reload"})["ok"], "the file is mended, and taken")
    shown = daemon.show("config")
    expect("started_otherwise" not in shown and shown["file_runs"], "then the file runs, and nothing is said of the start")


def logged(daemon, words, patience=2.0):
    """Does the log say so soon?"""
    end = time.monotonic() + patience
    while words not in daemon.tail() and time.monotonic() < end:
        time.sleep(0.05)
    return words in daemon.tail()


def watch_leaves_trials_alone(daemon, folder, config):
    """An edit that is seen late does not confirm what is on trial, and what was not confirmed is not applied again."""
    before, seen = running(daemon), os.path.join(folder, "more.d", "seen.json")
    edits.write(folder, "a.json", on_trial(daemon, folder, config, 43), split=True)
    expect(daemon.ask({"method": "reload", "confirm": TRIAL_S})["ok"], "on trial, with watch on")
    trial = running(daemon)
    write(folder, os.path.join("more.d", "seen.json"), {})
    time.sleep(1.6)  # the file is looked at each second, and taken when it was quiet for 0.2 s
    expect("confirm_within_s" in daemon.show("config") and trial != before, "the watch has seen the file, and confirms nothing")
    write(folder, os.path.join("more.d", "seen.json"), {"vrfs": {"seen": {}}})
    expect(logged(daemon, "is not taken while configuration") and running(daemon) == trial, "nor takes another one meanwhile")
    os.unlink(seen)
    end = time.monotonic() + TRIAL_S + 1
    while running(daemon) != before and time.monotonic() < end:
        time.sleep(0.05)
    expect(running(daemon) == before and not daemon.show("config")["file_runs"], "not confirmed: the old one runs, and the file does not")
    write(folder, os.path.join("more.d", "seen.json"), {})
    expect(logged(daemon, "says what was rolled back") and running(daemon) == before, "a file that says the same is not taken by itself")


def watches(daemon, folder, config):
    """With `watch` a file that is dropped into an included folder is a reload, without anybody asking."""
    config = json.loads(json.dumps(config))
    config["system"]["watch"] = True
    edits.write(folder, "a.json", config, split=True)
    expect(daemon.ask({"method": "reload"})["ok"], "watch is on")
    dropped = {"tunnels": {"dropped": {"type": "etherip", "local": edits.LOCALS4[0], "remote": "203.0.113.99"}}}
    write(folder, os.path.join("more.d", "dropped.json"), dropped)
    end = time.monotonic() + 5
    while "dropped" not in daemon.show("config")["config"]["tunnels"] and time.monotonic() < end:
        time.sleep(0.05)
    expect("dropped" in daemon.show("config")["config"]["tunnels"], "a file that was dropped into the folder is taken")
    os.unlink(os.path.join(folder, "more.d", "dropped.json"))
    end = time.monotonic() + 5
    while "dropped" in daemon.show("config")["config"]["tunnels"] and time.monotonic() < end:
        time.sleep(0.05)
    watch_leaves_trials_alone(daemon, folder, config)
    config["system"]["watch"] = False
    edits.write(folder, "a.json", config, split=False)
    expect(daemon.ask({"method": "reload"})["ok"], "watch is off")


def steps(daemon):
    """No step of control kept packets, neighbours or people waiting: most here are commits that make devices, and answers to show."""
    h = daemon.show("workers")["control_steps_cpu"]
    short = h["to_10us"] + h["to_100us"] + h["to_1ms"] + h["to_10ms"]
    expect(h["to_100ms"] * 100 < short and not h["to_1s"] + h["longer"], f"control's steps, on the CPU: {h}")


def link_of(daemon, name):
    try:
        return os.readlink(os.path.join(daemon.state, daemon.name, name))
    except FileNotFoundError:
        return None


def wait_for_moment(daemon, n, before, on_trial):
    """When to kill: at some moment; just when the new file is prepared; just when it is committed, or given up."""
    if n % 3 == 0:
        time.sleep(random.Random(SEED + n).random() * 0.02)
        return
    name, end = ("unconfirmed", "committed")[n % 3 - 1], time.monotonic() + 5

    def came():
        """Who gets no CPU while a file is only prepared sees it committed, but for one on trial."""
        return any(link_of(daemon, at) not in (before[at], None) for at in ({name} if on_trial else {name, "committed"}))

    while not came() and time.monotonic() < end:
        pass
    expect(came(), f"kill {n}: the moment when `{name}` leads elsewhere came")


def kill_anywhere(daemon, folder, config):
    """Each time another file, a reload that nobody waits for, and kill -9 at some moment in it."""
    outcomes = {"old": 0, "new": 0}
    for n in range(KILLS):
        old = running(daemon)
        new = on_trial(daemon, folder, config, 100 + n)
        before = {name: link_of(daemon, name) for name in ("unconfirmed", "committed")}
        on_trial_s = 60 if n in (1, 3) else 0
        daemon.send({"method": "reload", "confirm": on_trial_s})
        wait_for_moment(daemon, n, before, on_trial_s > 0)
        daemon.kill()
        daemon.start()
        shown = daemon.show("config")
        ttl = shown["config"]["tunnels"]["to-b"]["ttl"]
        is_new = ttl == new["tunnels"]["to-b"]["ttl"]
        outcomes["new" if is_new else "old"] += 1
        expect(is_new or json.dumps(shown["config"]) == old, f"kill {n}: what starts is whole (ttl {ttl})")
        expect(is_new or "started_otherwise" in shown, f"kill {n}: where it is not the file's, that is said")
        expect(shown["running"] == shown["committed"], f"kill {n}: it runs what is committed, number {shown['running']}")
    expect(all(outcomes.values()), f"started with the file {outcomes['new']} times, with the one before {outcomes['old']} times")


def run(net, folder, quick):
    net.path_mtu(1500)
    ip("link add spare0 type veth peer name spare1\nlink set spare0 up\nlink set spare1 up", ns=EDGE_A)
    (config, a), (other, b) = sites(folder)
    routed_too(config, other)
    write(folder, "a.json", config)
    write(folder, "b.json", other)
    a.state = quick  # in memory: kill -9 leaves it as it would a disk, and a busy disk does not make the test slow
    a.start()
    b.start()
    for to in (HOST_ADDRESS[HOST_B][0], BOX, FAR):
        expect_path(to=to)
    # Bridged; to the box itself; routed, to the other box. The latter two at less than what is policed.
    with Flood() as bridged, Flood(to=BOX, pause=0.004) as own, Flood(to=FAR, pause=0.004) as routed:
        last = take_edits(a, folder, config)
        take_wrong(a, folder, last)
        for flood in (bridged, own, routed):
            flood.wait_for(EDITS + 1)
    for flood, what in ((bridged, "bridged"), (own, "to the box"), (routed, "routed")):
        expect(flood.sent > EDITS and not flood.lost, f"{flood.sent} echo requests {what} meanwhile, lost: {flood.lost}")
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
