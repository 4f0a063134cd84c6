#!/usr/bin/env python3
"""Each rule flags its bad samples and leaves its good ones alone."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from rules import headers, layers, layout, sizes, waiting, words  # noqa: E402
from source import Tree, blank_out  # noqa: E402


def faults(rule, files):
    return [(f.path, f.line, f.rule) for f in rule(Tree(files))]


class CoAwait(unittest.TestCase):
    """Statements that g++ 12 miscompiles, and statements beside which a brace, a bracket or a question mark is harmless."""

    BAD = {
        "lambda argument": "co_await run([x] { return x; });",
        "lambda with parameters": "auto v = co_await run([&](int a) { return a; });",
        "lambda awaited at once": "co_await [this]() -> Flow<> { co_return done(); }();",
        "returning a lambda's flow": "co_return co_await [](int a) { return a; }(1);",
        "designated aggregate": "co_await send(Request{.url = u});",
        "braced list": 'co_await names({"a", "b"});',
        "brace before": "co_await join(Pair{1, 2}, other());",
        "brace in an earlier argument": "join(Pair{1, 2}, co_await other());",
        "braced initialiser": "Answer answer{co_await ask()};",
        "conditional operator": "co_await (ready ? a() : b());",
        "conditional in an argument": "auto v = co_await send(a, b ? c : d);",
        "conditional around": "auto v = ready ? co_await a() : none;",
        "conditional in a condition": "if (co_await check(a ? b : c)) stop();",
        "brace in a condition": "while (co_await more(Range{1})) step();",
        "after a block": "if (a) { b(); } co_await send(Request{u});",
        "over several lines": "Result<int> v =\n    co_await send(a,\n                  Request{.url = u});",
        "temporary in a range": "for (auto x : co_await list(Options{1})) use(x);",
    }
    GOOD = {
        "plain call": "co_await run(x);",
        "named first": "Request request{.url = u};\nco_await send(std::move(request));",
        "condition": "if (co_await check(a)) { b = c ? d : e; }",
        "loop body": "for (const Url& url : order.urls) co_await authorize(account, url);",
        "after a conditional": "int a = b ? c : d;\nco_await send(a);",
        "after a block": "if (a) { b(); }\nco_await send(c);",
        "after a lambda": "auto f = [x] { return x; };\nco_await run(f);",
        "else branch": "if (a ? b : c) { d(); } else co_await e();",
        "condition of an if before": "if (a ? b : c) co_await e();",
        "index": "co_await run(list[i], map[key]);",
        "structured binding": "auto [a, b] = co_await both();",
        "reference binding": "auto& [a, b] = co_await both();",
        "attribute": "[[maybe_unused]] auto v = co_await both();",
        "template": "auto v = co_await convert<std::vector<int>>(x);",
        "question in a string": 'co_await log("really? {} [x]{y}");',
        "question in a comment": "co_await log(a /* b ? c : d */);",
        "switch label": "switch (x) { case 1: co_await a(); break; default: co_await b(); }",
        "last in a function": "co_return co_await finish(x);",
        "character": "co_await put('{');",
    }

    def test_samples(self):
        for name, body in self.BAD.items():
            with self.subTest("bad: " + name):
                self.assertTrue(faults(waiting.awaiting_is_plain, {"core/a.cc": f"Flow<int> f(int x) {{\n{body}\n}}\n"}), body)
        for name, body in self.GOOD.items():
            with self.subTest("good: " + name):
                self.assertFalse(faults(waiting.awaiting_is_plain, {"core/a.cc": f"Flow<int> f(int x) {{\n{body}\n}}\n"}), body)

    def test_the_line_is_the_one_of_the_wait(self):
        found = faults(waiting.awaiting_is_plain, {"core/a.cc": "Flow<> f() {\n  a();\n  co_await b(C{1});\n}\n"})
        self.assertEqual([("core/a.cc", 3, "co-await")], found)

    def test_trailing_return_type_is_no_initialiser(self):
        self.assertFalse(faults(waiting.awaiting_is_plain, {"core/a.cc": "auto f() -> Flow<int> { co_await b(); }"}))


class Layers(unittest.TestCase):
    def test_only_to_the_left(self):
        files = {"core/base/a.h": '#include "core/text/b.h"\n', "core/text/b.h": "", "gateway/run/c.cc": '#include "core/base/a.h"\n'}
        self.assertEqual([("core/base/a.h", 1, "layer-order")], faults(layers.layer_order, files))

    def test_nobody_sees_tests_and_tests_see_all(self):
        files = {"core/base/a.h": '\n#include "tests/support/b.h"\n', "tests/support/b.h": '#include "gateway/run/c.h"\n', "gateway/run/c.h": ""}
        self.assertEqual([("core/base/a.h", 2, "layer-order")], faults(layers.layer_order, files))

    def test_a_path_starts_at_the_top(self):
        self.assertTrue(faults(layers.layer_order, {"core/base/a.cc": '#include "a.h"\n', "core/base/a.h": ""}))

    def test_openssl_wrapper_is_for_two_folders(self):
        files = {"core/crypto/openssl.h": "", "tls/a.cc": '#include "core/crypto/openssl.h"\n', "gateway/run/b.cc": '#include "core/crypto/openssl.h"\n'}
        self.assertEqual([("gateway/run/b.cc", 1, "layer-order")], faults(layers.layer_order, files))

    def test_cycles(self):
        ring = {"core/base/a.h": '#include "core/base/b.h"\n', "core/base/b.h": '#include "core/base/c.h"\n', "core/base/c.h": '#include "core/base/a.h"\n'}
        self.assertEqual(1, len(faults(layers.no_cycles, ring)))
        chain = {**ring, "core/base/c.h": ""}
        self.assertFalse(faults(layers.no_cycles, chain))

    def test_library_headers(self):
        files = {"core/net/a.h": "#include <event2/event.h>\n", "core/net/b.cc": "#include <event2/event.h>\n#include <vector>\n",
                 "gateway/run/c.cc": "#include <openssl/ssl.h>\n", "core/crypto/openssl.h": "#include <openssl/evp.h>\n"}
        self.assertEqual([("core/net/a.h", 1, "library-header"), ("gateway/run/c.cc", 1, "library-header")], faults(layers.libraries_wrapped, files))

    def test_own_header_first(self):
        files = {"core/base/a.h": "", "core/base/a.cc": '#include <vector>\n#include "core/base/a.h"\n', "core/base/b.h": "", "core/base/b.cc": '#include "core/base/b.h"\n'}
        self.assertEqual([("core/base/a.cc", 1, "own-header-first")], faults(layers.own_header_first, files))


class Sizes(unittest.TestCase):
    def test_files(self):
        files = {"core/a.h": "\n" * 251, "core/b.h": "\n" * 250, "core/c.cc": "\n" * 401, "core/d.cc": "\n" * 400,
                 "tests/e2e/support/e.mjs": "\n" * 301, "tests/e2e/f.test.mjs": "\n" * 400}
        self.assertEqual(["core/a.h", "core/c.cc", "tests/e2e/support/e.mjs"], [path for path, _, _ in faults(sizes.file_sizes, files)])

    def test_functions(self):
        body = "  x();\n"
        shapes = {
            "free": "int f(int a) {\n%s}\n", "qualified": "namespace core {\nvoid A::f() const noexcept {\n%s}\n}\n",
            "constructor": "A::A(int a) : a_(a), b_{1} {\n%s}\n", "in a class": "class A final : public B {\n public:\n  void f() override {\n%s}\n};\n",
            "trailing return": "auto f() -> std::vector<int> {\n%s}\n", "template": "template <typename T>\n  requires std::integral<T>\nvoid f(T a) {\n%s}\n",
            "after an aggregate": "constexpr int kTable[] = {1, 2};\nstruct P { int a = 0; };\nint f() {\n%s}\n",
            "with blocks": "int f() {\n  if (a) { b(); }\n  auto c = [d] { return d; };\n%s}\n",
        }
        for name, shape in shapes.items():
            with self.subTest(name):
                self.assertEqual(1, len(faults(sizes.function_sizes, {"core/a.cc": shape % (body * 61)})))
                self.assertFalse(faults(sizes.function_sizes, {"core/a.cc": shape % (body * 50)}))

    def test_a_long_table_or_class_is_no_function(self):
        self.assertFalse(faults(sizes.function_sizes, {"core/a.cc": "const int kTable[] = {\n" + "1,\n" * 90 + "};\n"}))
        self.assertFalse(faults(sizes.function_sizes, {"core/a.h": "class A {\n" + "  void f() { g(); }\n" * 90 + "};\n"}))


class Words(unittest.TestCase):
    def test_file_names(self):
        files = {"core/base/Clock.h": "", "core/base/string_util.h": "", "core/base/clock.h": "", "tests/core/base/clock_test.cc": ""}
        self.assertEqual(["core/base/Clock.h", "core/base/string_util.h"], [p for p, _, _ in faults(words.file_names, files)])

    def test_type_names(self):
        files = {"core/a.h": "class ConnectionManager {};\nclass Contextual {};\nstruct PeerData;\n"}
        self.assertEqual([1, 3], [line for _, line, _ in faults(words.type_names, files)])

    def test_namespaces(self):
        files = {"core/a.h": "namespace core {\nnamespace detail {\n}\n}\n", "tls/b.h": "namespace core {\n}\n", "config/c.h": "namespace YAML {\nclass Node;\n}\nnamespace config {}\n"}
        self.assertEqual([("tls/b.h", 1, "namespace")], faults(words.namespaces, files))

    def test_opening_comment(self):
        files = {"core/a.h": "#pragma once\n", "core/b.h": "// What it is.\n", "core/b.cc": '#include "core/b.h"\n', "core/c.cc": "int c;\n",
                 "tests/core/b_test.cc": "#include <vector>\n", "tests/core/c_test.cc": "#include <vector>\n"}
        self.assertEqual(["core/a.h", "core/c.cc", "tests/core/c_test.cc"], [p for p, _, _ in faults(words.opening_comment, files)])

    def test_sentences(self):
        files = {"tests/core/a_test.cc": 'TEST_CASE("parse") {}\nTEST_CASE("a callback without its cookie is refused") {}\n'}
        self.assertEqual([1], [line for _, line, _ in faults(words.test_names, files)])

    def test_development_words(self):
        bad = ["see /wo" + "rk/main", "as iss" + "ue #12 says", "TO" + "DO later", "np" + "m from registry.np" + "mjs.org"]
        for text in bad:
            with self.subTest(text):
                self.assertTrue(faults(words.no_development_words, {"core/a.cc": f"// {text}\n"}))
        for text in ["workers share nothing", "the issue time", "a network path", "the author's work/life"]:
            with self.subTest(text):
                self.assertFalse(faults(words.no_development_words, {"core/a.cc": f"// {text}\n"}))


class Layout(unittest.TestCase):
    def test_top_level(self):
        self.assertEqual([("docs", 1, "top-level")], faults(layout.top_level, {"docs/a.md": "", "core/b.h": "", ".gitignore": "", "README.md": ""}))

    def test_readmes(self):
        self.assertEqual([("core/net", 1, "readme")], faults(layout.folders_explained, {"core/README.md": "", "core/net/a.h": ""}))

    def test_keys(self):
        files = {"config/README.md": "`issuer` is …", "config/parse_auth.cc": 'map.text("issuer");\nmap.optional_text("client_id");\n'}
        self.assertEqual([("config/parse_auth.cc", 2, "key-documented")], faults(layout.keys_documented, files))

    def test_scripts(self):
        self.assertTrue(faults(layout.executables, {"tests/run.sh": "echo\n"}))
        self.assertFalse(faults(layout.executables, {"tests/run.sh": "#!/bin/sh\n"}))


class Headers(unittest.TestCase):
    def test_a_header_without_its_guard_is_flagged(self):
        self.assertTrue(faults(headers.guarded, {"core/a.h": "int a();\n"}))
        self.assertFalse(faults(headers.guarded, {"core/a.h": "// A.\n#pragma once\nint a();\n"}))

    def test_a_header_that_needs_another_is_flagged(self):
        import tempfile
        files = {"core/a.h": "#pragma once\nstd::string a;\n", "core/b.h": "#pragma once\n#include <string>\ninline std::string b;\n"}
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "core"))
            for path, text in files.items():
                with open(os.path.join(root, path), "w", encoding="utf-8") as handle:
                    handle.write(text)
            self.assertEqual(["core/a.h"], [f.path for f in headers.compiles_alone(Tree(files, root))])


class Blanking(unittest.TestCase):
    def test_places_stay(self):
        text = 'a("b{c"); // d{\n#define E {\\\n  {\nR"(f{)" \'{\' 1\'000 g{'
        blanked = blank_out(text)
        self.assertEqual(len(text), len(blanked))
        self.assertEqual(1, blanked.count("{"))
        self.assertEqual(text.count("\n"), blanked.count("\n"))


if __name__ == "__main__":
    result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]))
    bad = len(result.failures) + len(result.errors)
    print(f"lint tests: {max(0, result.testsRun - bad)} passed, {bad} failed")
    sys.exit(1 if bad else 0)
