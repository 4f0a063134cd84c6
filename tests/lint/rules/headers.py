"""Each header compiles alone. Slow (a compiler run a header), so only with --compile."""

import concurrent.futures
import os
import subprocess

from source import Finding

PACKAGES = ["openssl", "libevent_core", "yaml-cpp", "libcares", "libnghttp2", "fmt"]


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
        # Included twice, so that a missing guard shows as well.
        text = f'#include "{path}"\n#include "{path}"\n'
        run = subprocess.run([*command, "-"], input=text, capture_output=True, text=True, check=False)
        return path, run

    headers = [path for path in tree.cpp() if path.endswith(".h")]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for path, run in pool.map(check, headers):
            if run.returncode != 0:
                first = next((line for line in run.stderr.splitlines() if "error" in line), run.stderr.strip()[:200])
                yield Finding(path, 1, "header-alone", first)


RULES = [compiles_alone]
