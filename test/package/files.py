#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every file that is installed belongs to exactly one Debian package, every line of debian/*.install names something, and every
example of config/ is installed."""
import fnmatch
import glob
import json
import os
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
# One of each that must be where it is looked for.
MEANT = {"amime": {"usr/sbin/amimed", "usr/bin/amimectl", "usr/lib/systemd/system/amime@.service", "usr/share/man/man8/amimed.8"},
         "amime-bgp": {"usr/sbin/amime-bgp"}, "amime-bench": {"usr/bin/amime-bench"},
         "libamime-dev": {"usr/include/amime/pipeline/tap.h"}, "libamime-bgp-dev": {"usr/include/amime-bgp/bgp/session.h"}}


def files_below(source, target):
    """A folder is installed with all that is in it."""
    if not os.path.isdir(source):
        return [target]
    return [os.path.join(target, os.path.relpath(os.path.join(folder, name), source))
            for folder, _, names in os.walk(source) for name in names]


def installed(build):
    """As they lie below usr/, whatever the build's prefix is."""
    def run(what):
        return json.loads(subprocess.run(["meson", "introspect", build, what], stdout=subprocess.PIPE, check=True).stdout)

    prefix = next(o["value"] for o in run("--buildoptions") if o["name"] == "prefix")
    return sorted({os.path.join("usr", os.path.relpath(path, prefix)) for source, target in run("--installed").items()
                   for path in files_below(source, target)})


def patterns():
    for path in sorted(glob.glob(os.path.join(TOP, "debian", "*.install"))):
        with open(path, encoding="ascii") as file:
            for line in filter(None, map(str.strip, file)):
                yield os.path.basename(path)[:-len(".install")], line


def examples():
    """All of config/, as it lies below usr/."""
    config = os.path.join(TOP, "config")
    return {os.path.join("usr/share/doc/amime/examples", os.path.relpath(path, config))
            for path in glob.glob(os.path.join(config, "**", "*.json"), recursive=True)}


def main(build):
    wrong, owners, used = [], {}, set()
    for name in installed(build):
        mine = [(package, p) for package, p in patterns() if fnmatch.fnmatchcase(name, p) or name.startswith(p + "/")]
        used.update(mine)
        owners[name] = [package for package, _ in mine]
        if len(owners[name]) != 1:
            wrong.append(f"{name} is in {owners[name] or 'no package'}")
    wrong += [f"debian/{package}.install: {p} names nothing" for package, p in patterns() if (package, p) not in used]
    wrong += [f"{name} is missing in {package}" for package, names in MEANT.items() for name in names
              if owners.get(name) != [package]]
    wrong += [f"{name} is not installed" for name in sorted(examples() - set(owners))]
    print("\n".join(wrong) or f"{len(owners)} files in {len(MEANT)} packages")
    return bool(wrong)


sys.exit(main(sys.argv[1]))
