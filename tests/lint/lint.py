#!/usr/bin/env python3
"""Checks the rules of the house that no compiler checks. Standard library only.

usage: lint.py [--compile] [ROOT]      one line a finding; the last line is "lint: N rules passed, N failed"

A rule is a function in rules/ from a Tree to findings; lint_test.py shows each one flagging a bad sample and
leaving a good one alone. A broken rule needs a comment that says why, and its line in ALLOWED.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from rules import headers, layers, layout, sizes, waiting, words  # noqa: E402
from source import Tree  # noqa: E402

# (rule, path): broken on purpose; the file's own comment says why.
ALLOWED = set()


def findings_of(tree, rule):
    return [f for f in rule(tree) if (f.rule, f.path) not in ALLOWED]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--compile", action="store_true", help="also compile each header alone (slow)")
    arguments.add_argument("root", nargs="?", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    options = arguments.parse_args()

    tree = Tree.of_checkout(os.path.abspath(options.root))
    rules = [rule for module in (layers, sizes, waiting, words, layout) for rule in module.RULES]
    if options.compile:
        rules += headers.RULES
    failed = 0
    for rule in rules:
        findings = findings_of(tree, rule)
        failed += bool(findings)
        for finding in findings:
            print(finding)
    print(f"lint: {len(rules) - failed} rules passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
