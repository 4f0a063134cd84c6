"""Who may include whom: the order of layers, no cycles, C libraries behind their wrappers."""

import posixpath
import re

from source import LAYERS, Finding, layer_of, line_of

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

# A library's headers, and the folders whose sources may see them.
WRAPPERS = [
    (re.compile(r"^(event2/|event\.h|evutil)"), ("core/loop", "core/net", "tls")),
    (re.compile(r"^openssl/"), ("core/crypto", "tls")),
    (re.compile(r"^yaml-cpp/"), ("config",)),
    (re.compile(r"^nlohmann/"), ("core/text",)),
    (re.compile(r"^ares"), ("core/net",)),
    (re.compile(r"^nghttp2/"), ("core/http",)),
    (re.compile(r"^(re2/|zlib|brotli|zstd|hiredis)"), ("core", "config", "gateway")),
]
# The RAII of OpenSSL's types cannot be written without them; only core/crypto and tls may include this header.
HEADERS_WITH_LIBRARY = {"core/crypto/openssl.h": ("core/crypto", "tls")}


def includes(tree, path):
    text = tree.files[path]
    for match in INCLUDE.finditer(text):
        yield match.group(1), match.group(2), line_of(text, match.start())


def inside(path, folders):
    return any(path.startswith(folder + "/") for folder in folders)


def layer_order(tree):
    for path in tree.cpp():
        own = layer_of(path) if not path.startswith("tests/") else None
        for mark, target, line in includes(tree, path):
            if mark == "<":
                continue
            if target not in tree.files:
                yield Finding(path, line, "layer-order", f'"{target}" is no file of the tree: include by its path from the top')
                continue
            if path.startswith("tests/"):
                continue
            if target.startswith("tests/"):
                yield Finding(path, line, "layer-order", "nobody but tests sees tests")
                continue
            other = layer_of(target)
            if own is not None and other is not None and other > own:
                yield Finding(path, line, "layer-order", f"{LAYERS[own]} stands left of {LAYERS[other]}: it may not include {target}")
            allowed = HEADERS_WITH_LIBRARY.get(target)
            if allowed and not inside(path, allowed):
                yield Finding(path, line, "layer-order", f"{target} is for {' and '.join(allowed)} only")


def no_cycles(tree):
    edges = {}
    for path in tree.cpp():
        edges[path] = [t for mark, t, _ in includes(tree, path) if mark == '"' and t in tree.files]
    done, findings = set(), []

    for start in edges:
        stack = [(start, iter(edges[start]))] if start not in done else []
        on_path = [start] if stack else []
        while stack:
            node, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                done.add(node)
                stack.pop()
                on_path.pop()
            elif target in on_path:
                ring = on_path[on_path.index(target):] + [target]
                findings.append(Finding(node, 1, "include-cycle", " -> ".join(ring)))
            elif target not in done:
                on_path.append(target)
                stack.append((target, iter(edges.get(target, []))))
    return findings


def libraries_wrapped(tree):
    for path in tree.cpp(tests=False):
        for mark, target, line in includes(tree, path):
            if mark != "<":
                continue
            for pattern, folders in WRAPPERS:
                if not pattern.match(target):
                    continue
                if path.endswith(".h") and path not in HEADERS_WITH_LIBRARY:
                    yield Finding(path, line, "library-header", f"<{target}> belongs in the .cc of its wrapper, not in a header")
                elif not inside(path, folders):
                    yield Finding(path, line, "library-header", f"<{target}> is for {', '.join(folders)} only")


def own_header_first(tree):
    for path in tree.cpp(tests=False):
        own = posixpath.splitext(path)[0] + ".h"
        if path.endswith(".cc") and own in tree.files:
            first = next(includes(tree, path), None)
            if first is None or first[1] != own:
                yield Finding(path, first[2] if first else 1, "own-header-first", f'"{own}" comes first')


RULES = [layer_order, no_cycles, libraries_wrapped, own_header_first]
