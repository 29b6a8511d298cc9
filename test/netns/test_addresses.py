#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Addresses of host interfaces in the kernel: what a reload takes away takes nothing else with it, what somebody deletes comes
back, and `show host` tells what the kernel has. On a NIC shared with the kernel, on a bridge's TAP and on a tunnel's TUN.
"""
import json
import time

from harness import expect, main, routed_too, sites, write
from netns import EDGE_A, ip, run

NIC, TAP, TUN = "amop0", "lan", "keep"
NETS = {NIC: "10.61.0", TAP: "10.62.0"}


def has(device):
    """What the kernel has on a device, without link-local ones that it made itself."""
    rows = json.loads(run("ip", "-j", "address", "show", "dev", device, ns=EDGE_A))[0]["addr_info"]
    return sorted(f"{a['local']}/{a['prefixlen']}" for a in rows if a["scope"] == "global")


def told(daemon, device):
    row = next(row for row in daemon.show("host")["interfaces"] if row["device"] == device)
    return {"addresses": sorted(a for a in row["addresses"] if not a.startswith("fe80")), "missing": row["missing"], "state": row["state"]}


def soon(condition, text):
    """Looked after once a second."""
    end = time.monotonic() + 3
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    expect(condition(), text)


def with_addresses(config, *hosts):
    """Those of each network, on the NIC and on the TAP."""
    config = json.loads(json.dumps(config))
    config["ports"]["nic"] = {"device": NIC, "vrf": "default", "addresses": [NETS[NIC] + host for host in hosts] + ["fd61::254/64"]}
    config["bridges"]["lan"]["addresses"] = [NETS[TAP] + host for host in hosts]
    return config


def reload(daemon, folder, config):
    write(folder, "a.json", config)
    run(daemon.program("amimectl"), "-n", daemon.name, "reload")


def one_goes(daemon, folder, config):
    """The first of its network, with another one of ours and the operator's behind it."""
    for device, net in NETS.items():
        ip(f"address add {net}.9/24 dev {device}", EDGE_A)
        expect({f"{net}.254/24", f"{net}.253/24", f"{net}.9/24"} <= set(has(device)), f"{device} has ours and the operator's: {has(device)}")
    reload(daemon, folder, with_addresses(config, ".253/24"))
    for device, net in NETS.items():
        wanted = sorted([f"{net}.253/24", f"{net}.9/24"] + ["fd61::254/64"] * (device == NIC))
        expect(has(device) == wanted, f"one went from {device}, and nothing else did: {has(device)}")
        ours = [a for a in wanted if not a.endswith(".9/24")]
        got = told(daemon, device)
        expect(got == {"addresses": ours, "missing": [], "state": "up"}, f"and show host tells ours: {got}")
    reload(daemon, folder, with_addresses(config, ".253/25"))
    for device, net in NETS.items():
        expect(f"{net}.253/25" in has(device) and f"{net}.253/24" not in has(device), f"another length takes the place of the old one on {device}: {has(device)}")


def deleted(daemon):
    for device, net in NETS.items():
        ip(f"address delete {net}.253/25 dev {device}", EDGE_A)
        soon(lambda d=device, n=net: f"{n}.253/25" in has(d), f"what somebody deletes on {device} is put back")
    ip(f"address flush dev {NIC}", EDGE_A)
    soon(lambda: has(NIC) == [NETS[NIC] + ".253/25", "fd61::254/64"], "after a flush ours are back")


def set_down(daemon):
    for device in (TAP, TUN):
        before = has(device)
        ip(f"link set {device} down", EDGE_A)
        state = told(daemon, device)["state"]
        soon(lambda d=device: told(daemon, d)["state"] == "up" and "UP" in run("ip", "-br", "link", "show", d, ns=EDGE_A).split("<")[1], f"{device}, which was {state}, is raised again")
        soon(lambda d=device, b=before: has(d) == b, f"with its addresses: {before}")
        said = daemon.tail(200).count(f"somebody set {device} down")
        expect(said == 1, f"and the log says so, {said} times")


def one_space(daemon, folder, config):
    """The daemon's own namespace by its name, beside the default VRF."""
    twice = {**config, "vrfs": {**config["vrfs"], "blue": {"netns": EDGE_A, "loopbacks": ["10.255.9.9"]}}}
    said = run("sh", "-c", f"{daemon.program('amimed')} --check {write(folder, 'twice.json', twice)} 2>&1 || echo refused", ns=EDGE_A)
    expect("$.vrfs.blue.netns: " in said and 'those of VRF "default"' in said and "refused" in said, f"two VRFs in one namespace by two names: {said}")


def rules():
    return sorted({line.split()[2] for family in "46" for line in run("ip", f"-{family}", "rule", ns=EDGE_A).splitlines() if line.startswith("2097")})


def killed(daemon, folder, config):
    """What a killed one left goes with the file that the next one reads, and nothing else does."""
    ip(f"address add {NETS[NIC]}.9/24 dev {NIC}", EDGE_A)
    daemon.kill()
    expect({NETS[NIC] + ".253/25", "fd61::254/64"} <= set(has(NIC)), f"kill -9 leaves addresses on the NIC: {has(NIC)}")
    expect(NETS[NIC] + ".253" in rules(), f"and their rules: {rules()}")
    write(folder, "a.json", {**config, "ports": {**config["ports"], "nic": {"device": NIC, "vrf": "default", "addresses": [NETS[NIC] + ".252/24"]}}})
    daemon.start()
    expect(has(NIC) == [NETS[NIC] + ".252/24", NETS[NIC] + ".9/24"], f"the next one has what its file says, and the operator his: {has(NIC)}")
    got = [rule for rule in rules() if rule.startswith((NETS[NIC], NETS[TAP] + ".253", "fd61"))]
    expect(got == [NETS[NIC] + ".252"], f"and so have the rules: {rules()}")


def test(net, folder):
    net.path_mtu(1500)
    (config, daemon), (other, _) = sites(folder)
    routed_too(config, other)
    ip(f"link add {NIC} type veth peer name amop1\nlink set {NIC} up\nlink set amop1 up", EDGE_A)
    write(folder, "a.json", with_addresses(config, ".254/24", ".253/24"))
    daemon.start()
    one_goes(daemon, folder, config)
    deleted(daemon)
    set_down(daemon)
    one_space(daemon, folder, config)
    killed(daemon, folder, config)
    daemon.stop()
    expect(has(NIC) == [NETS[NIC] + ".9/24"] and not rules(), f"after SIGTERM none of ours is left on {NIC}: {has(NIC)}, {rules()}")


main(test)
