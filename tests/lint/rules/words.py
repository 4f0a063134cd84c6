"""Names and words: one namespace a top folder, no empty names, no talk about how the project is made."""

import posixpath
import re

from source import Finding, line_of

EMPTY_NAMES = ("context", "manager", "helper", "helpers", "util", "utils", "data", "peer")
TYPE = re.compile(r"\b(?:class|struct|union|enum class|enum)\s+(?:\[\[\w+\]\]\s*)?([A-Z]\w*)")
SNAKE = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*\.(h|cc)$")
NAMESPACE = re.compile(r"^\s*(?:inline\s+)?namespace\s+([\w:]+)", re.MULTILINE)
FOREIGN_NAMESPACES = {"std", "fmt", "YAML", "doctest"}

# Split so that this file does not hold what it looks for.
DEVELOPMENT = [
    (r"/wo" r"rk/", "a path of one machine"),
    (r"\bshar" r"ed/(design|contract|attacks|semantics|conventions|testbeds|speed|scenarios|operations|field)\b", "a document outside the project"),
    (r"\b(atta" r"cks|semant" r"ics|conven" r"tions|testb" r"eds|desi" r"gn)\.md\b", "a document outside the project"),
    (r"\b(iss" r"ue|PR|pull req" r"uest|tick" r"et) #\d", "a number of a tracker"),
    (r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b", "unfinished work"),
    (r"\bregistry\.np" r"mjs\b|\bcra" r"tes\.io\b|\bproxy\.go" r"lang\b", "a package registry"),
    (r"\b(Cla" r"ude|Anth" r"ropic|Chat" r"GPT|Cop" r"ilot|L" r"LM|sub-?age" r"nt)\b", "a tool of its authors"),
]


def file_names(tree):
    for path in tree.cpp():
        name = posixpath.basename(path)
        if not SNAKE.match(name):
            yield Finding(path, 1, "file-name", "file names are snake_case")
        stem = posixpath.splitext(name)[0].removesuffix("_test").removesuffix("_fuzz")
        if set(stem.split("_")) & set(EMPTY_NAMES):
            yield Finding(path, 1, "file-name", f"{stem} says nothing: name what it is")


def type_names(tree):
    for path in tree.cpp(tests=False):
        code = tree.code(path)
        for match in TYPE.finditer(code):
            words = {w.lower() for w in re.findall(r"[A-Z][a-z0-9]*", match.group(1))}
            if words & set(EMPTY_NAMES):
                yield Finding(path, line_of(code, match.start()), "type-name", f"{match.group(1)} says nothing: name what it is")


def namespaces(tree):
    for path in tree.cpp(tests=False):
        code = tree.code(path)
        top = path.split("/")[0]
        for match in NAMESPACE.finditer(code):
            first = match.group(1).split("::")[0]
            if first != top and first not in FOREIGN_NAMESPACES and not inside_namespace(code, match.start()):
                yield Finding(path, line_of(code, match.start()), "namespace", f"{top}/ has the namespace {top}, not {first}")


def inside_namespace(code, offset):
    before = code[:offset]
    return before.count("{") > before.count("}")


def opening_comment(tree):
    for path in tree.cpp():
        first = tree.files[path].lstrip()[:2]
        # A source is explained by its header, a unit test by the header it tests.
        headers = {re.sub(r"(_test)?\.cc$", ".h", path), re.sub(r"(_test)?\.cc$", ".h", path.removeprefix("tests/"))}
        explained_by_header = path.endswith(".cc") and any(header in tree.files for header in headers)
        if first not in ("//", "/*") and not explained_by_header and not path.endswith("doctest_main.cc"):
            yield Finding(path, 1, "opening-comment", "a file opens with what it is, what it is not, and the RFC's section")


def test_names(tree):
    for path in tree.paths("_test.cc"):
        for match in re.finditer(r'\b(?:TEST_CASE|SCENARIO)\("((?:[^"\\]|\\.)*)"', tree.files[path]):
            if len(match.group(1).split()) < 3:
                yield Finding(path, line_of(tree.files[path], match.start()), "test-name", f'"{match.group(1)}" is no sentence')


def no_development_words(tree):
    for path in tree.paths(".h", ".cc", ".mjs", ".md", ".py", ".sh", ".txt", ".yaml", ".json", ".cmake", ".service", ".c"):
        if path.endswith("package-lock.json"):
            continue
        for pattern, what in DEVELOPMENT:
            for match in re.finditer(pattern, tree.files[path]):
                yield Finding(path, line_of(tree.files[path], match.start()), "project-only", f"'{match.group(0)}' is {what}")


RULES = [file_names, type_names, namespaces, opening_comment, test_names, no_development_words]
