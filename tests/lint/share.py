"""A share of a long list for runs that have little time: which part it is follows from the commit, so that each commit draws
another and the same commit the same."""

import hashlib
import subprocess

RECENT_COMMITS = 20


def drawn(names, parts, root):
    """The names of one part of `parts`; all of them for one part."""
    asked = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    commit = asked.stdout.strip()
    return {name for name in names if int(hashlib.sha256(f"{commit} {name}".encode()).hexdigest(), 16) % parts == 0}


def recently_changed(root):
    """The names of files that the last commits, or nobody's commit yet, changed."""
    names = set()
    for question in (["log", f"-{RECENT_COMMITS}", "--name-only", "--format="], ["diff", "--name-only", "HEAD"]):
        asked = subprocess.run(["git", "-C", root, *question], capture_output=True, text=True, check=False)
        names.update(asked.stdout.split("\n"))
    return names - {""}
