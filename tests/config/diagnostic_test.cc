#include "config/diagnostic.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace config;

TEST_CASE("a diagnostic shows file, place, line, caret and mend") {
  const Diagnostic diagnostic{Severity::error, {2, 7}, "unknown key \"hots\"", "did you mean \"host\"?"};
  CHECK(render(diagnostic, "gateway.yaml", "routes:\n  - { hots: x}\n") ==
        "gateway.yaml:2:7: error: unknown key \"hots\"\n"
        "  2 |   - { hots: x}\n"
        "    |       ^\n"
        "  mend: did you mean \"host\"?\n");
}

TEST_CASE("a caret counts characters, not bytes, and nothing in the line moves the terminal") {
  const Diagnostic diagnostic{Severity::warning, {1, 9}, "m", ""};
  CHECK(render(diagnostic, "f", "a\xC3\xA9\xC3\xA9: bc") ==
        "f:1:9: warning: m\n  1 | a\xC3\xA9\xC3\xA9: bc\n    |       ^\n");
  const std::string shown = render(Diagnostic{Severity::error, {1, 1}, "x\x1B[2J", ""}, "f\n", "\x1B]0;x");
  CHECK_FALSE(shown.contains('\x1B'));
  CHECK(std::ranges::count(shown, '\n') == 3);
}

TEST_CASE("a long line is cut around its place, a place outside the text shows no line") {
  const std::string line = std::string(5000, 'a') + "X" + std::string(5000, 'b');
  const std::string shown = render(Diagnostic{Severity::error, {1, 5001}, "m", ""}, "f", line);
  CHECK(shown.size() < 400);
  CHECK(shown.contains("aXb"));
  CHECK(render(Diagnostic{Severity::error, {9, 9}, "m", ""}, "f", "a\n") == "f:9:9: error: m\n");
  CHECK(render(Diagnostic{Severity::error, {}, "m", ""}, "f", "a\n") == "f: error: m\n");
}

TEST_CASE("findings come in the order of the file and are bounded") {
  Findings findings;
  findings.error({3, 1}, "third");
  findings.error({1, 2}, "first");
  for (int i = 0; i < 1000; ++i) findings.error({5, 1}, "more");
  CHECK(findings.errors().front().message == "first");
  CHECK(findings.errors().size() == Findings::kMaxErrors);
}
