#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""config/demo/ holds exactly what rows.py makes, and the example files say the same as its row."""
import json
import os
import sys

import rows


def load(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    wanted = dict(rows.committed())
    folder = os.path.join(rows.CONFIG, "demo")
    there = {os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".json")}
    bad = [f"{path} belongs to no row" for path in sorted(there - set(wanted))]
    bad += [f"{path} is missing" for path in sorted(set(wanted) - there)]
    bad += [f"{path} is not what test/netns/rows.py writes" for path in sorted(there & set(wanted))
            if load(path) != wanted[path]]
    example = rows.find(rows.EXAMPLE)
    for path, text in zip(rows.files_of(example), rows.texts(example)):
        if json.loads(load(path)) != json.loads(text):
            bad.append(f"{path} differs from the demo's row {example.name}")
    for line in bad:
        print(line)
    print(f"{len(wanted)} files" if not bad else "run test/netns/rows.py, and look at what it changed")
    return 1 if bad else 0


sys.exit(main())
