#!/usr/bin/env python3
"""Breaks the project in one place at a time and demands that a test notices.

usage: run.py [--jobs N] [--build FOLDER] [--part N] [NAME…]      --part 3: a third of them, another with each commit
       the last line is "mutants: N passed, N failed"; passed means noticed

A mutant is NAME.patch here: a diff of one line or few in one .cc file, headed by what it breaks and who must notice:
    Breaks: the state of a callback is not compared with the browser's
    Rows: K01 K20                                                attacks whose defence it is (tests/README.md)
    Unit: gateway_oidc_test a callback with another state        executable, and (optional) part of the case's name
    E2e: login.test.mjs a callback with another state            file, and (optional) part of the test's name
The tests run once without any mutant first: a test that is red by itself notices nothing. The checkout is never touched: a
mutant is a copy of one file below build/mutants, compiled with the commands of build/release and linked before the
libraries there, whose own copy of that object the linker then leaves out. So a mutant costs one object and one link an executable.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lint"))
from share import drawn  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
WORK = os.path.join(ROOT, "build", "mutants")
TEST_LIMIT = 120


class Mutant:
    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.path = path
        self.breaks, self.rows, self.units, self.e2e, files = "", "", [], [], []
        with open(path, encoding="utf-8") as handle:
            for line in handle:
                key, _, value = line.strip().partition(": ")
                executable, _, case = value.partition(" ")
                if key == "Breaks":
                    self.breaks = value
                elif key == "Rows":
                    self.rows = value
                elif key == "Unit":
                    self.units.append((executable, case))
                elif key == "E2e":
                    self.e2e.append((executable, case))
                elif line.startswith("+++ b/"):
                    files.append(line[6:].split("\t")[0].strip())
        if not self.breaks or not self.rows or not (self.units or self.e2e):
            raise SystemExit(f"{path}: needs a line 'Breaks: …', one 'Rows: …' and one 'Unit: …' or 'E2e: …' before the diff")
        if len(files) != 1 or not files[0].endswith(".cc"):
            raise SystemExit(f"{path}: must change one .cc file (to break a header, break who uses it)")
        self.file = files[0]

    def targets(self):
        return {executable for executable, _ in self.units} | ({"gateway"} if self.e2e else set())

    def tests(self):
        return [(True, *test) for test in self.units] + [(False, *test) for test in self.e2e]


class Broken(Exception):
    """The mutant could not be made, so it proves nothing."""


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)


def must(command, complaint, **options):
    done = run(command, **options)
    if done.returncode != 0:
        raise Broken(f"{complaint}:\n" + done.stdout.decode(errors="replace")[-3000:])


class Build:
    """A finished build of the checkout, and how its parts are made."""

    def __init__(self, folder):
        self.folder = folder
        self.links = {}
        self.environment = {**os.environ, "CCACHE_BASEDIR": ROOT, "CCACHE_NOHASHDIR": "1"}
        self.launcher = "ccache " if shutil.which("ccache") else ""

    def bring_up(self, targets, jobs):
        if not os.path.exists(os.path.join(self.folder, "build.ninja")):
            launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if self.launcher else []
            must(["cmake", "--preset", "release", "-B", self.folder, *launcher], "cmake", cwd=ROOT, env=self.environment)
        must(["ninja", "-C", self.folder, f"-j{jobs}", *sorted(targets)], "the build without mutants", env=self.environment)
        with open(os.path.join(self.folder, "compile_commands.json"), encoding="utf-8") as handle:
            self.compiles = {os.path.relpath(entry["file"], ROOT): entry["command"] for entry in json.load(handle)}
        for target in targets:
            lines = subprocess.run(["ninja", "-C", self.folder, "-t", "commands", target], capture_output=True, check=True)
            self.links[target] = lines.stdout.decode().strip().splitlines()[-1]

    def make(self, mutant, folder):
        """The mutant's executables, in `folder`."""
        shutil.rmtree(folder, ignore_errors=True)
        tree = os.path.join(folder, "source")  # a folder of sources and the binary are both called gateway
        source = os.path.join(tree, mutant.file)
        os.makedirs(os.path.dirname(source))
        shutil.copy(os.path.join(ROOT, mutant.file), source)
        must(["git", "apply", "--unsafe-paths", f"--directory={tree}", mutant.path], "the patch does not apply any more", cwd="/")
        if mutant.file not in self.compiles:
            raise Broken(f"{mutant.file} is not part of the build")
        at = {"cwd": self.folder, "env": self.environment, "shell": True}
        made = os.path.join(folder, "mutant.o")
        command, ours = re.subn(r" -o (\S+) -c \S+", f" -o {made} -c {source}", self.compiles[mutant.file])
        original = re.search(r" -o (\S+) -c ", self.compiles[mutant.file])
        if ours != 1:
            raise Broken(f"unknown form of a compilation: {self.compiles[mutant.file]}")
        must(f"{self.launcher}{command} -w -g0 -O0 -U_FORTIFY_SOURCE", "the mutant does not compile", **at)
        for target in mutant.targets():
            command = self.links[target].replace(f" -o {target} ", f" -o {os.path.join(folder, target)} ", 1)
            is_direct = f" {original.group(1)} " in command
            old = original.group(1) if is_direct else re.search(r" (lib\S+\.a)", command).group(1)
            command = command.replace(old, made if is_direct else f"{made} {old}", 1)
            must(f"{command} -Wl,--strip-debug", "the mutant does not link", **at)


