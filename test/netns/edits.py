# SPDX-License-Identifier: BSD-3-Clause
"""Random valid edits of a site's configuration, and files that are wrong in one way each. The same seed, the same edits."""
import copy
import json
import os
import random

KEEP = {"tunnels": {"to-b"}, "bridges": {"lan"}, "ports": {"wan", "lan"}}
LOCAL4, LOCAL6 = "192.0.2.1", "2001:db8:a::1"
MOST = {"tunnels": 12, "bridges": 6, "xconnects": 4, "ports": 4, "routes": 12}


class Edits:
    """A configuration that changes step by step; what is in KEEP is never touched."""

    def __init__(self, config, seed, devices):
        self.config = copy.deepcopy(config)
        self.random = random.Random(seed)
        self.devices = devices  # of the kernel, free for ports
        self.kinds = [self.tunnel, self.bridge, self.xconnect, self.port, self.route, self.underlay, self.system, self.l3, self.tenant]

    def next(self):
        """The next one, different from the one before: (what was edited, the whole configuration)."""
        before = copy.deepcopy(self.config)
        while self.config == before:
            edit = self.stop_spinning if self.spins() else self.random.choice(self.kinds)
            edit()
        return edit.__name__, copy.deepcopy(self.config)

    # ---- who uses what ----

    def members(self):
        for section in ("bridges", "xconnects"):
            for bridge in self.config.get(section, {}).values():
                yield from bridge["members"]

    def routes(self, vrf="default"):
        return self.config.setdefault("vrfs", {}).setdefault(vrf, {}).setdefault("routes", [])

    def free_tunnels(self, ethernet):
        """Those that a member may have, or a route."""
        used = {member.get("tunnel") for member in self.members()}
        used |= {route.get("tunnel") for route in self.routes()} if ethernet else set()
        return [name for name, tunnel in self.config["tunnels"].items() if name not in used | KEEP["tunnels"]
                and (tunnel["type"] != "gre") == ethernet]

    def pick(self, section):
        """A name of a section to edit: one that is there, or a new one."""
        there = [name for name in self.config.setdefault(section, {}) if name not in KEEP.get(section, ())]
        new = [f"{section[0]}{n}" for n in range(MOST[section]) if f"{section[0]}{n}" not in there]
        return self.random.choice(there + new[:2]) if there or new else None

    # ---- one kind of object each ----

    def tunnel(self):
        name = self.pick("tunnels")
        if name in self.config["tunnels"] and self.random.random() < 0.3:
            self.remove_tunnel(name)
            return
        number = int(name[1:])
        old = self.config["tunnels"].get(name)
        kind = old["type"] if old else self.random.choice(["gre", "etherip", "gretap"])
        v6 = number % 2
        tunnel = {"type": kind, "local": LOCAL6 if v6 else LOCAL4,
                  "remote": f"2001:db8:b::{100 + number}" if v6 else f"198.51.100.{100 + number}",
                  "mtu": self.random.randrange(1500, 2401), "ttl": self.random.randrange(1, 256),
                  "dscp": self.random.choice([0, 46, "uniform"]), "split": self.random.choice(["floor", "fill"])}
        if kind != "etherip":
            tunnel["key"] = self.random.randrange(1 << 32)
            tunnel["sequence"] = self.random.random() < 0.5
        if kind == "gre":
            tunnel["checksum"] = self.random.random() < 0.5
        self.config["tunnels"][name] = tunnel

    def remove_tunnel(self, name):
        del self.config["tunnels"][name]
        self.config["vrfs"]["default"]["routes"] = [r for r in self.routes() if r.get("tunnel") != name]
        for section in ("bridges", "xconnects"):
            for bridge, value in list(self.config.get(section, {}).items()):
                if any(member.get("tunnel") == name for member in value["members"]):
                    del self.config[section][bridge]

    def member(self):
        """Something that nobody else has, or None."""
        taken = [(m.get("port"), m.get("vlan")) for m in self.members()]
        ports = [name for name in self.config["ports"] if name not in KEEP["ports"]] + ["lan"]
        choices = [{"tunnel": name} for name in self.free_tunnels(True)]
        choices += [{"port": p, "vlan": v} for p in ports for v in self.random.sample(range(100, 4000), 2) if (p, v) not in taken]
        return self.random.choice(choices)

    def bridge(self):
        name = self.pick("bridges")
        if name in self.config["bridges"] and self.random.random() < 0.3:
            del self.config["bridges"][name]
            return
        bridge = self.config["bridges"].get(name, {"members": []})
        if len(bridge["members"]) > 1 and self.random.random() < 0.4:
            bridge["members"].pop(self.random.randrange(len(bridge["members"])))
            bridge.pop("static", None)
        else:
            bridge["members"].append(self.member())
        bridge["mtu"] = self.random.choice([1400, 1500])
        bridge["ageing"] = self.random.choice([0, 60, 300])
        bridge["mac_limit"] = self.random.choice([0, 16, 8192])
        if self.random.random() < 0.3:
            bridge["static"] = [{"mac": f"02:00:5e:01:00:{n:02x}", "member": 0} for n in range(self.random.randrange(1, 4))]
        if self.random.random() < 0.3:
            bridge["members"][0]["storm"] = {"broadcast": self.random.randrange(1000)}
        self.config["bridges"][name] = bridge

    def xconnect(self):
        name = self.pick("xconnects")
        if self.config["xconnects"].pop(name, None) and self.random.random() < 0.5:
            return
        first = self.member()
        self.config["xconnects"][name] = {"members": [first]}
        second = self.member()
        self.config["xconnects"][name]["members"].append(second)

    def port(self):
        name = self.pick("ports")
        used = any(member.get("port") == name for member in self.members())
        if name in self.config["ports"] and not used and self.random.random() < 0.5:
            del self.config["ports"][name]
            return
        number = int(name[1:])
        port = {"driver": "mem"} if number >= len(self.devices) else {"driver": "af_packet", "device": self.devices[number]}
        port["checksums"] = self.random.choice(["auto", "finish", "trust"])
        self.config["ports"][name] = port

    def route(self):
        routes = self.routes()
        mine = [r for r in routes if r["prefix"].startswith("10.50.")]
        tunnels = self.free_tunnels(False)
        if mine and (self.random.random() < 0.4 or len(mine) > MOST["routes"] or not tunnels):
            routes.remove(self.random.choice(mine))
        elif tunnels:
            free = [n for n in range(200) if f"10.50.{n}.0/24" not in {r["prefix"] for r in routes}]
            routes.append({"prefix": f"10.50.{self.random.choice(free)}.0/24", "tunnel": self.random.choice(tunnels)})

    def underlay(self):
        routes = self.routes("underlay")
        if routes and self.random.random() < 0.5:
            routes.pop(self.random.randrange(len(routes)))
            return
        free = [n for n in range(200) if f"203.0.113.{n}/32" not in {r["prefix"] for r in routes}]
        routes.append({"prefix": f"203.0.113.{self.random.choice(free)}/32", "port": "wan", "mac": "02:00:5e:02:00:01"})

    def l3(self):
        """Addresses and what is checked: of a bridge, a tunnel that no bridge has, or a VLAN of a port."""
        rng = self.random
        bridges = [b for b in self.config["bridges"] if b not in KEEP["bridges"]]
        tunnels = self.free_tunnels(False)
        ports = [p for p in self.config["ports"] if p not in KEEP["ports"]]
        section, net, names = rng.choice([("bridges", 71, bridges), ("tunnels", 70, tunnels), ("ports", 72, ports)])
        if not names:
            return
        name = rng.choice(names)
        value = {"host": False, "urpf": rng.choice(["off", "loose", "strict"])}
        value["addresses"] = [f"10.{net}.{int(name[1:])}.{n}/24" for n in range(1, rng.randrange(2, 4))]
        if section == "ports":
            self.config["ports"][name]["vlans"] = {"77": {"vrf": "default", **value}}
        else:
            self.config[section][name].update(value)

    def tenant(self):
        """A VRF of its own, with what it drops."""
        vrfs = self.config["vrfs"]
        if vrfs.pop("tenant", None) and self.random.random() < 0.3:
            return
        prefixes = self.random.sample(range(100), 3)
        vrfs["tenant"] = {"routes": [{"prefix": f"10.80.{n}.0/24", "blackhole": True, "as": 64512 + n} for n in prefixes]}

    def system(self):
        key, values = self.random.choice([("idle", ["adaptive", "spin"]), ("cpus", [[], [0]])])
        self.config["system"][key] = self.random.choice(values)

    def spins(self):
        return self.config["system"].get("idle") == "spin"

    def stop_spinning(self):
        """A worker that spins goes before other programs, the test among them: for one edit only."""
        self.config["system"]["idle"] = "adaptive"


