# SPDX-License-Identifier: BSD-3-Clause
"""The Linux kernel's own VXLAN: a peer to talk to, and a forwarder that breaks our promises, to test the checks with."""
from netns import EDGE_ADDRESS, OTHER, ip


def bridge_at(edge, vni=10100, family=0):
    """An edge as the kernel does it: bridge, VXLAN straight over the uplink, fragments made and put together by it."""
    local, remote = EDGE_ADDRESS[edge][family], EDGE_ADDRESS[OTHER[edge]][family]
    ip(f"""link add br0 type bridge
           link add vxlan0 type vxlan id {vni} local {local} remote {remote} dstport 4789
           link set vxlan0 mtu 1500
           link set vxlan0 master br0
           link set lan0 master br0
           link set vxlan0 up
           link set br0 up""", edge)


def remove(edge):
    ip("""link del vxlan0
          link del br0""", edge)
