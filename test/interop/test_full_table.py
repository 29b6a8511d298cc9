#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two peers bring a full table each, and a third one, with a hold time of 3 s, is told all of it: its session stays up while they load, while
policies change, while everything is withdrawn, and when one of them goes; and nothing is lost on the way."""
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from bench import FEEDER, SINK, Amime, connect, until  # noqa: E402
from netns import ip  # noqa: E402
from table import END_OF_RIB, Table, origins, rest  # noqa: E402
from world import B, Trouble, World, expect  # noqa: E402

THIRD = "10.9.0.4"
HOLD = 3


class Ours(Amime):
    @staticmethod
    def text(permit):
        text = Amime.text(permit)
        one = text["neighbors"]["feeder"]
        text["neighbors"] = {"one": one, "two": {**one, "address": SINK, "as": 65002},
                             "third": {**one, "address": THIRD, "as": 65003, "hold_time": HOLD, **({"export": "accept"} if permit else {})}}
        return text


def alive(third, what):
    expect(not third.error, f"{what}: the session with a hold time of {HOLD} s is up{f': {third.error}' if third.error else ''}")
    expect(third.longest_gap < HOLD, f"{what}: it was never silent for longer than {third.longest_gap:.2f} s")


def together(*work):
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def history(process, table_one, table_two):
    third = connect(THIRD, 65003, HOLD)
    one, two = connect(FEEDER, 65001), connect(SINK, 65002)
    together(lambda: one.send(table_one.announce + END_OF_RIB), lambda: two.send(table_two.announce + END_OF_RIB))
    until("the table is told", process, lambda: third.error or third.announced >= table_one.prefixes)
    rest(process.pid)
    alive(third, "two full tables came")
    gone = third.withdrawn
    process.permit(False)
    until("all is withdrawn", process, lambda: third.error or third.withdrawn - gone >= table_one.prefixes)
    alive(third, "a policy refuses all")
    told = third.announced
    process.permit(True)
    until("all is told again", process, lambda: third.error or third.announced - told >= table_one.prefixes)
    alive(third, "the policy permits all again")
    one.send(table_one.withdraw)
    rest(process.pid)
    alive(third, "the first peer withdrew all")
    gone = third.withdrawn
    two.close()
    until("all is gone", process, lambda: third.error or third.withdrawn - gone >= table_one.prefixes)
    alive(third, "the second peer went")
    expect(not one.error, f"the first peer's session is up{f': {one.error}' if one.error else ''}")
    for peer in (one, third):
        peer.close()


def full_table():
    prefixes = origins()
    tables = Table(prefixes, 65001, FEEDER), Table(prefixes, 65002, SINK)
    print(f"      {tables[0].prefixes} prefixes, {tables[0].sets} attribute sets, twice", flush=True)
    with World(), tempfile.TemporaryDirectory(prefix="amime-full-") as folder:
        ip(f"address add {SINK}/24 dev eth0\naddress add {THIRD}/24 dev eth0", B)
        process = Ours(folder)
        try:
            history(process, *tables)
        finally:
            if process.process.poll() is None:
                process.stop()


if __name__ == "__main__":
    try:
        full_table()
    except Trouble as trouble:
        sys.exit(f"full_table: {trouble}")
