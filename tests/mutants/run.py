#!/usr/bin/env python3
"""Breaks the project in one place at a time and demands that a test notices.

usage: run.py [--jobs N] [--build-type T] [--work FOLDER] [NAME…]
       the last line is "mutants: N passed, N failed"; passed means noticed

A mutant is NAME.patch here: a diff of one line or few, headed by what it breaks and who must notice:
    Breaks: the state of a callback is not compared with the browser's
    Rows: K01 K20                                                attacks whose defence it is (tests/README.md)
    Unit: gateway_oidc_test a callback with another state        executable, and (optional) part of the case's name
    E2e: login.test.mjs a callback with another state            file, and (optional) part of the test's name
The tests run once without any mutant first: a test that is red by itself notices nothing. Each job works in a slot: a copy
of the tree with a build of its own below build/mutants, so that a killed run leaves the checkout as it was. In a slot the
build stands to the sources as build/release does, so ccache gives it what was compiled there; a mutant then costs one
object, one library and one executable.
"""

import argparse
import glob
import os
import queue
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
TEST_LIMIT = 120


class Mutant:
    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.path = path
        self.breaks, self.rows, self.units, self.e2e = "", "", [], []
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
                elif line.startswith(("diff ", "--- ")):
                    break
        if not self.breaks or not (self.units or self.e2e):
            raise SystemExit(f"{path}: needs a line 'Breaks: …' and one 'Unit: …' or 'E2e: …' before the diff")

    def targets(self):
        return {executable for executable, _ in self.units} | ({"gateway"} if self.e2e else set())


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)


def files_of_checkout():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name and os.path.isfile(os.path.join(ROOT, name))]


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


