# SPDX-License-Identifier: BSD-3-Clause
"""Random valid edits of a site's configuration, and files that are wrong in one way each. The same seed, the same edits."""
import copy
import json
import os
import random

KEEP = {"tunnels": {"to-b", "keep"}, "bridges": {"lan"}, "ports": {"wan", "lan"}}
# More than one, so that what XDP takes changes.
LOCALS4, LOCALS6 = ("192.0.2.1", "192.0.2.7", "192.0.2.8"), ("2001:db8:a::1", "2001:db8:a::7")
TENANT_NETNS = "am-net"
L3_KEYS = ("vrf", "addresses", "urpf", "host", "acl_in", "acl_out")
VLAN = "77"
MOST = {"tunnels": 12, "bridges": 6, "xconnects": 4, "ports": 4, "routes": 12, "acls": 4, "prefix_sets": 3}


class Edits:
    """A configuration that changes step by step; what is in KEEP is never touched."""

    def __init__(self, config, seed, devices, metrics):
        self.config = copy.deepcopy(config)
        self.random = random.Random(seed)
        self.devices = devices  # of the kernel, free for ports
        self.metrics = metrics  # a file that may be written
        self.kinds = [self.tunnel, self.bridge, self.xconnect, self.port, self.route, self.equal_cost, self.underlay, self.system,
                      self.l3, self.l3, self.tenant, self.tenant_route, self.acl, self.prefix_set, self.system]

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

    def forget_routes(self, **over):
        """Those that leave by something that goes, or that gets into another VRF."""
        for vrf in self.config["vrfs"].values():
            vrf["routes"] = [r for r in vrf.get("routes", []) if any(r.get(key) != value for key, value in over.items())]

    def free_tunnels(self, ethernet, vrf="default"):
        """Those that a member may have, or a route of a VRF."""
        used = {member.get("tunnel") for member in self.members()}
        used |= {route.get("tunnel") for name in self.config["vrfs"] for route in self.routes(name)} if ethernet else set()
        return [name for name, tunnel in self.config["tunnels"].items() if name not in used | KEEP["tunnels"]
                and (tunnel["type"] != "gre") == ethernet and (ethernet or tunnel.get("vrf", "default") == vrf)]

    def free_prefix(self, vrf, net):
        taken = {route["prefix"] for route in self.routes(vrf)}
        return self.random.choice([p for p in (f"10.{net}.{n}.0/24" for n in range(200)) if p not in taken])

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
        tunnel = {"type": kind, "local": self.random.choice(LOCALS6 if v6 else LOCALS4),
                  "remote": f"2001:db8:b::{100 + number}" if v6 else f"198.51.100.{100 + number}",
                  "mtu": self.random.randrange(1500, 2401), "ttl": self.random.randrange(1, 256),
                  "dscp": self.random.choice([0, 46, "uniform"]), "split": self.random.choice(["floor", "fill"])}
        if kind != "etherip":
            tunnel["key"] = self.random.randrange(1 << 32)
            tunnel["sequence"] = self.random.random() < 0.5
        if kind == "gre":
            tunnel["checksum"] = self.random.random() < 0.5
            tunnel.update((key, old[key]) for key in L3_KEYS if old and key in old)
        self.config["tunnels"][name] = tunnel

    def remove_tunnel(self, name):
        del self.config["tunnels"][name]
        self.forget_routes(tunnel=name)
        for section in ("bridges", "xconnects"):
            for bridge, value in list(self.config.get(section, {}).items()):
                if any(member.get("tunnel") == name for member in value["members"]):
                    del self.config[section][bridge]
                    self.forget_routes(bridge=bridge)

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
            self.forget_routes(bridge=name)
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
        self.arp_nd(bridge)
        if self.random.random() < 0.3:
            bridge["static"] = [{"mac": f"02:00:5e:01:00:{n:02x}", "member": 0} for n in range(self.random.randrange(1, 4))]
        if self.random.random() < 0.3:
            bridge["members"][0]["storm"] = {"broadcast": self.random.randrange(1000)}
        self.config["bridges"][name] = bridge

    def arp_nd(self, bridge):
        """Who answers for whom, and which hosts are known beforehand."""
        rng = self.random
        bridge["arp_nd"] = {"suppress": rng.random() < 0.5, "unknown": rng.choice(["flood", "drop"]),
                            "ageing": rng.choice([0, 60, 1200]), "limit": rng.choice([0, 16, 4096])}
        bridge["hosts"] = [{"ip": rng.choice([f"10.90.0.{n}", f"fd00:90::{n}"]), "mac": f"02:00:5e:03:00:{n:02x}", "router": rng.random() < 0.5}
                           for n in rng.sample(range(1, 100), rng.randrange(3))]

    def acl(self):
        """A list of some rules; when it goes, it goes from the interfaces, too."""
        name, rng = self.pick("acls"), self.random
        if name in self.config["acls"] and rng.random() < 0.3:
            del self.config["acls"][name]
            for l3 in self.l3s():
                for key in ("acl_in", "acl_out"):
                    if l3.get(key) == name:
                        del l3[key]
            return
        self.config["acls"][name] = [self.rule(n) for n in range(rng.randrange(1, 5))]

    def rule(self, number):
        rng = self.random
        rule = {"action": rng.choice(["permit", "deny", "reject"]), "name": f"rule {number}"}
        source = rng.choice([None, "10.91.0.0/16", ["10.92.0.0/16", "fd00:92::/32"], *self.config.get("prefix_sets", {})])
        if source:
            rule["src"] = source
        rule.update(rng.choice([{}, {"protocol": "tcp", "established": True}, {"protocol": "udp", "dst_port": [53, "135-139"]},
                                {"protocol": "icmp", "icmp_type": 8}, {"fragment": "later"}]))
        return rule

    def prefix_set(self):
        """A set of some prefixes, an empty one among them; when it goes, rules have any source."""
        name, rng = self.pick("prefix_sets"), self.random
        if name in self.config["prefix_sets"] and rng.random() < 0.3:
            del self.config["prefix_sets"][name]
            for rule in [rule for acl in objects(self.config, "acls") for rule in acl if rule.get("src") == name]:
                del rule["src"]
            return
        prefixes = [rng.choice([f"10.{n}.0.0/16", f"fd00:{n}::/32"]) for n in rng.sample(range(100, 200), rng.randrange(6))]
        if prefixes and all(":" in prefix for prefix in prefixes):
            prefixes[0] = "10.200.0.0/16"  # a rule about ICMP of IPv4 may have the set, and would match nothing
        self.config["prefix_sets"][name] = prefixes

    def l3s(self):
        """What may have a list: tunnels, bridges and VLANs."""
        return [*objects(self.config, "tunnels"), *objects(self.config, "bridges"),
                *(p["vlans"][VLAN] for p in objects(self.config, "ports") if "vlans" in p)]

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
            self.forget_routes(port=name)
            return
        number = int(name[1:])
        port = {"driver": "mem"} if number >= len(self.devices) else {"driver": "af_packet", "device": self.devices[number]}
        port["checksums"] = self.random.choice(["auto", "finish", "trust"])
        if "vlans" in self.config["ports"].get(name, {}):
            port["vlans"] = self.config["ports"][name]["vlans"]
        self.config["ports"][name] = port

    def ways(self, vrf):
        """What a route of a VRF can leave by: tunnels, and gateways on the networks of bridges and VLANs."""
        out = [{"tunnel": name} for name in self.free_tunnels(False, vrf)]
        for key, names in (("bridge", self.config["bridges"]), ("port", self.config["ports"])):
            for name in names:
                l3 = names[name] if key == "bridge" else names[name].get("vlans", {}).get(VLAN, {})
                if name not in KEEP[key + "s"] and l3.get("addresses") and l3.get("vrf", "default") == vrf:
                    way = {key: name, "via": l3["addresses"][0].rsplit(".", 1)[0] + ".99"}
                    out.append({**way, "vlan": int(VLAN)} if key == "port" else way)
        return out

    def route(self):
        routes = self.routes()
        mine = [r for r in routes if r["prefix"].startswith("10.50.")]
        ways = self.ways("default") + [{"blackhole": True}, {"unreachable": True}]
        if mine and (self.random.random() < 0.4 or len(mine) > MOST["routes"]):
            routes.remove(self.random.choice(mine))
        else:
            routes.append({"prefix": self.free_prefix("default", 50), **self.random.choice(ways), "as": self.random.randrange(64512, 64520)})

    def equal_cost(self):
        """Two or three ways for one prefix; later one of them less."""
        routes = self.routes()
        mine = [r for r in routes if r["prefix"].startswith("10.51.")]
        ways = self.ways("default")
        if mine and (self.random.random() < 0.5 or len(mine) > MOST["routes"]):
            routes.remove(self.random.choice(mine))
        elif len(ways) > 1:
            prefix = self.free_prefix("default", 51)
            routes += [{"prefix": prefix, **way} for way in self.random.sample(ways, min(len(ways), self.random.randrange(2, 4)))]

    def underlay(self):
        routes = self.routes("underlay")
        if routes and self.random.random() < 0.5:
            routes.pop(self.random.randrange(len(routes)))
            return
        free = [n for n in range(200) if f"203.0.113.{n}/32" not in {r["prefix"] for r in routes}]
        routes.append({"prefix": f"203.0.113.{self.random.choice(free)}/32", "port": "wan", "mac": "02:00:5e:02:00:01"})

    def l3(self):
        """Addresses, a VRF, what is checked, and the kernel's mirror: of a bridge, a tunnel for IP, or a VLAN of a port."""
        rng = self.random
        vrf = rng.choice([name for name in self.config["vrfs"] if name != "underlay"])
        bridges = [b for b in self.config["bridges"] if b not in KEEP["bridges"]]
        tunnels = [t for v in self.config["vrfs"] for t in self.free_tunnels(False, v)]
        ports = [p for p in self.config["ports"] if p not in KEEP["ports"]]
        choices = [(section, net, names) for section, net, names in
                   (("bridges", 71, bridges), ("tunnels", 70, tunnels), ("ports", 72, ports)) if names]
        if not choices:
            return
        section, net, names = rng.choice(choices)
        name = rng.choice(names)
        value = {"vrf": vrf, "urpf": rng.choice(["off", "loose", "strict"]), "host": rng.choice([True, True, False, f"h{net}-{name}"])}
        value["addresses"] = [f"10.{net}.{int(name[1:])}.{n}/24" for n in range(1, rng.randrange(2, 4))]
        acls = list(self.config.get("acls", {}))
        value.update((key, rng.choice(acls)) for key in ("acl_in", "acl_out") if acls and rng.random() < 0.5)
        old = self.config[section][name].get("vlans", {}).get(VLAN, {}) if section == "ports" else self.config[section][name]
        if old.get("vrf", "default") != vrf or not old.get("addresses"):
            self.forget_routes(**{section[:-1]: name})
        if section == "ports":
            self.config["ports"][name]["vlans"] = {VLAN: value}
        else:
            self.config[section][name].update(value)

    def tenant(self):
        """A VRF of its own, in a network namespace of its own, with what it drops. What is in it goes back to the default when it goes."""
        vrfs = self.config["vrfs"]
        if "tenant" in vrfs and self.random.random() < 0.3:
            del vrfs["tenant"]
            for l3 in self.l3s():
                if l3.get("vrf") == "tenant":
                    l3["vrf"] = "default"
            return
        prefixes = self.random.sample(range(100), 3)
        mine = [r for r in self.routes("tenant") if not r["prefix"].startswith("10.80.")]
        vrfs["tenant"] = {"netns": TENANT_NETNS, "loopbacks": [f"10.81.0.{self.random.randrange(1, 9)}"],
                          "routes": mine + [{"prefix": f"10.80.{n}.0/24", "blackhole": True, "as": 64512 + n} for n in prefixes]}

    def tenant_route(self):
        if "tenant" not in self.config["vrfs"]:
            return
        routes, ways = self.routes("tenant"), self.ways("tenant")
        mine = [r for r in routes if r["prefix"].startswith("10.82.")]
        if mine and self.random.random() < 0.5:
            routes.remove(self.random.choice(mine))
        elif ways:
            prefix = self.free_prefix("tenant", 82)
            routes += [{"prefix": prefix, **way} for way in self.random.sample(ways, min(len(ways), 2))]

    def system(self):
        key, values = self.random.choice([("idle", ["adaptive", "spin"]), ("cpus", [[], [0]]), ("metrics_file", ["", self.metrics]),
                                          ("metrics_interval", [1, 15]), ("control_group", ["", "adm"]), ("control_mode", ["0600", "0660", "0666"])])
        self.config["system"][key] = self.random.choice(values)

    def spins(self):
        return self.config["system"].get("idle") == "spin"

    def stop_spinning(self):
        """A worker that spins goes before other programs, the test among them: for one edit only."""
        self.config["system"]["idle"] = "adaptive"


