#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""EVPN types 1 to 5, with FRR and with GoBGP, each way: what is announced is what the other side shows."""
from peers import Frr, GoBgp
from routes import expect_up
from world import ADDRESS, AS, A, B, Speaker, Trouble, eventually, expect, ip, main, run

OUR_VTEP, THEIR_VTEP = "10.255.0.1", "10.255.0.2"
OUR_RD, THEIR_RD = f"{OUR_VTEP}:100", f"{THEIR_VTEP}:100"
ESI = "03aabbccddeeff000064"
COMMON = {"rd": OUR_RD, "label": 100, "next_hop": OUR_VTEP, "route_targets": ["65000:100"]}
OUR_ROUTES = [
    {**COMMON, "type": "auto-discovery", "esi": ESI, "tag": 200},
    {**COMMON, "type": "mac-ip", "mac": "02:aa:00:00:00:01", "ip": "192.168.100.1"},
    {**COMMON, "type": "mac-ip", "mac": "02:aa:00:00:00:02"},
    {**COMMON, "type": "multicast", "ip": OUR_VTEP},
    {"type": "ethernet-segment", "rd": OUR_RD, "next_hop": OUR_VTEP, "esi": ESI, "ip": OUR_VTEP, "route_targets": ["65000:100"]},
    {**COMMON, "type": "ip-prefix", "prefix": "172.16.1.0/24", "router_mac": "02:aa:00:00:00:ff"},
]


def ours(scene):
    return scene.ours({"families": {"ipv4": {}, "evpn": {}}}, evpn=OUR_ROUTES, announce=[])


def theirs(a):
    """Their routes as we have them, {type: [route]}."""
    found = {}
    for route in a.ask("show", "routes", "evpn")["routes"]:
        if route["from"] == "b":
            found.setdefault(route["evpn"]["type"], []).append(route)
    return found


def has_target(route):
    return "rt:65000:100" in route["ext_communities"]


def having(routes, wanted):
    """Those of the routes whose NLRI has all that is wanted."""
    return [route for route in routes if all(route["evpn"].get(k) == v for k, v in wanted.items())]


def one(routes, what, **wanted):
    """The one of these routes whose NLRI has all that is wanted."""
    hits = having(routes, wanted)
    expect(len(hits) == 1, f"{what}: {wanted}" + ("" if hits else f", of {[route['evpn'] for route in routes]}"))
    expect(has_target(hits[0]) and hits[0]["best"], f"with its route target {hits[0]['ext_communities']}, and best")
    return hits[0]


def vtep(folder):
    """What FRR makes EVPN routes of: a bridge with a VXLAN device, and a host behind it."""
    ip(f"""address add {THEIR_VTEP}/32 dev lo
           link add br100 type bridge
           link set br100 address 02:00:00:00:01:02
           link set br100 up
           link add vxlan100 type vxlan id 100 local {THEIR_VTEP} dstport 4789 nolearning
           link set vxlan100 master br100
           link set vxlan100 up
           address add 192.168.100.252/24 dev br100
           link add host type veth peer name port
           link set port master br100
           link set port up
           link set host address 02:bb:00:00:00:02
           link set host up
           link add br200 type bridge
           link set br200 address 02:00:00:00:02:02
           link set br200 up
           link add vxlan200 type vxlan id 200 local {THEIR_VTEP} dstport 4789 nolearning
           link set vxlan200 master br200
           link set vxlan200 up""", B)


def frr_evpn(scene):
    vtep(scene.folder)
    frr = scene.start(Frr(scene.folder + "/f", both=False, routes=False,
                          before="vni 200\nip route 172.16.2.0/24 blackhole",
                          bgp=" neighbor 10.9.0.3 remote-as 65003\n neighbor 10.9.0.3 passive",
                          families=f""" address-family ipv4 unicast
  network 172.16.2.0/24
  neighbor {ADDRESS[A][0]} activate
 exit-address-family
 address-family l2vpn evpn
  neighbor {ADDRESS[A][0]} activate
  neighbor 10.9.0.3 activate
  advertise-all-vni
  advertise-svi-ip
  advertise ipv4 unicast
  vni 100
   rd {THEIR_RD}
   route-target both 65000:100
  exit-vni
 exit-address-family"""))
    # A host is learnt by what it sends; the bridge tells FRR.
    ip("neighbor replace 192.168.100.2 lladdr 02:bb:00:00:00:02 dev br100 nud reachable", B)
    run("bridge", "fdb", "replace", "02:bb:00:00:00:02", "dev", "port", "master", "static", ns=B)
    a = ours(scene)
    expect_up(a, frr)
    expect("evpn" in a.neighbor()["agreed"]["families"], "EVPN was agreed on")
    frr_to_us(a)
    us_to_frr(frr)
    frr_tells_on(scene, a)
    frr.stop()
    a.stop()


