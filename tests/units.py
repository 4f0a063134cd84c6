#!/usr/bin/env python3
"""Runs the unit tests and corpus replays of a build folder, counts their cases, shows whatever fails.

usage: units.py BUILD_FOLDER [--jobs N] [--limit SECONDS]      the last line is "units: N passed, N failed"

ctest knows the commands but counts executables; the cases inside are what a reader wants counted.
"""

import argparse
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import time

CASES = re.compile(r"test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed")

GRACE = 30  # seconds from SIGABRT to the end


def tests_of(folder):
    listed = subprocess.run(["ctest", "--test-dir", folder, "--show-only=json-v1"], capture_output=True, text=True, check=True)
    for test in json.loads(listed.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        yield test["name"], test.get("command"), properties.get("WORKING_DIRECTORY", folder)


def finish(process, limit):
    """What it printed, and its status. One that takes too long is asked what it was at: doctest names the case that SIGABRT ends."""
    try:
        return process.communicate(timeout=limit)[0].decode(errors="replace"), process.returncode
    except subprocess.TimeoutExpired:
        late = f"\nnot finished after {limit} s; {state_of(process.pid)}"
    process.send_signal(signal.SIGABRT)
    try:
        output = process.communicate(timeout=GRACE)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        output = process.communicate()[0]
        late += f"; and not ended by SIGABRT within {GRACE} s"
    return output.decode(errors="replace") + late, -1


def state_of(pid):
    """Whether it computes or waits, and in which system call (of Linux)."""
    facts = []
    for name in ("wchan", "syscall", "stat"):
        try:
            with open(f"/proc/{pid}/{name}", encoding="ascii", errors="replace") as file:
                facts.append((name, file.read().strip()))
        except OSError as error:
            facts.append((name, error.strerror))
    stat = dict(facts)["stat"].rpartition(")")[2].split()
    used = sum(int(ticks) for ticks in stat[11:13]) / os.sysconf("SC_CLK_TCK") if len(stat) > 12 else 0
    return f"state {stat[0]}, {used:.0f} s of processor time, wchan {facts[0][1]}, system call {facts[1][1]}"


def run(test, limit):
    name, command, folder = test
    started = time.monotonic()
    if not command:
        return name, 0, 1, 0.0, "not built"
    try:
        output, status = finish(subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT), limit)
    except OSError as error:
        output, status = str(error), -1
    cases = CASES.search(output)
    passed, failed = (int(cases.group(2)), int(cases.group(3))) if cases else (int(status == 0), int(status != 0))
    if status != 0 and failed == 0:
        failed = 1  # ended badly after its cases: a leak, a crash in a destructor
    return name, passed, failed, time.monotonic() - started, output


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--limit", type=int, default=300)
    options = arguments.parse_args()

    tests = list(tests_of(options.folder))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for name, good, bad, seconds, output in pool.map(lambda test: run(test, options.limit), tests):
            passed, failed = passed + good, failed + bad
            print(f"{'FAIL' if bad else 'ok  '} {name}: {good} passed, {bad} failed, {seconds:.1f} s", flush=True)
            if bad:
                print(output[-20000:], flush=True)
    if not tests:
        print("there are no unit tests in", options.folder)
        failed = 1
    print(f"units: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