class Slot:
    """A copy of the tree and its build; one mutant at a time."""

    def __init__(self, tree, options):
        self.tree, self.build = tree, os.path.join(tree, "build", "release")
        self.options = options

    def fill(self, files):
        kept = set(files)
        for folder, folders, names in os.walk(self.tree):
            if folder == self.tree and "build" in folders:
                folders.remove("build")
            for name in names:
                path = os.path.join(folder, name)
                if os.path.relpath(path, self.tree) not in kept:
                    os.unlink(path)
        for name in files:
            copy_if_changed(os.path.join(ROOT, name), os.path.join(self.tree, name))
        modules = os.path.join(self.tree, "tests/e2e/node_modules")
        if not os.path.islink(modules):
            os.symlink(os.path.join(ROOT, "tests/e2e/node_modules"), modules)

    def environment(self):
        return {**os.environ, "CCACHE_BASEDIR": self.tree, "CCACHE_NOHASHDIR": "1"}

    def configure(self):
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        kind = [f"-DCMAKE_BUILD_TYPE={self.options.build_type}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
        return run(["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", *kind, *launcher], env=self.environment())

    def make(self, targets, jobs=1):
        return run(["ninja", "-C", self.build, f"-j{jobs}", *sorted(targets)], env=self.environment())

    def red_unit(self, executable, case):
        command = [os.path.join(self.build, executable)] + ([f"--test-case=*{case}*"] if case else [])
        return outcome_of(command, cwd=self.tree)

    def red_e2e(self, file, case):
        command = ["node", "tests/e2e/run.mjs", *(["--only", case] if case else []), os.path.join("tests/e2e", file)]
        return outcome_of(command, cwd=self.tree, env={**os.environ, "GATEWAY_BINARY": os.path.join(self.build, "gateway")})

    def notices(self, mutant):
        """(test, its output) of the first named test that is red, or None."""
        for ask, tests in ((self.red_unit, mutant.units), (self.red_e2e, mutant.e2e)):
            for test in tests:
                output = ask(*test)
                if output is not None:
                    return " ".join(test), output
        return None

    def judge(self, mutant):
        """Applies, builds, tests, takes back. Gives (noticed, text)."""
        patch = ["git", "apply", "--unsafe-paths", f"--directory={self.tree}", mutant.path]
        applied = run(patch, cwd="/")
        if applied.returncode != 0:
            return False, "the patch does not apply any more:\n" + applied.stdout.decode(errors="replace")
        try:
            built = self.make(mutant.targets())
            if built.returncode != 0:
                return False, "the mutant does not compile, so it proves nothing:\n" + built.stdout.decode(errors="replace")[-3000:]
            found = self.notices(mutant)
            return (True, f"noticed by {found[0]}") if found else (False, "nobody noticed")
        finally:
            run([*patch, "-R"], cwd="/")


def outcome_of(command, **options):
    """What a red test printed; None if it is green."""
    try:
        done = run(command, timeout=TEST_LIMIT, **options)
    except subprocess.TimeoutExpired:
        return "never ended"
    output = done.stdout.decode(errors="replace")
    if "test cases: 0 |" in output or "e2e: 0 passed, 0 failed" in output:
        return "no test has that name"  # seen before any mutant is applied
    return output if done.returncode != 0 else None


def prepare(slot, files, targets, jobs):
    slot.fill(files)
    for step in (slot.configure, lambda: slot.make(targets, jobs)):
        done = step()
        if done.returncode != 0:
            raise SystemExit(done.stdout.decode(errors="replace")[-5000:] + "\nmutants: 0 passed, 1 failed")


def red_before(slot, mutants):
    """Tests that are red without any mutant, with their output."""
    tests = {(True, *test) for m in mutants for test in m.units} | {(False, *test) for m in mutants for test in m.e2e}
    red = {}
    for is_unit, *test in sorted(tests):
        output = slot.red_unit(*test) if is_unit else slot.red_e2e(*test)
        if output is not None:
            red[(is_unit, *test)] = output
    return red


def work(slot, waiting, results):
    while True:
        try:
            mutant = waiting.get_nowait()
        except queue.Empty:
            return
        started = time.monotonic()
        results.put((mutant, *slot.judge(mutant), time.monotonic() - started))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--build-type", default="RelWithDebInfo")
    arguments.add_argument("--work", default=os.path.join(ROOT, "build", "mutants"))
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()

    mutants = [m for m in map(Mutant, sorted(glob.glob(os.path.join(HERE, "*.patch")))) if not options.names or m.name in options.names]
    if not mutants:
        print("no mutant has that name\nmutants: 0 passed, 1 failed")
        return 1
    began = time.monotonic()
    slots = [Slot(os.path.join(options.work, f"slot{number}"), options) for number in range(min(options.jobs, len(mutants)))]
    files = files_of_checkout()
    targets = set().union(*(mutant.targets() for mutant in mutants))
    for slot in slots:  # one after the other: the second finds everything in the compiler's cache
        prepare(slot, files, targets, options.jobs)
    red = red_before(slots[0], mutants)
    print(f"{len(slots)} builds stand after {time.monotonic() - began:.0f} s", flush=True)

    waiting, results, failed = queue.Queue(), queue.Queue(), 0
    for mutant in mutants:
        bad = [key for key in red if key[1:] in (mutant.units if key[0] else mutant.e2e)]
        if bad:
            results.put((mutant, False, f"{' '.join(bad[0][1:])} is red without the mutant:\n{red[bad[0]][-3000:]}", 0.0))
        else:
            waiting.put(mutant)
    threads = [threading.Thread(target=work, args=(slot, waiting, results), daemon=True) for slot in slots]
    for thread in threads:
        thread.start()
    for _ in mutants:
        mutant, noticed, text, seconds = results.get()
        failed += not noticed
        print(f"{'ok  ' if noticed else 'FAIL'} {mutant.name} ({mutant.rows}): {mutant.breaks}: {text}, {seconds:.1f} s", flush=True)
    print(f"{time.monotonic() - began:.0f} s in all\nmutants: {len(mutants) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
