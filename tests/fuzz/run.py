#!/usr/bin/env python3
"""Lets every fuzz target search for a while, from its committed corpus, into a scratch copy.

usage: run.py BUILD_FOLDER [--seconds N] [--total N] [--jobs N]      the last line is "fuzz: N passed, N failed"

A finding is printed in base64 with the command that repeats it: put the bytes into the corpus, and the replay keeps it.
"""

import argparse
import base64
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def search(target, seconds):
    name = os.path.basename(target)
    corpus = os.path.join(HERE, "corpus", re.sub(r"_fuzz$", "", name))
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as scratch:
        found = os.path.join(scratch, "found/")
        inputs = os.path.join(scratch, "inputs")
        os.mkdir(found)
        if os.path.isdir(corpus):
            shutil.copytree(corpus, inputs)
        else:
            os.mkdir(inputs)
        command = [target, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
                   "-max_len=65536", f"-artifact_prefix={found}", inputs]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + 120, check=False)
            output, status = done.stdout.decode(errors="replace"), done.returncode
        except subprocess.TimeoutExpired as late:
            output, status = (late.stdout or b"").decode(errors="replace") + "\nnever ended", -1
        for path in glob.glob(found + "*"):
            with open(path, "rb") as handle:
                output += f"\n{os.path.basename(path)}: {base64.b64encode(handle.read(8192)).decode()}"
        runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
        return name, status == 0, int(runs.group(1)) if runs else 0, output


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--seconds", type=int, default=60, help="for each target, at most")
    arguments.add_argument("--total", type=int, default=180, help="for all of them")
    arguments.add_argument("--jobs", type=int, default=2)
    options = arguments.parse_args()

    targets = sorted(path for path in glob.glob(os.path.join(options.folder, "*_fuzz")) if os.access(path, os.X_OK))
    if not targets:
        print("there are no fuzz targets in", options.folder)
        print("fuzz: 0 passed, 1 failed")
        return 1
    seconds = max(5, min(options.seconds, options.total * options.jobs // len(targets)))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for name, good, runs, output in pool.map(lambda target: search(target, seconds), targets):
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'} {name}: {runs} inputs in {seconds} s", flush=True)
            if not good:
                print(output[-12000:], flush=True)
    print(f"fuzz: {len(targets) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
