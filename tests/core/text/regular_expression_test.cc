#include "core/text/regular_expression.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>

namespace core {
namespace {

TEST_CASE("an expression matches the whole text or not at all") {
  struct Row {
    std::string_view pattern;
    std::string_view text;
    bool expected;
  };
  const Row rows[] = {{"/a", "/a", true},         {"/a", "/ab", false},      {"/a", "x/a", false},
                      {"^/a$", "/a", true},       {"/a|/b", "/b", true},     {"/a|/b", "/bc", false},
                      {"/v[0-9]+", "/v12", true}, {"/v[0-9]+", "/v", false}, {"/.*", "/\xC3\xA4", true},
                      {"(?i)/a", "/A", true},     {"/a.b", "/a\nb", false},  {"", "", true},
                      {"/a\\.b", "/axb", false},  {"/(?:x|y)z", "/yz", true}};
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    const auto expression = RegularExpression::parse(row.pattern);
    REQUIRE(expression.has_value());
    CHECK(expression->matches(row.text) == row.expected);
  }
}

TEST_CASE("groups are views into the text, empty where they took no part") {
  const auto expression = RegularExpression::parse("/(a+)(?:/(b)|/c)/(.*)");
  REQUIRE(expression.has_value());
  REQUIRE(expression->group_count() == 3);
  std::array<std::string_view, 3> groups;
  REQUIRE(expression->matches("/aa/c/rest", groups));
  CHECK(groups[0] == "aa");
  CHECK(groups[1].empty());
  CHECK(groups[2] == "rest");
  CHECK_FALSE(expression->matches("/x", groups));
}

TEST_CASE("what cannot be matched in linear time and bounded memory is refused") {
  for (const std::string& pattern :
       {std::string("/(a)\\1"), std::string("/(?=a)"), std::string("/("), std::string("/(x{1000}){1000}"),
        std::string("/[\xFF"), std::string("/a{600}b{600}"), std::string(1025, 'a'),
        std::string("(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)")}) {
    CAPTURE(pattern);
    CHECK_FALSE(RegularExpression::parse(pattern).has_value());
  }
}

TEST_CASE("O10: an expression that would explode elsewhere takes linear time") {
  const auto expression = RegularExpression::parse("/(a*)*(a*)*(a|a)*b");
  REQUIRE(expression.has_value());
  const std::string text = "/" + std::string(RegularExpression::kMaxTextBytes - 1, 'a');
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(expression->matches(text));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  CHECK_FALSE(RegularExpression::parse("/.*")->matches(text + "a"));
}

TEST_CASE("the literal start is what every match begins with") {
  const std::pair<std::string_view, std::string_view> rows[] = {{"/api/v[0-9]+", "/api/v"},
                                                                {"/a|/b", ""},
                                                                {"(/a)", ""},
                                                                {"/ab*", "/a"},
                                                                {"/ab?c", "/a"},
                                                                {"/ab{0,2}", "/a"},
                                                                {"/ab+", "/ab"},
                                                                {"^/a$", "/a"},
                                                                {"/a.b", "/a"},
                                                                {"/x", "/x"},
                                                                {"(?i)/x", ""},
                                                                {"/a\\.b", "/a"},
                                                                {".*", ""},
                                                                {"", ""}};
  for (const auto& [pattern, expected] : rows) {
    CAPTURE(pattern);
    CHECK(RegularExpression::literal_start(pattern) == expected);
  }
}

}  // namespace
}  // namespace core