def frr_to_us(a):
    own = {"mac": "02:00:00:00:01:02", "ip": "192.168.100.252", "rd": THEIR_RD, "labels": [100, 200]}
    host = {"mac": "02:bb:00:00:00:02", "ip": "192.168.100.2", "rd": THEIR_RD}

    def came():
        """Those of type 2 one by one, each when zebra has told bgpd of it; with the second label when it has told of VNI 200."""
        routes = theirs(a)
        if not ({2, 3, 5} <= set(routes) and having(routes[2], own) and having(routes[2], host)):
            raise Trouble(f"of {[route['evpn'] for some in routes.values() for route in some]}")
        return routes

    found = eventually("FRR's types 2, 3 and 5 came", came)
    svi = one(found[2], "type 2", **own)
    expect(svi["next_hop"] == THEIR_VTEP, f"its next hop is {svi['next_hop']}")
    one(found[2], "type 2 of the host", **host)
    one(found[3], "type 3", ip=THEIR_VTEP, rd=THEIR_RD)
    prefix = [r for r in found[5] if r["evpn"]["prefix"] == "172.16.2.0/24"]
    expect(len(prefix) == 1 and prefix[0]["evpn"]["labels"] == [200], f"type 5: {prefix[0]['evpn']}")
    expect("router-mac:02:00:00:00:02:02" in prefix[0]["ext_communities"], f"with {prefix[0]['ext_communities']}")


def frr_tells_on(scene, a):
    """FRR makes types 1 and 4 only of bonds, which not every kernel has: here it tells on those of a third speaker."""
    ip("address replace 10.9.0.3/24 dev eth0\nroute add 10.255.0.3/32 via 10.9.0.3 dev eth0", B)
    common = {"rd": "10.255.0.3:100", "next_hop": "10.255.0.3", "route_targets": ["65000:100"], "esi": ESI}
    c = scene.start(Speaker(scene.folder, {
        "as": 65003, "router_id": "10.9.0.3", "system": {"port": 0},
        "neighbors": {"frr": {"address": ADDRESS[B][0], "as": AS[B], "source": "10.9.0.3", "import": "accept", "export": "accept",
                              "hold_time": 9, "connect_retry": 2, "families": {"evpn": {}}}},
        "evpn": [{**common, "type": "auto-discovery", "tag": 300, "label": 100},
                 {**common, "type": "ethernet-segment", "ip": "10.255.0.3"}]}, ns=B, name="c"))
    eventually("the third speaker is up with FRR", lambda: c.is_up("frr"))
    eventually("FRR's types 1 and 4 came", lambda: {1, 4} <= set(theirs(a)))
    # FRR tells type 1 on with label 0, whatever it came with.
    route = one(theirs(a)[1], "type 1", rd="10.255.0.3:100", tag=300, esi=ESI)
    expect(route["as_path"] == f"{AS[B]} 65003", f"by AS path {route['as_path']}")
    one(theirs(a)[4], "type 4", rd="10.255.0.3:100", ip="10.255.0.3", esi=ESI)
    c.stop()


def us_to_frr(frr):
    def paths():
        return frr.json("show bgp l2vpn evpn route").get(OUR_RD, {})

    wanted = {
        "[1]:[200]:[03:aa:bb:cc:dd:ee:ff:00:00:64]:[32]:[0.0.0.0]:[0]": "type 1",
        "[2]:[0]:[48]:[02:aa:00:00:00:01]:[32]:[192.168.100.1]": "type 2 with an address",
        "[2]:[0]:[48]:[02:aa:00:00:00:02]": "type 2 without",
        "[3]:[0]:[32]:[10.255.0.1]": "type 3",
        "[4]:[03:aa:bb:cc:dd:ee:ff:00:00:64]:[32]:[10.255.0.1]": "type 4",
        "[5]:[0]:[24]:[172.16.1.0]": "type 5",
    }
    eventually("FRR has as many of ours as we announce", lambda: len([k for k in paths() if k.startswith("[")]) == len(OUR_ROUTES))
    for key, what in wanted.items():
        path = paths().get(key)
        expect(path is not None, f"{what} is in FRR's table as {key} (of {[k for k in paths() if k.startswith('[')]})")
        flat = str(path)
        expect("65001" in flat and OUR_VTEP in flat and "RT:65000:100" in flat, "by our AS, VTEP and route target")