def write(folder, name, config, split):
    """As one file; or split: each tunnel that is not kept in a file of its own, in a folder that the main file includes."""
    more = os.path.join(folder, "more.d")
    os.makedirs(more, exist_ok=True)
    for old in os.listdir(more):
        os.unlink(os.path.join(more, old))
    main = copy.deepcopy(config)
    if split:
        main["include"] = "more.d"
        for tunnel in [t for t in main["tunnels"] if t not in KEEP["tunnels"]]:
            own = {"tunnels": {tunnel: main["tunnels"].pop(tunnel)}}
            with open(os.path.join(more, tunnel + ".json"), "w", encoding="ascii") as file:
                json.dump(own, file, indent=2)
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        json.dump(main, file, indent=2)


# ---- what is wrong ----

def objects(config, section):
    return list(config.get(section, {}).values())


def bad_value(rng, config):
    """A value of the wrong type, or out of every range."""
    target, key, value = rng.choice([
        (config["tunnels"]["to-b"], "mtu", rng.choice([0, 70000, "2400", None, 1.5, -1, []])),
        (config["tunnels"]["to-b"], "remote", rng.choice(["", "300.1.1.1", "10.0.0.0/8", 5, ["192.0.2.7", 8]])),
        (config["tunnels"]["to-b"], "type", rng.choice(["ipip", 4, ""])),
        (config["tunnels"]["to-b"], "ttl", rng.choice([0, 256, True])),
        (config["ports"]["lan"], "driver", rng.choice(["dpdk", 1, "pcap", "ethdev"])),
        (config["ports"]["wan"], "vrf", rng.choice(["overlay", 0])),
        (config["bridges"]["lan"], "vni", rng.choice([1 << 24, "x", -5])),
        (config["bridges"]["lan"], "members", rng.choice([{}, "lan", [{}], [{"port": "lan", "vlan": 4095}]])),
        (config["system"], "workers", rng.choice([0, 17, "two"])),
        (config, rng.choice(["tunnels", "ports", "bridges", "vrfs", "system"]), rng.choice([[], "x", 3])),
    ])
    target[key] = value


