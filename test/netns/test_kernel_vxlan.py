#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Interop with the kernel's VXLAN, default flags: amimed at site A with VXLAN straight over its uplink, Linux at site B.

Without fragments over IPv4 and IPv6; and over IPv4 with fragments that the router makes, since the VTEPs' links take 1700
octets and the path behind them 1500: each side puts the other's together.
"""
import capture
import checks
import kernel_vxlan
from daemon import Daemon
from harness import BUILD, expect, expect_path, main, write
from netns import EDGE_A, EDGE_ADDRESS, EDGE_B, HOST_A, HOST_ADDRESS, HOST_B, NET, ip, kernel_counters
from report import Findings

LINK_MTU = 1700


def configuration(family):
    local, remote = EDGE_ADDRESS[EDGE_A][family], EDGE_ADDRESS[EDGE_B][family]
    gateway = ("192.0.2.254", "2001:db8:a::fe")[family]
    return {
        "system": {"name": "site-a"},
        "ports": {"wan": {"driver": "af_xdp", "device": "wan0", "vrf": "default"},
                  "lan": {"driver": "af_xdp", "device": "lan0"}},
        "vrfs": {"default": {"loopbacks": [local], "routes": [
            {"prefix": remote + ("/32", "/128")[family], "port": "wan", "via": gateway}]}},
        "bridges": {"lan": {"vni": 10100, "inner_vlan": True, "members": [{"port": "lan"}, {"vtep": remote}]}},
    }


def reassembled_by(daemon):
    """What ours counted, and what the two kernels took and finished."""
    ours = sum(daemon.counter(what, "rx_reassembled") for what in ("ports", "tunnels", "bridges"))
    kernels = {edge: kernel_counters(edge) for edge in (EDGE_A, EDGE_B)}
    return ours, kernels[EDGE_B]["IpReasmOKs"], kernels[EDGE_A]["IpReasmReqds"]


def traffic(findings, folder, name, daemon):
    """Pings of every size, frames and TCP: (datagrams that reached A and B in fragments, their counters' steps)."""
    before = reassembled_by(daemon)
    with capture.BothSides(folder, name) as both:
        pinged, lost = checks.pings(findings)
        checks.raw_frames(findings)
    with capture.BothSides(folder, name + "-tcp", capture.HEADERS_ONLY) as tcp:
        rates = checks.tcp(findings)
    checks.settle()
    steps = [after - first for after, first in zip(reassembled_by(daemon), before)]
    checks.dissect(findings, both, 2 * (pinged - lost))
    fragmented = {edge: sum(len(capture.Datagrams(capture.towards(seen.packets(side), edge))) for seen in (both, tcp))
                  for edge, side in checks.ARRIVES.items()}
    print(f"      {name}: {pinged} pings, {lost} lost; TCP {rates} Mbit/s; in fragments: {fragmented}; reassembled: {steps}")
    return fragmented, steps


def one_case(net, folder, name, family, path_mtu):
    net.path_mtu(path_mtu)
    daemon = Daemon(EDGE_A, write(folder, name + ".json", configuration(family)), BUILD, folder).start()
    kernel_vxlan.bridge_at(EDGE_B, family=family)
    for to in HOST_ADDRESS[HOST_B]:
        expect_path(ns=HOST_A, to=to)
    findings = Findings()
    fragmented, (ours, theirs, ours_by_kernel) = traffic(findings, folder, name, daemon)
    for line in findings.lines:
        print("      " + line)
    expect(not findings, f"{name}: everything arrived both ways")
    expect(ours_by_kernel == 0, f"{name}: the kernel at A reassembled nothing")
    if path_mtu == LINK_MTU:
        expect(sum(fragmented.values()) == 0, f"{name}: nothing was fragmented")
    else:
        expect(min(fragmented.values()) > 500, f"{name}: the router fragmented both ways")
        expect(ours == fragmented[EDGE_A], f"{name}: amimed put {ours} of {fragmented[EDGE_A]} together")
        expect(theirs == fragmented[EDGE_B], f"{name}: the kernel put {theirs} of {fragmented[EDGE_B]} together")
    daemon.stop()
    kernel_vxlan.remove(EDGE_B)


def test(net, folder):
    for ns, device in ((EDGE_A, "wan0"), (NET, "to-a"), (NET, "to-b"), (EDGE_B, "wan0")):
        ip(f"link set {device} mtu {LINK_MTU}", ns)
    one_case(net, folder, "IPv4", 0, LINK_MTU)
    one_case(net, folder, "IPv6", 1, LINK_MTU)
    one_case(net, folder, "IPv4-cut-by-the-router", 0, 1500)


main(test)
