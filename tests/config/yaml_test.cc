// What the reader refuses before and while the library sees the text: attack rows O08 and O09.
#include <doctest/doctest.h>

#include <ctime>
#include <string>
#include <vector>

#include "config/yaml_text.h"
#include "config/yaml_tree.h"
#include "tests/config/support/sample.h"

using namespace config;

namespace {

std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out.append(piece);
  return out;
}

/// Seconds of processor time. The promise is one, for an optimised build; this also holds with sanitizers.
constexpr double kPatience = 10;

struct Outcome {
  std::optional<YamlNode> tree;
  std::vector<Diagnostic> errors;
};

Outcome read(std::string_view text) {
  Findings findings;
  auto tree = read_yaml(text, findings);
  return {std::move(tree), findings.errors()};
}

}  // namespace

TEST_CASE("hostile YAML is refused with a position, soon") {
  struct Row {
    std::string name;
    std::string text;
    std::string why;
  };
  std::string blocks;
  for (int i = 0; i < 1000; ++i) blocks += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  const std::vector<Row> rows{
      {"deep flow lists", repeat("[", 100'000), "nested"},
      {"deep flow maps", repeat("{a: ", 100'000), "nested"},
      {"deep blocks", blocks, "nested"},
      {"dashes on one line", repeat("- ", 100'000), "nested"},
      {"question marks", repeat("? ", 100'000), ""},
      {"brackets that comments seem to close", repeat("[ # ]\n", 100'000), "nested"},
      {"brackets behind a plain continuation", "a: b\n  [" + repeat("[", 1000), ""},
      {"a tag alone", "!2", "tags"},
      {"a tag", "a: !!binary x", "tags"},
      {"documents", repeat("---\n", 100'000), "one YAML document"},
      {"two documents", "a: 1\n---\nb: 2\n", "one YAML document"},
      {"an end marker", "a: 1\n...\nb: 2\n", "one YAML document"},
      {"a zero byte", std::string("a: \0", 4), "control character"},
      {"a lone carriage return", "a: 1\rb: 2", "control character"},
      {"a next-line character", "a: \xC2\x85", "control character"},
      {"invalid UTF-8", "a: \xFF\xFE", "not UTF-8"},
      {"an overlong slash", "a: \xC0\xAF", "not UTF-8"},
      {"UTF-16",
       std::string("\xFF\xFE"
                   "a\0",
                   4),
       "not UTF-8"},
      {"100 MiB", std::string(100UL * 1024 * 1024, 'a'), "1 MiB"},
      {"an anchor", "a: &x 1", "anchors"},
      {"an alias", "a: *x", "aliases"},
      {"billion laughs", "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", "anchors"},
      {"an alias to itself", "a: &a [*a]", "anchors"},
      {"a merge key", "a: {<<: {b: 1}}", "merge"},
      {"a directive", "%YAML 1.2\n---\na: 1", "directives"},
      {"a key that is a list", "[a, b]: 1", "key"},
      {"a key that is a map", "{a: 1}: 1", "key"},
      {"a quote never closed", "a: \"b\nc: d\n", "never closed"},
      {"a bracket never closed", "a: [b\n", "not valid YAML"},
      {"a tab for indentation", "a:\n\tb: 1\n", "not valid YAML"},
      {"a scalar in place of a map entry", "a: 1\nb\nc: 2\n", "not valid YAML"},
      {"too many values", "[" + repeat("a,", 250'000) + "]", "too many"},
      {"an indentation number", "a: |2\n  x\n", "indentation number"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::clock_t start = std::clock();
    const Outcome outcome = read(row.text);
    const double took = config::test::seconds_since(start);
    CHECK_FALSE(outcome.tree);
    REQUIRE(outcome.errors.size() == 1);
    CAPTURE(outcome.errors[0].message);
    CHECK(outcome.errors[0].message.contains(row.why));
    CHECK(outcome.errors[0].at.line >= 1);
    CHECK(outcome.errors[0].at.column >= 1);
    CHECK(took < kPatience);
  }
}

TEST_CASE("a tab that indents is named, one elsewhere is not") {
  CHECK(read("a:\n\tb: 1\n").errors.at(0).mend.contains("spaces"));
  CHECK(read("a:\t[b\n").errors.at(0).mend.contains("quote"));
  CHECK(read("a: [b\n").errors.at(0).mend.contains("quote"));
}

TEST_CASE("an error stands where the trouble is") {
  struct Row {
    std::string text;
    int line;
    int column;
  };
  const std::vector<Row> rows{
      {"a: 1\nb: *x\n", 2, 4},
      {"a: 1\nhost: *.example.com\n", 2, 7},
      {"a: 1\n\n  # c\nb: [&x 1]\n", 4, 5},
      {"a: \"x\n  y\"\nb: !t z\n", 3, 4},
      {"a: 1\na: 2\n", 2, 1},
      {"a: {b: 1, c: 2, b: 3}\n", 1, 17},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Outcome outcome = read(row.text);
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].at.line == row.line);
    CHECK(outcome.errors[0].at.column == row.column);
  }
}

TEST_CASE("ordinary YAML is read as it stands") {
  const std::vector<std::string> texts{
      "a: b [c\n",                                        // a bracket inside a plain value
      "a: it's & * ! fine\n",                             // indicators inside a plain value
      "a: \"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"\n",  // brackets in quotes
      "a: '''[' # [[[[\nb: 2\n",                          // a quote in quotes, brackets in a comment
      "a: |\n  [[[[ *x &y !z\n  ---\n\nb: 2\n",           // a block scalar
      "- |\n  *x\n- >-\n  &y\n",                          // block scalars in a list
      "- - a: |\n      *x\n    b: 1\n",                   // and deeper
      "---\na: 1\n",                                      // one document marker
      "a: {b: [c, {d: e}], \"f\": 'g'}\n",
      "a:\n- b\n- c\n",
      "a: http://x:80/#y\n",
      "a: b: [\n",  // refused below
  };
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
    CAPTURE(texts[i]);
    const Outcome outcome = read(texts[i]);
    CHECK(outcome.errors.empty());
    CHECK(outcome.tree);
  }
  CHECK_FALSE(read(texts.back()).tree);
}

TEST_CASE("a tree of 32 levels is read, 33 are refused") {
  CHECK(read(repeat("[", 32) + repeat("]", 32)).tree);
  CHECK_FALSE(read(repeat("[", 33) + repeat("]", 33)).tree);
  CHECK_FALSE(read("a: " + repeat("[", 32) + repeat("]", 32)).tree);
}

TEST_CASE("quoted and plain values are told apart, absent ones are null") {
  const Outcome outcome = read("a: true\nb: \"true\"\nc: 'x'\nd:\ne: ~\n");
  REQUIRE(outcome.tree);
  CHECK(outcome.tree->find("a")->style == YamlNode::Style::plain);
  CHECK(outcome.tree->find("b")->style == YamlNode::Style::quoted);
  CHECK(outcome.tree->find("c")->style == YamlNode::Style::quoted);
  CHECK(outcome.tree->find("d")->is_null());
  CHECK(outcome.tree->find("d")->at.line == 4);
  CHECK(outcome.tree->find("e")->is_null());
}

TEST_CASE("a byte order mark at the start is ignored, elsewhere refused") {
  CHECK(without_byte_order_mark("\xEF\xBB\xBF"
                                "a: 1") == "a: 1");
  CHECK_FALSE(read("a: \xEF\xBB\xBF"
                   "1")
                  .tree);
}

TEST_CASE("line ends of Windows are read") {
  const Outcome outcome = read("a: 1\r\nb:\r\n  - x\r\n  - y # c\r\n");
  REQUIRE(outcome.tree);
  CHECK(outcome.tree->find("b")->items.size() == 2);
  CHECK(outcome.tree->find("b")->items[1].text == "y");
}