def bad_key(rng, config):
    target = rng.choice([config, config["system"]] + objects(config, "tunnels") + objects(config, "ports") + objects(config, "bridges"))
    target["k" + str(rng.randrange(1000))] = 1


def bad_name(rng, config):
    """Something that is not there, or used twice."""
    what = rng.randrange(5)
    if what == 0:
        config["bridges"]["lan"]["members"].append({"port": "nowhere"})
    elif what == 1:
        config["vrfs"]["default"]["routes"].append({"prefix": "10.60.0.0/16", "tunnel": "nowhere"})
    elif what == 2:
        config["bridges"]["two"] = {"members": [{"port": "lan"}]}
    elif what == 3:
        config["tunnels"]["twin"] = dict(config["tunnels"]["to-b"])
    else:
        config["tunnels"]["a name with spaces"] = dict(config["tunnels"]["to-b"])


def needs_restart(rng, config):
    key, value = rng.choice([("workers", 2), ("buffers", 20000), ("fdb_size", 1024), ("hugepages", "never"), ("name", "other")])
    config["system"][key] = value


def no_device(rng, config):
    config["ports"]["gone"] = {"driver": rng.choice(["af_packet", "af_xdp"]), "device": f"gone{rng.randrange(100)}"}


def bad_text(rng, config):
    """A bracket is missing: no JSON any more."""
    text = json.dumps(config, indent=2)
    at = rng.choice([i for i, c in enumerate(text) if c in "{}[]"])
    return text[:at] + text[at + 1:]


def wrong(config, seed, count):
    """(name of the way, text of a wrong file), count of them."""
    rng = random.Random(seed)
    ways = [bad_value, bad_key, bad_name, needs_restart, no_device, bad_text]
    for n in range(count):
        value = copy.deepcopy(config)
        way = ways[n % len(ways)]
        yield way.__name__, way(rng, value) or json.dumps(value, indent=2)
