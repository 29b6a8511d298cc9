# SPDX-License-Identifier: BSD-3-Clause
"""Both hosts of the two sites as the two ports of one tester: host B's interface moves into host A's namespace as eth1.

   am-ha                 am-a            am-net           am-b
  +--------------+     +--------+      +--------+      +--------+
  | eth0  -------|-----|lan0    |      |        |      |        |
  | amime-bench  |     |    wan0|------|        |------|wan0    |
  | eth1  -------|--------------------------------------|lan0    |
  +--------------+     +--------+      +--------+      +--------+
"""
import json
import os
import subprocess

import rows
from netns import HOST_A, HOST_B, Trouble, ip, run

CONFIG = os.path.join(rows.CONFIG, "wire", "sites.json")


def gather_ports():
    """
    Neither interface keeps an address: a tester refuses what its machine itself uses. Addresses go while the link is down, or the
    kernel would tell routers of the groups it leaves, for a second after: the sites would count that, and the tester not.
    """
    ip("""link set eth0 down
          link set eth0 name eth1""", HOST_B)
    run("ip", "-n", HOST_B, "link", "set", "eth1", "netns", HOST_A)
    ip("""link set eth0 down
          address flush dev eth0
          link set eth0 addrgenmode none
          link set eth1 addrgenmode none
          link set eth0 up
          link set eth1 up""", HOST_A)


def configuration(path=CONFIG, driver=None, **more):
    """The committed file as a value, with another driver, and with keys replaced."""
    with open(path, encoding="ascii") as file:
        config = json.load(file)
    for port in config["ports"].values():
        port["driver"] = driver or port["driver"]
    config.update(more)
    return config


def bench(build, *arguments, ns=HOST_A, wrapper=(), **more):
    """Run amime-bench in a namespace; what it printed, or Trouble with what it complained about."""
    program = os.path.join(build, "apps", "amime-bench", "amime-bench")
    command = ["ip", "netns", "exec", ns, *wrapper, program, *arguments]
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, check=False, **more)
    if done.returncode:
        raise Trouble(f"amime-bench {' '.join(arguments)}: status {done.returncode}"
                      + (f": {done.stderr.strip()}" if done.stderr else ""))
    return done.stdout


def values(result):
    """Median of each row of a result file, by name."""
    return {row["name"]: row["stats"]["median"] for row in result["cases"] if row["stats"]}
