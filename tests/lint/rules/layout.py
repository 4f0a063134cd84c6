"""The shape of the tree: a fixed top level, a README in each folder, and every configuration key documented."""

import posixpath
import re

from source import LAYERS, Finding, line_of

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "config", "core", "examples", "gateway", "packaging", "tests", "tls"}
EXPLAINED = ["core", "gateway", *LAYERS, "tests", "tests/bench", "tests/e2e", "tests/fuzz", "tests/lint", "tests/mutants",
             "examples", "packaging"]

# How a parser names a key: the first text of a call on its reader, as in map.value("issuer", …).
KEY_READ = re.compile(r'[.>]\w+(?:<[^<>()]*>)?\(\s*"([a-z][a-z0-9_]*)"')


def top_level(tree):
    for entry in sorted({path.split("/")[0] for path in tree.files}):
        if entry not in TOP_LEVEL and not entry.startswith("."):
            yield Finding(entry, 1, "top-level", "the top level is fixed: this has a place further down")


def folders_explained(tree):
    for folder in EXPLAINED:
        holds = any(path.startswith(folder + "/") for path in tree.files)
        if holds and posixpath.join(folder, "README.md") not in tree.files:
            yield Finding(folder, 1, "readme", "each folder says in a README.md what lives here and what may include what")


def keys_documented(tree):
    readme = tree.files.get("config/README.md")
    if readme is None:
        return
    documented = set(re.findall(r"[a-z][a-z0-9_]*", readme))
    for path in tree.paths(".cc"):
        if not path.startswith("config/parse"):
            continue
        seen = set()
        for match in KEY_READ.finditer(tree.files[path]):
            key = match.group(1)
            if key not in documented and key not in seen:
                seen.add(key)
                yield Finding(path, line_of(tree.files[path], match.start()), "key-documented", f"config/README.md does not name {key}")


def executables(tree):
    for path in ("tests/run.sh", ".ci/run"):
        if path in tree.files and not (tree.files[path] or "").startswith("#!"):
            yield Finding(path, 1, "executable", "a script begins with its interpreter")


RULES = [top_level, folders_explained, keys_documented, executables]