def red(folder, is_unit, file, case):
    """What the test printed with the executables of `folder`; None if it is green."""
    if is_unit:
        command = [os.path.join(folder, file)] + ([f"--test-case=*{case}*"] if case else [])
    else:
        command = ["node", "tests/e2e/run.mjs", *(["--only", case] if case else []), os.path.join("tests/e2e", file)]
    try:
        done = run(command, timeout=TEST_LIMIT, cwd=ROOT, env={**os.environ, "GATEWAY_BINARY": os.path.join(folder, "gateway")})
    except subprocess.TimeoutExpired:
        return "never ended"
    output = done.stdout.decode(errors="replace")
    if "test cases: 0 |" in output or "e2e: 0 passed, 0 failed" in output:
        return "no test has that name"  # seen before any mutant is made
    return output if done.returncode != 0 else None


def judge(build, mutant, red_before):
    """Makes the mutant and asks its tests. Gives (mutant, whether one noticed, text)."""
    began, folder = time.monotonic(), os.path.join(WORK, mutant.name)
    try:
        for test in mutant.tests():
            if test in red_before:
                return mutant, False, f"{' '.join(test[1:])} is red without the mutant:\n{red_before[test][-3000:]}"
        build.make(mutant, folder)
        for test in mutant.tests():
            if red(folder, *test) is not None:
                return mutant, True, f"noticed by {' '.join(test[1:])}, {time.monotonic() - began:.1f} s"
        return mutant, False, "nobody noticed"
    except Broken as problem:
        return mutant, False, str(problem)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    arguments.add_argument("--part", type=int, default=1)
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()

    mutants = [m for m in map(Mutant, sorted(glob.glob(os.path.join(HERE, "*.patch")))) if not options.names or m.name in options.names]
    part = drawn([mutant.name for mutant in mutants], 1 if options.names else options.part, ROOT)
    mutants = [mutant for mutant in mutants if mutant.name in part]
    if not mutants:
        print("no mutant has that name\nmutants: 0 passed, 1 failed")
        return 1
    began, failed = time.monotonic(), 0
    build = Build(os.path.abspath(options.build))
    try:
        build.bring_up(set().union(*(mutant.targets() for mutant in mutants)), options.jobs)
    except Broken as problem:
        print(f"{problem}\nmutants: 0 passed, 1 failed")
        return 1
    print(f"the build stands after {time.monotonic() - began:.0f} s", flush=True)
    with concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs) as pool:
        tests = sorted(set().union(*(mutant.tests() for mutant in mutants)))
        outputs = pool.map(lambda test: red(build.folder, *test), tests)
        red_before = {test: output for test, output in zip(tests, outputs) if output is not None}
        print(f"the tests have run without mutants after {time.monotonic() - began:.0f} s", flush=True)
        for mutant, noticed, text in pool.map(lambda mutant: judge(build, mutant, red_before), mutants):
            failed += not noticed
            print(f"{'ok  ' if noticed else 'FAIL'} {mutant.name} ({mutant.rows}): {mutant.breaks}: {text}", flush=True)
    print(f"{time.monotonic() - began:.0f} s in all\nmutants: {len(mutants) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
