#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A full table through amime-bgp and BIRD, in turns: CPU seconds and peak memory of the whole process.

     in        one peer announces the table (libloc-database's prefixes, about 100,000 attribute sets)
     in+out    the same, told on to a second peer; then
     deny      another export policy, of nothing: the second peer hears that all is gone;
     permit    and the first policy again: it hears all anew; and
     withdraw  the first peer withdraws all, the second one hears of it

Peers are plain sockets in another namespace, on the other CPU where there are two. Beside that, without BIRD and in memory: how many UPDATEs the
codec alone reads in a second, and the longest single call of the library while a full table comes, goes and is judged anew. What was measured goes to
standard output; --out keeps it as JSON, and as text for tools/figures. Status 1 where a goal is missed.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import world  # noqa: E402
from netns import inside, ip, run  # noqa: E402
from table import END_OF_RIB, Peer, Table, origins, rest  # noqa: E402
from world import A, B, Trouble, World, write  # noqa: E402

US, FEEDER, SINK = "10.9.0.1", "10.9.0.2", "10.9.0.3"
PHASES = ("in", "in+out", "deny", "permit", "withdraw")
GOALS = {"cpu": 0.75, "peak": 0.8}  # of BIRD's, in each phase
CODEC_GOAL = 1_500_000  # UPDATEs a second, ten routes in each as in the table above


def say(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


class Process:
    """One speaker under test in namespace A, on a CPU of its own where there are two."""

    def __init__(self, command, folder):
        cpu = max(os.sched_getaffinity(0)) if len(os.sched_getaffinity(0)) > 1 else None
        pin = ["taskset", "-c", str(cpu)] if cpu is not None else []
        self.folder = folder
        with open(os.path.join(folder, "out"), "ab") as out:
            self.process = subprocess.Popen(["ip", "netns", "exec", A, *pin, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.pid = self.process.pid

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Trouble("a speaker did not end within 20 s of SIGTERM") from None


class Amime(Process):
    name = "amime-bgp"

    def __init__(self, folder):
        self.socket = os.path.join(folder, "sock")
        self.config = write(folder, "conf.json", self.text(True))
        super().__init__([world.PROGRAM, "--config", self.config, "--socket", self.socket, "-q"], folder)

    @staticmethod
    def text(permit):
        """Without an export policy, nothing goes to an external peer (RFC 8212)."""
        neighbor = {"passive": True, "families": {"ipv4": {}}, "hold_time": 90, "import": "accept"}
        return {"as": 65000, "router_id": US,
                "neighbors": {"feeder": {**neighbor, "address": FEEDER, "as": 65001},
                              "sink": {**neighbor, "address": SINK, "as": 65002, **({"export": "accept"} if permit else {})}}}

    def permit(self, permit):
        write(self.folder, "conf.json", self.text(permit))
        run(world.PROGRAM, "--socket", self.socket, "reload")


class Bird(Process):
    name = "BIRD"

    def __init__(self, folder):
        if not shutil.which("bird"):
            raise Trouble("BIRD is what we are measured against; install it:  apt-get install bird2")
        self.control = os.path.join(folder, "ctl")
        self.log = os.path.join(folder, "log")
        self.config = write(folder, "bird.conf", self.text(True))
        super().__init__([shutil.which("bird"), "-f", "-c", self.config, "-s", self.control], folder)

    def text(self, permit):
        return f"""log "{self.log}" all;
router id {US};
protocol device {{ }}
template bgp plain {{ local {US} as 65000; passive on; hold time 90; graceful restart off; }}
protocol bgp feeder from plain {{ neighbor {FEEDER} as 65001; ipv4 {{ import all; export none; }}; }}
protocol bgp sink from plain {{ neighbor {SINK} as 65002; ipv4 {{ import all; export {"all" if permit else "none"}; }}; }}
"""

    def permit(self, permit):
        write(self.folder, "bird.conf", self.text(permit))
        run("birdc", "-s", self.control, "configure")


def until(what, process, holds, patience=120.0):
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise Trouble(f"{what}: not within {patience:.0f} s")
        if process.process.poll() is not None:
            raise Trouble(f"{what}: the speaker ended")
        time.sleep(0.02)


def connect(own, asn, hold=90):
    """The speaker may not listen yet."""
    for _ in range(200):
        try:
            with inside(B):
                return Peer(own, US, asn, hold)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise Trouble("the speaker does not listen")


def checked(peers):
    for peer in peers:
        if peer.error:
            raise Trouble(f"a session was lost: {peer.error}")


def load(process, table):
    """in: CPU seconds and peak."""
    feeder = connect(FEEDER, 65001)
    before = rest(process.pid)[0]
    feeder.send(table.announce + END_OF_RIB)
    after, peak = rest(process.pid)
    checked([feeder])
    feeder.close()
    return {"in": {"cpu": after - before, "peak": peak}}


def relay(process, table):
    """in+out, deny, permit, withdraw."""
    sink, feeder = connect(SINK, 65002), connect(FEEDER, 65001)
    out = {}

    def phase(name, act, field):
        before, start = rest(process.pid)[0], getattr(sink, field)
        begin = time.monotonic()
        act()
        until(f"{process.name} {name}: {field} routes", process, lambda: getattr(sink, field) - start >= table.prefixes)
        took = time.monotonic() - begin
        after, peak = rest(process.pid)
        checked([sink, feeder])
        out[name] = {"cpu": after - before, "peak": peak, "seconds": took, "told": getattr(sink, field) - start}

    phase("in+out", lambda: feeder.send(table.announce + END_OF_RIB), "announced")
    phase("deny", lambda: process.permit(False), "withdrawn")
    phase("permit", lambda: process.permit(True), "announced")
    phase("withdraw", lambda: feeder.send(table.withdraw), "withdrawn")
    sink.close()
    feeder.close()
    return out


def one_run(kind, table):
    result = {}
    for part in (load, relay):
        with tempfile.TemporaryDirectory(prefix="amime-bench-") as folder:
            process = kind(folder)
            try:
                result.update(part(process, table))
            except Trouble as trouble:
                with open(os.path.join(folder, "out"), encoding="utf-8", errors="replace") as file:
                    raise Trouble(f"{trouble}\n{file.read()[-2000:]}") from None
            finally:
                if process.process.poll() is None:
                    process.stop()
    return result


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if len(values) % 2 else (values[len(values) // 2 - 1] + values[len(values) // 2]) / 2


def summary(runs):
    """Ratios run by run, and their median: noise of the machine hits both of a round."""
    out = []
    for phase in PHASES:
        for figure in ("cpu", "peak"):
            ours = [r["amime-bgp"][phase][figure] for r in runs]
            theirs = [r["BIRD"][phase][figure] for r in runs]
            out.append({"phase": phase, "figure": figure, "amime": median(ours), "bird": median(theirs),
                        "ratio": median([x / y for x, y in zip(ours, theirs)]), "goal": GOALS[figure]})
    return out


def missed(rows):
    return [row for row in rows if row["ratio"] > row["goal"]]


def bird_version():
    done = subprocess.run(["bird", "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip()


def in_memory(build, name, *options):
    """The rows of a benchmark of the library, on a CPU of its own where there are two."""
    say(f"{name} in memory")
    cpus = os.sched_getaffinity(0)
    pin = ["taskset", "-c", str(max(cpus))] if len(cpus) > 1 else []
    return json.loads(run(*pin, os.path.join(build, "lib", "bgp", f"bgp_{name}_bench"), *options, timeout=300))


def codec_missed(codec):
    return [row for row in codec if row["routes"] == 10 and row["read_updates"] < CODEC_GOAL]


def text(result):
    """The tables, for people."""
    rows = result["summary"]
    out = [f"{result['prefixes']} prefixes, {result['sets']} attribute sets, {result['bird']}",
           f"{'phase':10} {'':12} {'amime-bgp':>10} {'BIRD':>10} {'ratio':>7}  goal"]
    for row in rows:
        unit = "CPU s" if row["figure"] == "cpu" else "peak MB"
        goal = f"{row['goal']} {'MISSED' if missed([row]) else 'met'}"
        out.append(f"{row['phase']:10} {unit:12} {row['amime']:10.3f} {row['bird']:10.3f} {row['ratio']:7.2f}  {goal}")
    out += ["", f"{'codec':10} {'UPDATEs/s read':>20} {'routes/s read':>20} {'UPDATEs/s written':>20}"]
    for row in result["codec"]:
        goal = "" if row["routes"] != 10 else f"  at least {CODEC_GOAL}: {'MISSED' if codec_missed([row]) else 'met'}"
        out.append(f"{row['routes']:3} routes {row['read_updates']:20} {row['read_routes']:20} {row['write_updates']:20}{goal}")
    out += ["", f"{'table in memory':28} {'ns/prefix':>10} {'longest call, us':>18} {'octets/prefix':>14}"]
    for row in result["table"]:
        out.append(f"{row['step']:28} {row['ns_per_prefix']:10} {row['longest_call_us']:18} {row['table_bytes_per_prefix']:14}")
    return "\n".join(out) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", help="build folder (default: build)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, in turns (3)")
    parser.add_argument("--out", help="folder for result.json and table.txt")
    parser.add_argument("--json", action="store_true", help="print the result as JSON instead of a table")
    return parser.parse_args()


def measure(rounds, table):
    runs = []
    with World() as _:
        ip(f"address add {SINK}/24 dev eth0", B)
        for n in range(rounds):
            runs.append({})
            for kind in (Amime, Bird) if n % 2 else (Bird, Amime):
                say(f"round {n + 1} of {rounds}: {kind.name}")
                runs[-1][kind.name] = one_run(kind, table)
    say("")
    return runs


def main():
    args = arguments()
    if args.build:
        world.PROGRAM = os.path.join(args.build, "apps", "amime-bgp", "amime-bgp")
    build = os.path.realpath(os.path.join(os.path.dirname(world.PROGRAM), "..", ".."))
    say("making the table")
    table = Table(origins(), 65001, FEEDER)
    runs = measure(args.rounds, table)
    rows = summary(runs)
    result = {"prefixes": table.prefixes, "sets": table.sets, "bird": bird_version(),
              "cpus": len(os.sched_getaffinity(0)), "runs": runs, "summary": rows,
              "codec": in_memory(build, "codec", "--json"), "table": in_memory(build, "rib", "--json")}
    say("")
    if args.out:
        os.makedirs(args.out, exist_ok=True)
        write(args.out, "result.json", result)
        write(args.out, "table.txt", text(result))
    if args.json:
        print(json.dumps(result, indent=1))
    else:
        print(text(result), end="")
    return 1 if missed(rows) or codec_missed(result["codec"]) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        sys.exit(f"bench: {trouble}")
