#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is agreed on in the OPEN: roles (RFC 9234), extended messages (RFC 8654), add-path (RFC 7911). And a peer whose UPDATEs are all wrong."""
import time

from peers import Bird
from routes import OURS, THEIRS, expect_both_ways, expect_up
from table import Peer, attributes, rest, update
from world import ADDRESS, AS, A, B, Speaker, config, eventually, expect, inside, ip, main

THIRD = "10.9.0.3"


def third(announce=()):
    """A speaker of our own beside BIRD; it connects from an address of its own."""
    return {"as": 65003, "router_id": THIRD, "system": {"listen": [THIRD], "port": 1790},
            "neighbors": {"a": {"address": ADDRESS[A][0], "as": AS[A], "source": THIRD, "import": "accept", "export": "accept",
                                "enforce_first_as": False, "hold_time": 9, "connect_retry": 2}},
            "announce": list(announce)}


def with_third(ours):
    ours["neighbors"]["c"] = {"address": THIRD, "as": 65003, "passive": True, "import": "accept", "export": "accept"}
    return ours


def roles(scene):
    bird = scene.start(Bird(scene.folder + "/r1", extra="local role customer;"))
    a = scene.ours({"role": "provider"})
    expect_up(a, bird)
    expect(a.neighbor()["agreed"]["role"] == "customer", "the peer's role is customer")
    expect("Role: provider" in bird.protocol(), "BIRD sees our role")
    expect_both_ways(a, bird, families=("ipv4",))
    expect(f"BGP.otc: {AS[A]}" in bird.has(OURS["ipv4"]), "what a provider tells has OTC with its AS")
    bird.stop()
    a.stop()


def role_mismatch(scene):
    bird = scene.start(Bird(scene.folder + "/r2", extra="local role provider;"))
    a = scene.ours({"role": "provider"})
    # Of two connections at once one ends by a NOTIFICATION, too, and what fails after it ends by none.
    end = eventually("the session ends with a NOTIFICATION", lambda: (end := a.neighbor().get("last_end", {})).get("code") == 2 and end)
    expect((end["code"], end["subcode"]) == (2, 11), f"2/11: {end['notification']}, by {end['by']}")
    eventually("BIRD says the same", lambda: "Role mismatch" in bird.tail() or "Role mismatch" in bird.protocol())
    expect(not a.is_up() and not bird.is_up(), "it is not up on either side")
    bird.stop()
    a.stop()


def extended_messages(scene):
    """A community list so long that one UPDATE needs more than 4096 octets."""
    bird = Bird(scene.folder + "/x", extra="enable extended messages on;", channels=f"""
  ipv4 {{ import all; export filter {{
      if source != RTS_STATIC then reject;
      {' '.join(f'bgp_large_community.add((65002, 1, {i}));' for i in range(500))}
      accept;
  }}; }};""")
    scene.start(bird)
    a = scene.ours()
    expect_up(a, bird)
    expect(a.neighbor()["agreed"]["extended_messages"], "both ends agreed on extended messages")
    route = eventually("the route with 6000 octets of communities came",
                       lambda: a.ask("show", "routes", THEIRS["ipv4"])["routes"])[0]
    expect(len(route["large_communities"]) == 500, f"{len(route['large_communities'])} communities are there")
    expect(route["large_communities"][499] == "65002:1:499", "the last of them, too")
    # And we tell it on, which is one UPDATE of ours that is as long.
    ip(f"address replace {THIRD}/24 dev eth0", B)
    c = scene.start(Speaker(scene.folder, third(), ns=B, name="c"))
    a.reload(with_third(config()))
    told = eventually("a third speaker has it from us", lambda: c.ask("show", "routes", THEIRS["ipv4"])["routes"])[0]
    expect(told["large_communities"] == route["large_communities"], "with all its communities")
    server = with_third(config())
    server["neighbors"]["c"]["transparent"] = True
    a.reload(server)
    eventually("and from a route server with BIRD's path and next hop", lambda: [
        (r["as_path"], r["next_hop"]) for r in c.ask("show", "routes", THEIRS["ipv4"])["routes"]] == [(route["as_path"], route["next_hop"])])
    c.stop()
    bird.stop()
    a.stop()


