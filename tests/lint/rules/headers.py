"""Each header compiles alone. Slow (a compiler run a header), so only with --compile.

A header with a source of its own is compiled alone by every build, as the first line of that source (rule own-header-first).
"""

import concurrent.futures
import os
import subprocess

from source import Finding

PACKAGES = ["openssl", "libevent_core", "yaml-cpp", "libcares", "libnghttp2", "fmt"]


def guarded(tree):
    for path in tree.cpp():
        if path.endswith(".h") and "#pragma once" not in tree.files[path]:
            yield Finding(path, 1, "header-guard", "begins with #pragma once behind its opening comment")


def compiles_alone(tree):
    if tree.root is None:
        return
    flags = []
    for package in PACKAGES:
        found = subprocess.run(["pkg-config", "--cflags", package], capture_output=True, text=True, check=False)
        flags += found.stdout.split()
    compiler = os.environ.get("CXX", "g++")
    command = [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-I", tree.root, *flags, "-x", "c++"]

    def check(path):
        text = f'#include "{path}"\n'
        run = subprocess.run([*command, "-"], input=text, capture_output=True, text=True, check=False)
        return path, run

    sources = set(tree.cpp())
    by_builds = {path[:-2] + "h" for path in tree.cpp(tests=False) if path.endswith(".cc")}
    headers = [path for path in sources if path.endswith(".h") and path not in by_builds]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for path, run in pool.map(check, headers):
            if run.returncode != 0:
                first = next((line for line in run.stderr.splitlines() if "error" in line), run.stderr.strip()[:200])
                yield Finding(path, 1, "header-alone", first)


RULES = [guarded, compiles_alone]
