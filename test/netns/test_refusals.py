#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the machine or the file does not allow ends in one clear line with the remedy, and a status that is not 0."""
import copy
import os
import subprocess

from harness import BUILD, expect, main, sites, write
from netns import EDGE_A

AMIMED = os.path.join(BUILD, "apps", "amimed", "amimed")


def refusal(*arguments, prefix=()):
    """Status and what was said, of an amimed that should not stay up."""
    state = os.path.join(os.path.dirname(arguments[-1]), "state")
    command = ["ip", "netns", "exec", EDGE_A, *prefix, AMIMED, *arguments, "--state", state]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10, check=False)
    except subprocess.TimeoutExpired:
        return 0, "it runs"
    return done.returncode, done.stdout


def expect_refusal(what, words, *arguments, most_lines=8, **more):
    status, said = refusal(*arguments, **more)
    missing = [word for word in words if word not in said]
    expect(status not in (0, -11, -6) and not missing and len(said.splitlines()) <= most_lines,
           f"{what}: status {status}, missing words {missing}, said: {said.strip()[:600]}")


def changed(config, **ports):
    config = copy.deepcopy(config)
    for name, keys in ports.items():
        config["ports"][name] = keys
    return config


def bad_machine(folder, config):
    cases = {
        "a device that is not there": (changed(config, lan={"driver": "af_xdp", "device": "nowhere0"}), ["nowhere0"]),
        "the same for af_packet": (changed(config, lan={"driver": "af_packet", "device": "nowhere0"}), ["nowhere0"]),
        "devargs that DPDK does not know": (changed(config, lan={"driver": "ethdev", "devargs": "net_nonsense0"}),
                                            ["net_nonsense0"]),
        "the af_packet PMD": (changed(config, lan={"driver": "ethdev", "devargs": "net_af_packet0,iface=lan0"}),
                              ["net_af_packet", "af_packet"]),
    }
    for n, (what, (value, words)) in enumerate(cases.items()):
        expect_refusal(what, words, "--config", write(folder, f"bad{n}.json", value))
    huge = copy.deepcopy(config)
    huge["system"]["hugepages"] = "always"
    if not any(int(open(f"/sys/kernel/mm/hugepages/{size}/free_hugepages", encoding="ascii").read())
               for size in os.listdir("/sys/kernel/mm/hugepages")):
        expect_refusal("no hugepages", ["hugepages"], "--config", write(folder, "huge.json", huge))


def bad_files(folder, config):
    expect_refusal("a file that is not there", ["none.json"], "--config", os.path.join(folder, "none.json"))
    wrong = copy.deepcopy(config)
    wrong["tunnels"]["to-b"].update(mtu=70000, spilt="floor", remote="198.51.100.300")
    path = write(folder, "wrong.json", wrong)
    expect_refusal("every error at once", ["$.tunnels.to-b.mtu", "spilt", "split", "198.51.100.300"], "--check", path)
    lines = [n for n, line in enumerate(open(path, encoding="ascii"), 1) if "70000" in line]
    expect_refusal("with its line", [str(lines[0])], "--check", path)
    good = write(folder, "good.json", config)
    done = subprocess.run([AMIMED, "--check", good], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect(done.returncode == 0, f"--check of a good file: {done.stdout.strip()}")


def test(_net, folder):
    (config, a), _ = sites(folder)
    os.chmod(folder, 0o755)
    bad_files(folder, config)
    bad_machine(folder, config)
    expect_refusal("no permission", ["root"], "--config", a.config, prefix=(
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"))


main(test)
