# SPDX-License-Identifier: BSD-3-Clause
"""Frames at a rate: see junk.c."""
import os
import struct
import subprocess

from harness import BUILD


def write_frames(path, frames):
    with open(path, "wb") as file:
        for frame in frames:
            file.write(struct.pack("!H", len(frame)) + frame)
    return path


def send_junk(ns, device, rate, seconds, path):
    program = os.path.join(BUILD, "test", "netns", "netns_junk")
    return subprocess.Popen(["ip", "netns", "exec", ns, program, device, str(rate), str(seconds), path], stdout=subprocess.PIPE, text=True)
