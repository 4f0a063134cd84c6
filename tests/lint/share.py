"""A share of a long list for runs that have little time: which part it is follows from the commit, so that each commit draws
another and the same commit the same."""

import hashlib
import subprocess


def drawn(names, parts, root):
    """The names of one part of `parts`; all of them for one part."""
    asked = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    commit = asked.stdout.strip()
    return {name for name in names if int(hashlib.sha256(f"{commit} {name}".encode()).hexdigest(), 16) % parts == 0}
