#include "core/text/host_pattern.h"

#include <doctest/doctest.h>

using core::HostPattern;

TEST_CASE("a pattern matches exactly what it says") {
  struct Row {
    std::string_view pattern;
    std::string_view host;
    bool matches;
  };
  const Row rows[] = {
      {"example.com", "example.com", true},
      {"EXAMPLE.com.", "example.com", true},
      {"example.com", "xexample.com", false},
      {"example.com", "examplexcom", false},
      {"example.com", "a.example.com", false},
      {"example.com", "example.com.evil.tld", false},
      {"*.example.com", "a.example.com", true},
      {"*.example.com", "a-b_c.example.com", true},
      {"*.example.com", "example.com", false},
      {"*.example.com", ".example.com", false},
      {"*.example.com", "a.b.example.com", false},
      {"*.example.com", "xexample.com", false},
      {"*.example.com", "a.example.com.evil.tld", false},
      {"*.example.com", "a.examplexcom", false},
      {"*", "anything.at.all", true},
      {"*", "[::1]", true},
      {"127.0.0.1", "127.0.0.1", true},
      {"[::0001]", "[::1]", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.host);
    const auto pattern = HostPattern::parse(row.pattern);
    REQUIRE(pattern.has_value());
    CHECK(pattern->matches(row.host) == row.matches);
  }
}

TEST_CASE("other wildcards are refused") {
  for (const std::string_view text :
       {"", "*.", "*.com", "a*.example.com", "*a.example.com", "a.*.com", "**.example.com", "*.*.example.com",
        "*.127.0.0.1", "*.[::1]", "example.com:443", "*.example.com:443", "exa mple.com", "example.*"}) {
    CAPTURE(text);
    CHECK_FALSE(HostPattern::parse(text).has_value());
  }
}

TEST_CASE("a pattern is written as an operator writes it") {
  CHECK(HostPattern::parse("*.Example.com")->text() == "*.example.com");
  CHECK(HostPattern::parse("*.Example.com")->name() == ".example.com");
  CHECK(HostPattern::parse("a.b")->text() == "a.b");
  CHECK(HostPattern::parse("*")->text() == "*");
  CHECK(HostPattern::parse("*")->kind() == HostPattern::Kind::any);
}
