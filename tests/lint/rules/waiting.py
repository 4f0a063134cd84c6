"""A statement with co_await contains only calls on named things: no braces, no lambda, no conditional operator.

g++ 12 miscompiles these, mostly in silence (a double destruction, a use after free). Name the value first.
"""

import re

from source import Finding, line_of

OPENERS, CLOSERS = "([{", ")]}"
BLOCK_BEFORE = re.compile(r"(^|[;{}):]|\b(else|do|try|const|noexcept|override|final|mutable)|->\s*[\w:<>,\s*&]+)$")
LAMBDA_AFTER = re.compile(r"\s*(\(|\{|<|mutable\b|->)")
CONTROL_BEFORE = re.compile(r"\b(if|if\s+constexpr|while|for|switch)\s*$")


def backwards(code, offset):
    """The start of the full expression that holds `offset`, and whether a braced initialiser was seen on the way."""
    depth, at = 0, offset - 1
    while at >= 0:
        char = code[at]
        if char == ";" and depth == 0:
            return at + 1, False
        if char == "}" and depth == 0:
            following = code[at + 1:offset + 8].lstrip()[:1]
            if following not in {",", ")", ".", "]"}:
                return at + 1, False
            return at, True
        if char == "{" and depth == 0:
            return at + 1, not BLOCK_BEFORE.search(code[max(0, at - 200):at].rstrip())
        if char in ")]":
            at = matching_opener(code, at)
            if code[at] == "(" and CONTROL_BEFORE.search(code[max(0, at - 30):at]):
                return matching_closer(code, at) + 1, False
        elif char in "([":
            if char == "(" and CONTROL_BEFORE.search(code[max(0, at - 30):at]):
                return at + 1, False
        at -= 1
    return 0, False


def forwards(code, offset):
    """The end of the full expression: a semicolon, or the parenthesis that closes a condition."""
    depth, at = 0, offset
    while at < len(code):
        char = code[at]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0 and closes_control(code, at):
                return at
            if char == "}" and depth < 0:
                return at
        elif char == ";" and depth <= 0:
            return at
        at += 1
    return at


def closes_control(code, at):
    opener = matching_opener(code, at)
    return code[opener] == "(" and bool(CONTROL_BEFORE.search(code[max(0, opener - 30):opener]))


def matching_opener(code, at):
    depth = 0
    while at >= 0:
        if code[at] in CLOSERS:
            depth += 1
        elif code[at] in OPENERS:
            depth -= 1
            if depth == 0:
                return at
        at -= 1
    return 0


def matching_closer(code, at):
    depth = 0
    while at < len(code):
        if code[at] in OPENERS:
            depth += 1
        elif code[at] in CLOSERS:
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(code) - 1


def lambda_in(statement):
    for match in re.finditer(r"\[", statement):
        before = statement[:match.start()].rstrip()
        if before.endswith("[") or statement[match.start() + 1:match.start() + 2] == "[":
            continue  # an attribute
        if re.search(r"[\w\])]$", before) and not re.search(r"\b(return|co_return|co_await)$", before):
            continue  # an index, or a structured binding after `auto`
        if LAMBDA_AFTER.match(statement[matching_closer(statement, match.start()) + 1:]):
            return True
    return False


def fault_in(code, offset):
    start, braced = backwards(code, offset)
    statement = code[start:forwards(code, offset)]
    if lambda_in(statement):
        return "a lambda"
    if braced or "{" in statement:
        return "braces"
    if "?" in statement:
        return "a conditional operator"
    return None


def awaiting_is_plain(tree):
    for path in tree.cpp():
        code = tree.code(path)
        for match in re.finditer(r"\bco_await\b", code):
            if re.search(r"\boperator\s*$", code[:match.start()]):
                continue
            fault = fault_in(code, match.start())
            if fault:
                yield Finding(path, line_of(code, match.start()), "co-await", f"{fault} in a statement with co_await: name it first")


RULES = [awaiting_is_plain]
