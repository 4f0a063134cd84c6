#!/usr/bin/env python3
"""Runs the unit tests and corpus replays of a build folder, counts their cases, shows whatever fails.

usage: units.py BUILD_FOLDER [--jobs N] [--limit SECONDS]      the last line is "units: N passed, N failed"

ctest knows the commands but counts executables; the cases inside are what a reader wants counted.
"""

import argparse
import concurrent.futures
import json
import re
import subprocess
import sys
import time

CASES = re.compile(r"test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed")


def tests_of(folder):
    listed = subprocess.run(["ctest", "--test-dir", folder, "--show-only=json-v1"], capture_output=True, text=True, check=True)
    for test in json.loads(listed.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        yield test["name"], test.get("command"), properties.get("WORKING_DIRECTORY", folder)


def run(test, limit):
    name, command, folder = test
    started = time.monotonic()
    if not command:
        return name, 0, 1, 0.0, "not built"
    try:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit, check=False)
        output, status = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b"").decode(errors="replace") + f"\nnot finished after {limit} s", -1
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
