#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""config/demo/ and config/appliance/ hold exactly what is made for them, and the example files say the same as their row."""
import json
import os
import sys

import rows
import triangle


def load(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def differences(wanted, folder, writer):
    folder = os.path.join(rows.CONFIG, folder)
    there = {os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".json")}
    bad = [f"{path} belongs to nothing" for path in sorted(there - set(wanted))]
    bad += [f"{path} is missing" for path in sorted(set(wanted) - there)]
    return bad + [f"{path} is not what test/netns/{writer} writes" for path in sorted(there & set(wanted))
                  if load(path) != wanted[path]]


def main():
    bad = differences(dict(rows.committed()), "demo", "rows.py")
    bad += differences(dict(triangle.committed()), "appliance", "triangle.py")
    example = rows.find(rows.EXAMPLE)
    for path, text in zip(rows.files_of(example), rows.texts(example)):
        if json.loads(load(path)) != json.loads(text):
            bad.append(f"{path} differs from the demo's row {example.name}")
    for line in bad:
        print(line)
    print("as they should be" if not bad else "run test/netns/rows.py or triangle.py, and look at what it changed")
    return 1 if bad else 0


sys.exit(main())
