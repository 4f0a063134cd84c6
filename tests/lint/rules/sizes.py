"""Ceilings: lines of a file, lines of a function."""

import re

from source import Finding, line_of

MAX_SOURCE_LINES = 400
MAX_HEADER_LINES = 250
MAX_FUNCTION_LINES = 60
MAX_FIXTURE_LINES = 300

CONTROL = {"if", "for", "while", "switch", "catch", "return", "co_return", "co_await", "sizeof", "alignof", "decltype",
           "else", "do", "try", "noexcept", "requires", "constexpr", "static_assert", "alignas"}
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^;(){}=]*(\([^)]*\)[^;(){}=]*)?$")


def file_sizes(tree):
    for path in tree.paths(".h", ".cc", ".mjs"):
        if path.endswith(".h"):
            ceiling = MAX_HEADER_LINES
        elif "/e2e/support/" in path:
            ceiling = MAX_FIXTURE_LINES
        else:
            ceiling = MAX_SOURCE_LINES
        count = len(tree.lines(path))
        if count > ceiling:
            yield Finding(path, ceiling + 1, "file-size", f"{count} lines, at most {ceiling}: split by idea")


def opens_scope(before):
    """True for a brace that opens a namespace, a type or extern "C"; what is in it is looked at one by one."""
    return bool(SCOPE.search(before))


def opens_function(before):
    """True for a brace that follows a parameter list at namespace or class level."""
    head = re.sub(r"\b(const|noexcept|override|final|mutable|try)\b|&&?\s*$", " ", before).rstrip()
    head = re.sub(r"->[^;{}]*$", "", head).rstrip()
    # After the colon of a constructor, `name{` starts a member; the body follows `)` or `}`.
    after_members = re.search(r"\)\s*:[^:;?]", head) and head[-1:] in (")", "}")
    if head.endswith(")") or after_members or re.search(r"\)\s*requires\b[^;{}]*$", head):
        name = re.search(r"([~\w]+)\s*\(", head)
        return bool(name) and name.group(1) not in CONTROL
    return False


def functions(code):
    """Yields (first line, last line, name) of each function body; lambdas count with the function that holds them."""
    depth_of_function, start, name = None, 0, ""
    stack, statement_start, parens = [], 0, 0
    for offset, char in enumerate(code):
        if char in "([":
            parens += 1
        elif char in ")]":
            parens = max(0, parens - 1)
        elif char == "{":
            before = code[statement_start:offset]
            kind = "other"
            if depth_of_function is None and parens == 0:
                if opens_scope(before):
                    kind = "scope"
                elif opens_function(before):
                    kind = "function"
                    named = re.search(r"([~\w:]+|operator\s*\S+)\s*\(", before)
                    depth_of_function, name = len(stack), named.group(1) if named else "?"
                    start = statement_start + len(before) - len(before.lstrip())
            stack.append((kind, parens))
            if kind == "scope":
                statement_start = offset + 1
            if kind == "other":
                continue
            parens = 0
        elif char == "}":
            kind, parens = stack.pop() if stack else ("other", 0)
            if kind == "function" and len(stack) == depth_of_function:
                depth_of_function = None
                yield line_of(code, start), line_of(code, offset), name
            if kind in ("scope", "function"):
                statement_start = offset + 1
        elif char == ";" and depth_of_function is None and parens == 0:
            statement_start = offset + 1


def function_sizes(tree):
    for path in tree.cpp(tests=False):
        for first, last, name in functions(tree.code(path)):
            count = last - first + 1
            if count > MAX_FUNCTION_LINES:
                yield Finding(path, first, "function-size", f"{name} has {count} lines, at most {MAX_FUNCTION_LINES}")


RULES = [file_sizes, function_sizes]
