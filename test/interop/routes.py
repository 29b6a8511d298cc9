# SPDX-License-Identifier: BSD-3-Clause
"""Routes both ways, from both sides' own view: what A and the other speaker announce must be in the other's table with the next hop and
AS path that it should have."""
from world import ADDRESS, AS, A, B, eventually, expect

OURS = {"ipv4": "203.0.113.0/24", "ipv6": "2001:db8:a::/48"}
THEIRS = {"ipv4": "198.51.100.0/24", "ipv6": "2001:db8:b::/48"}


def path_of(speaker, prefix):
    """The single path that our side has of a prefix."""
    routes = speaker.ask("show", "routes", prefix)["routes"]
    return routes[0] if len(routes) == 1 else None


def expect_theirs(a, family="ipv4", next_hop=None, path=str(AS[B]), prefix=None):
    prefix = prefix or THEIRS[family]
    route = eventually(f"{prefix} is in our table", lambda: path_of(a, prefix))
    expect(route["best"] and route["as_path"] == path, f"{prefix} is best, by AS path {route['as_path']}")
    if next_hop:
        expect(route["next_hop"] == next_hop, f"its next hop is {route['next_hop']}")
    return route


def expect_ours_in_frr(frr, family="ipv4", next_hop=None, prefix=None):
    prefix = prefix or OURS[family]
    # bgpd has a path before zebra has told it of the next hop; it says nothing of "valid" until then.
    path = eventually(f"{prefix} is in FRR's table, and valid", lambda: [path for path in frr.route(prefix) if path.get("valid")])[0]
    expect(path["aspath"]["string"] == str(AS[A]), f"by AS path {path['aspath']['string']}")
    hops = [hop["ip"] for hop in path["nexthops"]]
    if next_hop:
        expect(next_hop in hops, f"its next hops there are {hops}")
    return path


def expect_ours_in_bird(bird, family="ipv4", next_hop=None, prefix=None):
    prefix = prefix or OURS[family]
    text = eventually(f"{prefix} is in BIRD's table", lambda: bird.has(prefix))
    expect(f"BGP.as_path: {AS[A]}\n" in text, "by our AS")
    if next_hop:
        expect(f"BGP.next_hop: {next_hop}" in text, f"with next hop {next_hop}")
    return text


def expect_ours_in_gobgp(gobgp, family="ipv4", next_hop=None, prefix=None):
    prefix = prefix or OURS[family]
    paths = eventually(f"{prefix} is in GoBGP's table", lambda: gobgp.routes(family).get(prefix))
    attrs = {attr["type"]: attr for attr in paths[0]["attrs"]}
    expect(attrs[2]["as_paths"][0]["asns"] == [AS[A]], f"by AS path {attrs[2]['as_paths']}")
    hop = attrs[3]["nexthop"] if 3 in attrs else attrs[14]["nexthop"]
    if next_hop:
        expect(hop == next_hop, f"with next hop {hop}")
    return paths


EXPECT_OURS = {"frr": expect_ours_in_frr, "bird": expect_ours_in_bird, "gobgp": expect_ours_in_gobgp}


def expect_both_ways(a, other, families=("ipv4", "ipv6"), ours=None, theirs=None):
    """ours and theirs: next hops by family, where they are not the usual ones of the link."""
    here = {"ipv4": ADDRESS[A][0], "ipv6": ADDRESS[A][1], **(ours or {})}
    there = {"ipv4": ADDRESS[B][0], "ipv6": ADDRESS[B][1], **(theirs or {})}
    for family in families:
        expect_theirs(a, family, there[family])
        EXPECT_OURS[other.name](other, family, here[family])


def expect_up(a, other):
    eventually("Established, as we see it", a.is_up)
    eventually(f"Established, as {other.name} sees it", other.is_up)
