#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The systemd unit: systemd-analyze finds no fault in it, and not more exposure than such a program needs."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

# It opens raw sockets and loads BPF: that alone is most of the score. What is above would be a protection that got lost.
EXPOSURE_MAX = 4.5


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=30)
    return done.returncode, done.stdout


def main(unit):
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        print("no systemd-analyze here")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder, open(unit, encoding="ascii") as file:
        text = file.read()
        expected = {"Type=notify", "NotifyAccess=main", "ExecReload=/bin/kill -HUP $MAINPID", "ProtectSystem=strict"}
        missing = expected - set(text.splitlines())
        # As an instance, and with a program that is there: it need not be installed where it is tested.
        path = os.path.join(folder, "amime@test.service")
        with open(path, "w", encoding="ascii") as out:
            out.write(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text).replace("Documentation=", "#"))
        status, said = run(analyze, "verify", "--man=no", path)
        complaints = [line for line in said.splitlines() if os.path.basename(path) in line]
        secure, report = run(analyze, "security", "--offline=true", "--no-pager", path)
    exposure = re.search(r"Overall exposure level.*?: ([0-9.]+)", report)
    print(said, report, sep="\n")
    if missing or complaints or not exposure or float(exposure[1]) > EXPOSURE_MAX:
        sys.exit(f"missing {missing}, complaints {complaints}, status {status} and {secure}, exposure {exposure and exposure[1]}")


main(*sys.argv[1:])
