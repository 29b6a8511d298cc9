# SPDX-License-Identifier: BSD-3-Clause
"""What is compared: each case is traffic, and what has to become of it."""
import dataclasses
import os

import frames

TRIALS = 3     # times that a file is played for the look at what comes out
FRAMES = 1024  # in each source file, which is played over and over


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    about: str
    way: str           # "encap": from the LAN to the tunnel; "decap": back
    length: int        # octets of the frames inside, without FCS
    pairs: int         # pairs of MAC addresses
    link_mtu: int = 1500
    pieces: int = 1    # what one frame is in the tunnel
    goal: float = 0.0  # at most this times the cycles of OVS-DPDK, after subtraction; 0: none

    def inside(self):
        """The frames, as hosts send and want them."""
        return [frames.frame(i % self.pairs, self.length) for i in range(FRAMES)]

    @property
    def outs(self):
        """Packets out for a frame that passes."""
        return self.pieces if self.way == "encap" else 1

    @property
    def ins(self):
        return self.pieces if self.way == "decap" else 1


SMALL, FULL = 64, 1514
CASES = (
    Case("encap-64", "64-octet frames into VXLAN, 1024 MAC pairs", "encap", SMALL, 1024, goal=0.6),
    Case("encap-64-1", "the same, 1 MAC pair", "encap", SMALL, 1, goal=0.6),
    Case("decap-64", "VXLAN around 64-octet frames, 1024 MAC pairs", "decap", SMALL, 1024, goal=0.4),
    Case("decap-64-1", "the same, 1 MAC pair", "decap", SMALL, 1, goal=0.4),
    Case("encap-1514", "1514-octet frames into VXLAN over a link of MTU 1500: two fragments", "encap", FULL, 1024, pieces=2),
    Case("encap-1514-jumbo", "the same over a link of MTU 2000: nothing is cut", "encap", FULL, 1024, link_mtu=2000),
    Case("decap-1514", "two fragments of VXLAN around a 1514-octet frame", "decap", FULL, 1024, pieces=2),
)
QUICK = ("encap-64", "decap-1514")


class Files:
    """The source files of a case."""

    def __init__(self, case, folder):
        inside = case.inside()
        forms = {"frames": [[f] for f in inside]}
        if case.way == "decap":
            forms = {"gre": [frames.gre_vxlan(f, i) for i, f in enumerate(inside)],
                     "vxlan": [(frames.plain_vxlan if case.pieces == 1 else frames.plain_vxlan_cut)(f, i)
                               for i, f in enumerate(inside)]}
        self.path = {}
        for form, groups in forms.items():
            packets = [p for group in groups for p in group]
            if any(len(group) != case.ins for group in groups):
                raise AssertionError(f"{case.name}: frames are not {case.ins} packets each")
            self.path[form] = os.path.join(folder, f"{case.name}-{form}.pcap")
            frames.write_pcap(self.path[form], packets)
            frames.write_pcap(self.trial(self.path[form]), packets * TRIALS)

    def source(self, tunnel_form):
        """What a peer is given, that speaks tunnel_form in the tunnel."""
        return self.path.get("frames") or self.path[tunnel_form]

    @staticmethod
    def trial(path):
        """The same several times over, for the look at what comes out: some peers lose what comes while they start."""
        return path.replace(".pcap", "-trial.pcap")