def add_path_send(scene):
    """We have a prefix twice, our own and from a third speaker: BIRD is told both, that speaker the one that is not its own."""
    ip(f"address replace {THIRD}/24 dev eth0", B)
    bird = scene.start(Bird(scene.folder + "/aps", channels="""
  ipv4 { import all; export none; add paths rx; };"""))
    a = scene.start(Speaker(scene.folder, with_third(config({"families": {"ipv4": {"add_path": "send"}}}))))
    c = scene.start(Speaker(scene.folder, third([OURS["ipv4"]]), ns=B, name="c"))
    expect_up(a, bird)
    eventually("the third speaker is up", lambda: a.is_up("c"))
    text = eventually("BIRD has both paths", lambda: bird.has(OURS["ipv4"]).count("BGP.as_path:") == 2 and bird.has(OURS["ipv4"]))
    paths = {line.split(": ")[1] for line in text.splitlines() if "BGP.as_path:" in line}
    expect(paths == {str(AS[A]), f"{AS[A]} 65003"}, f"by AS paths {sorted(paths)}")
    told = a.ask("show", "routes", OURS["ipv4"], "advertised", "b")["routes"]
    expect(len({route["path_id"] for route in told}) == 2, f"we say so, too: {[route['as_path'] for route in told]}")
    eventually("the third speaker has ours beside its own", lambda: len(c.ask("show", "routes", OURS["ipv4"])["routes"]) == 2)
    for one in (bird, c, a):
        one.stop()


def add_path_receive(scene):
    """Two static routes of one prefix with different next hops stand in one BIRD table; it sends both."""
    bird = Bird(scene.folder + "/ap", statics=False, channels="""
  ipv4 { import all; export all; add paths on; };""")
    with open(bird.config, "a", encoding="ascii") as file:
        file.write("""
protocol static one { ipv4 { preference 200; }; route 198.51.100.0/24 via 10.9.0.21; }
protocol static two { ipv4 { preference 100; }; route 198.51.100.0/24 via 10.9.0.22; }
""")
    scene.start(bird)
    a = scene.ours({"families": {"ipv4": {"add_path": "both"}}})
    expect_up(a, bird)
    expect(a.neighbor()["agreed"]["add_path_receive"] == ["ipv4"] and a.neighbor()["agreed"]["add_path_send"] == ["ipv4"],
           "both directions were agreed on")
    expect("ADD-PATH" in bird.protocol() and "RX" in bird.protocol() or "Add path" in bird.protocol(), "BIRD says so, too")
    routes = eventually("both paths came", lambda: len(a.ask("show", "routes", "198.51.100.0/24")["routes"]) == 2 and
                        a.ask("show", "routes", "198.51.100.0/24")["routes"])
    ids = {route["path_id"] for route in routes}
    expect(len(ids) == 2, f"with path identifiers {sorted(ids)}")
    expect({route["next_hop"] for route in routes} == {"10.9.0.21", "10.9.0.22"}, "and the next hops of both")
    expect(sum(route["best"] for route in routes) == 1, "one of them is best")
    bird.stop()
    a.stop()


def wrong_updates(scene):
    """2000 UPDATEs with an ORIGIN that there is not, as fast as they go: the log has one line a second, and they add up."""
    a = scene.start(Speaker(scene.folder, config({"passive": True}), name="flooded"))
    with inside(B):
        peer = Peer(ADDRESS[B][0], ADDRESS[A][0], AS[B])
    wrong = update(b"", b"\x40\x01\x01\x09" + attributes(AS[B], 0, AS[B], ADDRESS[B][0])[4:], b"\x18\xc6\x33\x64")

    def written():
        with open(a.log, encoding="utf-8") as log:
            return [line for line in log if "an UPDATE is wrong" in line]

    def told():
        return sum(1 + int(line.split("; and ")[1].split()[0] if "; and " in line else 0) for line in written())

    begin = time.monotonic()
    peer.send(wrong * 2000)
    eventually("all are read", lambda: rest(a.process.pid))
    time.sleep(1)
    peer.send(wrong)
    eventually("the lines tell of all 2001", lambda: told() == 2001)
    took = time.monotonic() - begin
    expect(len(written()) <= took + 1, f"{len(written())} lines in {took:.1f} s")
    expect(a.is_up(), "the session stays up")
    peer.close()
    a.stop()


def test(scene):
    roles(scene)
    role_mismatch(scene)
    extended_messages(scene)
    add_path_receive(scene)
    add_path_send(scene)
    wrong_updates(scene)


main(test)
