#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A peer that is not there yet, a gateway that comes late, a link that goes and returns: all heal by themselves."""
import time

import pinger
from harness import HOST_A, HOST_ADDRESS, HOST_B, expect, expect_path, expect_ping, main, sites
from netns import EDGE_B, NET, ip


def expect_nothing():
    lost = pinger.ping(HOST_A, HOST_ADDRESS[HOST_B][0], [100, 1500], timeout=0.3)
    expect(len(lost) == 2, "nothing gets through meanwhile")


def test(net, folder):
    net.path_mtu(1500)
    (_, a), (_, b) = sites(folder)
    ip("link set to-b down", NET)
    a.start()
    expect_nothing()
    b.start()
    expect_nothing()
    ip("link set to-b up", NET)
    expect_path(patience=8)
    expect_ping()
    # The far amimed goes and comes back; ours is not touched.
    b.stop()
    expect_nothing()
    b.start()
    expect_path(patience=8)
    expect_ping()
    # Our own uplink loses its carrier, and with it the kernel's neighbours and routes.
    ip("link set to-a down", NET)
    time.sleep(0.5)
    expect_nothing()
    ip("link set to-a up", NET)
    expect_path(patience=8)
    # The far gateway's address moves to another MAC, and says so as a router that took over does.
    ip("""link set to-b down
          link set to-b address 02:00:5e:00:00:fe
          link set to-b up""", NET)
    ip("neighbour flush dev wan0", EDGE_B)
    expect_path(patience=8)
    expect_ping()
    a.stop()
    b.stop()


main(test)
