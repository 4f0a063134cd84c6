#include "core/text/expand.h"

#include <doctest/doctest.h>

#include <map>
#include <optional>

namespace {

bool value_of(std::string_view name, std::string& out) {
  static const std::map<std::string_view, std::string_view> kValues = {
      {"user", "alice"},       {"name", "J\xC3\xB6rg 100%"},
      {"claim.a.b", "{user}"}, {"claim.https://x.y/z", "v"},
      {"evil", "a\r\nX-Y: z"}, {"broken", "\xFF"},
      {"empty", ""},
  };
  const auto found = kValues.find(name);
  if (found == kValues.end()) return false;
  out.append(found->second);
  return true;
}

std::optional<std::string> expand(std::string_view text, std::size_t max_bytes = 100) {
  const auto made = core::Template::parse(text);
  REQUIRE(made.has_value());
  std::string out = "<";
  if (!made->expand(value_of, out, max_bytes)) {
    CHECK(out == "<");
    return std::nullopt;
  }
  return out.substr(1);
}

}  // namespace

TEST_CASE("a template expands to its literals and values") {
  CHECK(expand("") == "");
  CHECK(expand("plain") == "plain");
  CHECK(expand("{user}") == "alice");
  CHECK(expand("a-{user}-{user}!") == "a-alice-alice!");
  CHECK(expand("{name:ascii}") == "J%C3%B6rg 100%25");
  CHECK(expand("{name}") == "J\xC3\xB6rg 100%");
  CHECK(expand("{claim.https://x.y/z}") == "v");
  CHECK(expand("{empty}") == "");
  CHECK(expand("{{user}") == "{user}");
  CHECK(expand("{{{user}}") == "{alice}");
}

TEST_CASE("an expanded value is never expanded again") {
  CHECK(expand("{claim.a.b}") == "{user}");
  CHECK(expand("{{{claim.a.b}") == "{{user}");
}

TEST_CASE("a missing or unusable value takes the whole text away") {
  CHECK_FALSE(expand("a {absent}").has_value());
  CHECK_FALSE(expand("{user} {absent} {user}").has_value());
  CHECK_FALSE(expand("{evil}").has_value());
  CHECK_FALSE(expand("{evil:ascii}").has_value());
  CHECK_FALSE(expand("{broken}").has_value());
  CHECK_FALSE(expand("{user}", 4).has_value());
  CHECK(expand("{user}", 5) == "alice");
}

TEST_CASE("an ill-formed template is refused") {
  for (const std::string_view text : {"{", "{user", "a{", "{}", "{ user}", "{us{er}", "{user:json}",
                                      "{:ascii}", "{a\nb}", "{user}{", "{\xC3\xBC}"}) {
    CAPTURE(text);
    CHECK_FALSE(core::Template::parse(text).has_value());
  }
  std::string many;
  for (int i = 0; i < 32; ++i) many.append("{user}");
  CHECK(core::Template::parse(many).has_value());
  CHECK_FALSE(core::Template::parse(many + "{user}").has_value());
  CHECK_FALSE(core::Template::parse(std::string(5000, 'a')).has_value());
}

TEST_CASE("a template tells what it needs") {
  const auto made = *core::Template::parse("https://x/{{{user}/{claim.a:ascii}");
  CHECK(made.literal_start() == "https://x/{");
  CHECK(made.names() == std::vector<std::string_view>{"user", "claim.a"});
  CHECK_FALSE(made.is_literal());
  CHECK(core::Template::parse("x")->is_literal());
  CHECK(core::Template::parse("{user}x")->literal_start().empty());
}
