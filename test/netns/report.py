# SPDX-License-Identifier: BSD-3-Clause
"""What is printed: the topology, one line for each row and path MTU, and every broken promise under its line."""
import sys

PICTURE = r"""
  site A                                    the Internet                                   site B
  am-ha ---- LAN 1500 ---- am-a ----- 1500 ----- am-net ----- 1500 ----- am-b ---- LAN 1500 ---- am-hb
  10.1.0.1             amimed site-a       path MTU 1500, 1280         amimed site-b            10.1.0.2
  fd01::1              192.0.2.1                                       198.51.100.1             fd01::2
                       2001:db8:a::1                                   2001:db8:b::1

  Each line of the table: echo requests with DF of every inner size from 1100 to 1500 octets, both ways, IPv4 and IPv6;
  frames of 42 to 1518 octets, plain and tagged, both ways; TCP both ways. What was seen on the wire: datagrams that
  arrived as fragments, against those that the far amimed counted as reassembled; the first fragment; what the router
  changed; what the edges' kernels reassembled. Everything else in the middle was at most 1280 octets long.
"""

HEAD = ("payload", "tunnel", "path", "pings lost", "frames bad", "fragmented=ours", "first", "cut again", "kernel",
        "TCP Mbit/s", "")
WIDTHS = (10, 12, 4, 10, 10, 15, 9, 9, 6, 10, 4)


def line(*cells):
    return "  ".join(str(cell).ljust(width) for cell, width in zip(cells, WIDTHS)).rstrip()


def say(text=""):
    print(text, flush=True)


def head():
    say(line(*HEAD))
    say(line(*("-" * width for width in WIDTHS)))


class Findings:
    """Broken promises, counted and worded."""

    def __init__(self):
        self.lines = []

    def expect(self, holds, text):
        if not holds:
            self.lines.append(text)
        return holds

    def show(self):
        for text in self.lines:
            say(f"    BROKEN: {text}")

    def __bool__(self):
        return bool(self.lines)


def sizes(numbers):
    """1100 1101 1102 1200 as '1100-1102 1200'."""
    spans = []
    for n in numbers:
        if spans and n == spans[-1][1] + 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    text = " ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans[:6])
    return text + (" ..." if len(spans) > 6 else "")


def complain(text):
    print(text, file=sys.stderr, flush=True)
