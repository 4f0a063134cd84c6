#!/usr/bin/env python3
"""Breaks the project in one place at a time and demands that a test notices.

usage: run.py [--jobs N] [NAME…]      the last line is "mutants: N passed, N failed"; passed means noticed

A mutant is NAME.patch here: a diff of one line or few, headed by what it breaks and who must notice:
    Breaks: the state of a callback is not compared with the browser's
    Unit: gateway_oidc_test a callback with another state        executable, and (optional) part of the case's name
    E2e: login.test.mjs a callback with another state            file, and (optional) part of the test's name
The tests run once without any mutant first: a test that is red by itself notices nothing. Work happens in a copy of the
tree below build/mutants, so that a killed run leaves the checkout as it was.
"""

import argparse
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
WORK = os.path.join(ROOT, "build", "mutants")
TREE, BUILD = os.path.join(WORK, "tree"), os.path.join(WORK, "build")
TEST_LIMIT = 300


class Mutant:
    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.path = path
        self.breaks, self.units, self.e2e = "", [], []
        with open(path, encoding="utf-8") as handle:
            for line in handle:
                key, _, value = line.strip().partition(": ")
                executable, _, case = value.partition(" ")
                if key == "Breaks":
                    self.breaks = value
                elif key == "Unit":
                    self.units.append((executable, case))
                elif key == "E2e":
                    self.e2e.append((executable, case))
                elif line.startswith(("diff ", "--- ")):
                    break
        if not self.breaks or not (self.units or self.e2e):
            raise SystemExit(f"{path}: needs a line 'Breaks: …' and one 'Unit: …' or 'E2e: …' before the diff")


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)


def copy_tree():
    os.makedirs(TREE, exist_ok=True)
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, check=True)
    files = [name for name in listed.stdout.split(b"\0") if name and os.path.isfile(os.path.join(ROOT.encode(), name))]
    kept = set(files)
    for folder, _, names in os.walk(TREE.encode()):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.relpath(path, TREE.encode()) not in kept:
                os.unlink(path)
    for name in files:
        copy_if_changed(os.path.join(ROOT.encode(), name), os.path.join(TREE.encode(), name))
    modules = os.path.join(TREE, "tests/e2e/node_modules")
    if not os.path.islink(modules):
        os.symlink(os.path.join(ROOT, "tests/e2e/node_modules"), modules)


def copy_if_changed(source, target):
    with open(source, "rb") as handle:
        content = handle.read()
    try:
        with open(target, "rb") as handle:
            if handle.read() == content:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as handle:
        handle.write(content)


def build(mutants, jobs):
    targets = {executable for mutant in mutants for executable, _ in mutant.units}
    if any(mutant.e2e for mutant in mutants):
        targets.add("gateway")
    configured = run(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug"])
    if configured.returncode != 0:
        return configured
    return run(["cmake", "--build", BUILD, "-j", str(jobs), "--target", *sorted(targets)])


def notices(mutant):
    """The first named test that is red, or None. Gives (test, output)."""
    for executable, case in mutant.units:
        command = [os.path.join(BUILD, executable)] + ([f"--test-case=*{case}*"] if case else [])
        outcome = limited(command, cwd=TREE)
        if outcome is not None:
            return executable, outcome
    for file, case in mutant.e2e:
        command = ["node", "tests/e2e/run.mjs", *(["--only", case] if case else []), os.path.join("tests/e2e", file)]
        outcome = limited(command, cwd=TREE, env={**os.environ, "GATEWAY_BINARY": os.path.join(BUILD, "gateway")})
        if outcome is not None:
            return file, outcome
    return None


def limited(command, **options):
    try:
        done = run(command, timeout=TEST_LIMIT, **options)
    except subprocess.TimeoutExpired:
        return "never ended"
    output = done.stdout.decode(errors="replace")
    if "test cases: 0 |" in output:
        return "no test has that name"  # seen before any mutant is applied
    return output if done.returncode != 0 else None


def judge(mutant, jobs):
    """Applies, builds, tests, takes back. Gives (noticed, text)."""
    applied = run(["git", "apply", "--unsafe-paths", f"--directory={TREE}", mutant.path], cwd="/")
    if applied.returncode != 0:
        return False, "the patch does not apply any more:\n" + applied.stdout.decode(errors="replace")
    built = build([mutant], jobs)
    if built.returncode != 0:
        return False, "the mutant does not compile, so it proves nothing:\n" + built.stdout.decode(errors="replace")[-3000:]
    found = notices(mutant)
    return (True, f"noticed by {found[0]}") if found else (False, "nobody noticed")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()

    paths = sorted(glob.glob(os.path.join(HERE, "*.patch")))
    mutants = [m for m in map(Mutant, paths) if not options.names or m.name in options.names]
    copy_tree()
    built = build(mutants, options.jobs) if mutants else None
    if built is not None and built.returncode != 0:
        print(built.stdout.decode(errors="replace")[-5000:])
        print("mutants: 0 passed, 1 failed")
        return 1
    red = {mutant.name: found for mutant in mutants if (found := notices(mutant))}
    failed = 0
    for mutant in mutants:
        if mutant.name in red:
            noticed, text = False, f"{red[mutant.name][0]} is red without the mutant:\n{red[mutant.name][1][-3000:]}"
        else:
            noticed, text = judge(mutant, options.jobs)
            copy_tree()
        failed += not noticed
        print(f"{'ok  ' if noticed else 'FAIL'} {mutant.name}: {mutant.breaks}: {text}", flush=True)
    print(f"mutants: {len(mutants) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
