"""What every rule needs: the tree's files, and C++ text with comments and literals blanked out.

Blanking keeps each character's place (line ends stay), so a match in the blanked text has the line of the original.
"""

import dataclasses
import os
import re
import subprocess

# Folders in the order of layers; a folder may include itself and whatever stands before it.
LAYERS = [
    "core/base", "core/text", "core/crypto", "core/loop", "core/net", "core/http", "core/kubernetes", "core/storage", "core/profile",
    "config", "tls", "tls/acme", "tls/issue",
    "gateway/model", "gateway/pages", "gateway/session", "gateway/oidc", "gateway/guard", "gateway/upstream",
    "gateway/answer", "gateway/demo", "gateway/import", "gateway/run",
]
SKIPPED_FOLDERS = {".git", "build", "node_modules", "artifacts", ".cache", "__pycache__"}


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


class Tree:
    """The files of a checkout, or of a made-up one: `files` maps a relative path to its text."""

    def __init__(self, files, root=None):
        self.files = files
        self.root = root
        self._code = {}

    @classmethod
    def of_checkout(cls, root):
        files = {}
        for path in listed_files(root):
            try:
                with open(os.path.join(root, path), encoding="utf-8") as handle:
                    files[path] = handle.read()
            except (UnicodeDecodeError, FileNotFoundError):
                files[path] = None  # binary (a corpus, an image): present, but not read
        return cls(files, root)

    def paths(self, *suffixes):
        return sorted(p for p, text in self.files.items() if text is not None and p.endswith(suffixes))

    def cpp(self, tests=True):
        return [p for p in self.paths(".h", ".cc") if tests or not p.startswith("tests/")]

    def lines(self, path):
        return self.files[path].splitlines()

    def code(self, path):
        if path not in self._code:
            self._code[path] = blank_out(self.files[path])
        return self._code[path]


def listed_files(root):
    """Tracked files and new ones that no ignore rule covers; without git, a walk."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode == 0:
        return [p for p in listed.stdout.decode().split("\0") if p]
    found = []
    for folder, inner, names in os.walk(root):
        inner[:] = [d for d in inner if d not in SKIPPED_FOLDERS and not d.startswith("build")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found


def layer_of(path):
    """The index of the layer a file belongs to, or None outside the layers (tests, packaging)."""
    folder = os.path.dirname(path)
    while folder:
        if folder in LAYERS:
            return LAYERS.index(folder)
        folder = os.path.dirname(folder)
    return None


TOKEN = re.compile(
    r"""(?P<line>//[^\n]*)
      |(?P<block>/\*.*?\*/)
      |(?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
      |(?P<text>"(?:\\.|[^"\\\n])*")
      |(?<![0-9A-Fa-f'])(?P<char>'(?:\\.|[^'\\\n])+')
      |(?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE)


def blank_out(text):
    """Comments, literals and preprocessor lines become blanks; quotes of literals stay, so that `f("")` has an argument."""

    def blank(match):
        whole = match.group(0)
        kind = match.lastgroup
        if kind in ("text", "char") or match.group("text") or match.group("char"):
            return whole[0] + re.sub(r"[^\n]", " ", whole[1:-1]) + whole[-1]
        if match.group("raw"):
            return '"' + re.sub(r"[^\n]", " ", whole[1:-1]) + '"'
        return re.sub(r"[^\n]", " ", whole)

    return TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