def write(folder, name, config, split):
    """As one file; or split: each tunnel and each bridge that is not kept in a file of its own, in a folder that the main file includes."""
    more = os.path.join(folder, "more.d")
    os.makedirs(more, exist_ok=True)
    for old in os.listdir(more):
        os.unlink(os.path.join(more, old))
    main = copy.deepcopy(config)
    if split:
        main["include"] = "more.d"
        for section, part in [(s, n) for s in ("tunnels", "bridges") for n in main[s] if n not in KEEP[s]]:
            own = {section: {part: main[section].pop(part)}}
            with open(os.path.join(more, part + ".json"), "w", encoding="ascii") as file:
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


def bad_acl(rng, config):
    """A rule or a set that is wrong in itself, or a name that leads nowhere."""
    rule = {"action": "deny", **rng.choice([
        {"action": "allow"}, {"src": "nobody"}, {"src": "300.1.1.1/8"}, {"protocol": "tcp", "dst_port": "139-135"}, {"dst_port": 53},
        {"protocol": "tcp", "dst_port": 70000}, {"established": True}, {"protocol": "icmp", "icmp_code": 1}, {"fragment": "second"},
        {"family": "ipv4", "src": "fd00::/8"}, {"port": 1}])}
    section, value = rng.choice([("acls", {"bad": [rule]}), ("acls", {"bad": [rule]}), ("acls", {"bad": rule}), ("acls", {"bad": [[]]}),
                                 ("prefix_sets", {"bad": ["10.0.0.0/33"]}), ("prefix_sets", {"bad": "10.0.0.0/8"}), ("prefix_sets", {"10.0.0.1": []}), (None, None)])
    if section:
        config.setdefault(section, {}).update(value)
    else:
        config["bridges"]["lan"][rng.choice(["acl_in", "acl_out"])] = rng.choice(["nowhere", 7, []])