def gobgp_evpn(scene):
    gobgp = scene.start(GoBgp(scene.folder + "/g", families=("ipv4-unicast", "l2vpn-evpn")))
    a = ours(scene)
    expect_up(a, gobgp)
    esi = ("esi", "LACP", "aa:bb:cc:dd:ee:ff", "100")
    tail = ("rd", THEIR_RD, "rt", "65000:100", "encap", "vxlan", "nexthop", THEIR_VTEP)
    for route in (("a-d", *esi, "etag", "200", "label", "100", *tail[:6], "esi-label", "100", *tail[6:]),
                  ("macadv", "02:bb:00:00:00:02", "192.168.100.77", "esi", "0", "etag", "0", "label", "100", *tail),
                  ("multicast", THEIR_VTEP, "etag", "0", *tail[:6], "pmsi", "ingress-repl", "100", THEIR_VTEP, *tail[6:]),
                  ("esi", THEIR_VTEP, *esi, "rd", THEIR_RD, "rt", "65000:100", "nexthop", THEIR_VTEP),
                  ("prefix", "172.16.5.0/24", "gw", "0.0.0.0", "etag", "0", "label", "100", *tail[:6], "router-mac",
                   "02:bb:00:00:00:ff", *tail[6:])):
        gobgp.ask("global", "rib", "add", "-a", "evpn", *route)
    eventually("GoBGP's types 1 to 5 came", lambda: {1, 2, 3, 4, 5} <= set(theirs(a)))
    found = theirs(a)
    one(found[1], "type 1", rd=THEIR_RD, tag=200, labels=[100])
    one(found[2], "type 2", rd=THEIR_RD, mac="02:bb:00:00:00:02", ip="192.168.100.77", labels=[100])
    one(found[3], "type 3", rd=THEIR_RD, ip=THEIR_VTEP)
    one(found[4], "type 4", rd=THEIR_RD, ip=THEIR_VTEP)
    route = one(found[5], "type 5", rd=THEIR_RD, prefix="172.16.5.0/24", labels=[100])
    expect("router-mac:02:bb:00:00:00:ff" in route["ext_communities"], f"with {route['ext_communities']}")
    us_to_gobgp(gobgp)


def us_to_gobgp(gobgp):
    def paths():
        """[(nlri, attributes as text)] of ours."""
        return [(path["nlri"], str(path["attrs"])) for paths in gobgp.routes("evpn").values() for path in paths
                if path["nlri"]["value"].get("rd", {}).get("admin") == OUR_VTEP]

    eventually("GoBGP has as many of ours as we announce", lambda: len(paths()) == len(OUR_ROUTES))
    by_type = {}
    for nlri, attrs in paths():
        by_type.setdefault(nlri["type"], []).append((nlri["value"], attrs))
        expect("65001" in attrs and OUR_VTEP in attrs and "65000:100" in attrs, f"type {nlri['type']} by our AS, VTEP and route target")
    expect(sorted(by_type) == [1, 2, 3, 4, 5], f"all of types {sorted(by_type)}")
    expect(by_type[1][0][0]["etag"] == 200, f"type 1: {by_type[1][0][0]}")
    macs = {value["mac"]: value for value, _ in by_type[2]}
    expect(set(macs) == {"02:aa:00:00:00:01", "02:aa:00:00:00:02"}, f"type 2: {macs}")
    expect(macs["02:aa:00:00:00:01"]["ip"] == "192.168.100.1" and macs["02:aa:00:00:00:01"]["labels"] == [100], "with address and VNI")
    expect(by_type[3][0][0]["ip"] == OUR_VTEP, f"type 3: {by_type[3][0][0]}")
    expect(by_type[5][0][0]["prefix"] == "172.16.1.0/24", f"type 5: {by_type[5][0][0]}")


def test(scene):
    frr_evpn(scene)
    gobgp_evpn(scene)


main(test)
