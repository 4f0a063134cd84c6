#!/usr/bin/env python3
"""clang-tidy over the sources of a configured build folder; what was clean and has not changed since is not looked at again.

usage: tidy.py BUILD_FOLDER [--jobs N] [--part N]      the last line is "tidy: N passed, N failed" (files)

With --part 3 it looks at the files that the last commits changed, and at a third of the others: another third with each commit.
What a change of a header spoils elsewhere is so found within a few commits, and all that is new at once.

The memory is a folder of empty files named by the hash of the preprocessed source, the checks and the tool's version.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys

from share import drawn, recently_changed

TOOL = os.environ.get("CLANG_TIDY", "clang-tidy-19")
ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MEMORY = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "gateway-tidy")
FOLDERS = ("core/", "config/", "tls/", "gateway/")


def preprocessed(entry):
    command = shlex.split(entry["command"]) if "command" in entry else list(entry["arguments"])
    if "ccache" in os.path.basename(command[0]):
        command = command[1:]
    if "-o" in command:
        at = command.index("-o")
        del command[at:at + 2]
    command = [part for part in command if part != "-c"] + ["-E", "-P"]
    return subprocess.run(command, cwd=entry["directory"], capture_output=True, check=False).stdout


def look(entry, folder, salt):
    path = os.path.relpath(entry["file"], ROOT)
    # The source itself too: comments hold NOLINT.
    with open(entry["file"], "rb") as handle:
        digest = hashlib.sha256(salt + preprocessed(entry) + handle.read()).hexdigest()
    known = os.path.join(MEMORY, digest)
    if os.path.exists(known):
        return path, True, ""
    done = subprocess.run([TOOL, "-p", folder, "--quiet", entry["file"]], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        open(known, "w", encoding="utf-8").close()
    return path, done.returncode == 0, done.stdout


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--part", type=int, default=1)
    options = arguments.parse_args()

    os.makedirs(MEMORY, exist_ok=True)
    with open(os.path.join(options.folder, "compile_commands.json"), encoding="utf-8") as handle:
        entries = [e for e in json.load(handle) if os.path.relpath(e["file"], ROOT).startswith(FOLDERS)]
    with open(os.path.join(ROOT, ".clang-tidy"), "rb") as handle:
        salt = handle.read() + subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    looked_at = drawn([os.path.relpath(e["file"], ROOT) for e in entries], options.part, ROOT) | recently_changed(ROOT)
    entries = [e for e in entries if os.path.relpath(e["file"], ROOT) in looked_at]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for path, good, output in pool.map(lambda entry: look(entry, options.folder, salt), entries):
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"FAIL {path}\n{output}", flush=True)
    print(f"tidy: {passed} passed, {failed} failed")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