# What is in a file of an included folder.
WRONG_FOLDERS = {
    "twice.d": '{ "tunnels": { "to-b": { "type": "gre", "local": "192.0.2.1", "remote": "203.0.113.9" } } }',
    "system.d": '{ "system": { "idle": "spin" } }',
    "nested.d": '{ "include": "more.d" }',
    "acl.d": '{ "acls": { "a": [{ "action": "permit", "src": "nobody" }] } }',
    "broken.d": '{ "acls": ',
}


def write_wrong_folders(folder):
    for name, text in WRONG_FOLDERS.items():
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        with open(os.path.join(folder, name, "one.json"), "w", encoding="ascii") as file:
            file.write(text)


def bad_include(rng, config):
    """Not there, no folder, no name at all, or a folder with a file that is wrong."""
    config["include"] = rng.choice(["gone.d", "a.json", 5, [None], ["gone.d", "a.json"], *WRONG_FOLDERS])


def bad_text(rng, config):
    """A bracket is missing: no JSON any more."""
    text = json.dumps(config, indent=2)
    at = rng.choice([i for i, c in enumerate(text) if c in "{}[]"])
    return text[:at] + text[at + 1:]


def wrong(config, seed, count):
    """(name of the way, text of a wrong file), count of them."""
    rng = random.Random(seed)
    ways = [bad_value, bad_key, bad_name, needs_restart, no_device, bad_acl, bad_include, bad_text]
    for n in range(count):
        value = copy.deepcopy(config)
        way = ways[n % len(ways)]
        yield way.__name__, way(rng, value) or json.dumps(value, indent=2)
