#include "core/text/cookie.h"

#include <doctest/doctest.h>

#include <string>

namespace {

std::string list(std::string_view field) {
  std::string out;
  core::CookieReader reader(field);
  while (const auto pair = reader.next()) {
    if (!pair->is_blank()) out.append("<").append(pair->name).append("|").append(pair->value).append(">");
  }
  return out;
}

std::string stripped(std::string_view field) {
  std::string scratch;
  const auto is_ours = [](std::string_view name) { return name == "__Host-g" || name == "__Host-g.1"; };
  return std::string(core::without_cookies(field, is_ours, scratch));
}

}  // namespace

TEST_CASE("a Cookie field is read as pairs") {
  struct Row {
    std::string_view field;
    std::string_view expected;
    const char* why;
  };
  const Row rows[] = {
      {"a=1; b=2", "<a|1><b|2>", "usual"},
      {"a=1;b=2", "<a|1><b|2>", "no space"},
      {"a=b=c", "<a|b=c>", "the first = counts"},
      {" \ta = 1 \t; b=2", "<a|1><b|2>", "white space"},
      {"a=\"x y\"; b=", "<a|\"x y\"><b|>", "quotes are part of the value"},
      {"a=\"x; b=y\"", "<a|\"x><b|y\">", "quotes protect nothing"},
      {"", "", "empty"},
      {";", "", "separators only"},
      {"; ;a", "<|a>", "no ="},
      {"=", "<|>", "no name"},
      {"=x", "<|x>", "no name"},
      {"a=b;;", "<a|b>", "trailing separators"},
      {"a,b=c", "<a,b|c>", "a comma is a byte"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(list(row.field) == row.expected);
  }
}

TEST_CASE("a cookie is found by its exact name only") {
  struct Row {
    std::string_view field;
    std::size_t count;
    const char* why;
  };
  const Row rows[] = {
      {"__Host-g=x", 1, "the name"},
      {"a=1; __Host-g=x; __Host-g=y", 2, "both are counted"},
      {"\xE2\x80\x80__Host-g=x", 0, "U+2000 is part of the name"},
      {"\xC2\x85__Host-g=x", 0, "U+0085 is part of the name"},
      {"\xC2\xA0__Host-g=x", 0, "U+00A0 is part of the name"},
      {"\xE2\x80\x80 __Host-g=x", 0, "and so is the space behind it"},
      {"\x0B__Host-g=x", 0, "vertical tab is no white space here"},
      {"__host-g=x", 0, "case"},
      {"\"__Host-g\"=x", 0, "quoted name"},
      {"__Host-g", 0, "no ="},
      {"__Host-g.1=x", 0, "longer name"},
      {"a=__Host-g=x", 0, "inside a value"},
      {"$Version=1; __Host-g=x", 1, "the old syntax is a cookie of that name"},
      {"$Version=1,__Host-g=x", 0, "a comma separates nothing"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(core::find_cookie(row.field, "__Host-g").count == row.count);
  }
  CHECK(core::find_cookie("__Host-g=x; __Host-g=y", "__Host-g").first == "x");
}

TEST_CASE("our cookies are found behind many foreign ones") {
  std::string field;
  for (int i = 0; i < 10'000; ++i) field.append("c").append(std::to_string(i)).append("=v; ");
  field.append("__Host-g=x");
  CHECK(core::find_cookie(field, "__Host-g").first == "x");
  CHECK(stripped(field).size() == field.size() - std::string_view("; __Host-g=x").size());
}

TEST_CASE("our cookies are removed and every other byte stays") {
  struct Row {
    std::string_view field;
    std::string_view expected;
  };
  const Row rows[] = {
      {"a=1; b=2", "a=1; b=2"},
      {"a=1; __Host-g=x; b=2", "a=1; b=2"},
      {"__Host-g=x; a=1", "a=1"},
      {"a=1; __Host-g=x", "a=1"},
      {"a=1;__Host-g=x;b=2;  c", "a=1;b=2;  c"},
      {"__Host-g=x", ""},
      {"__Host-g=x;", ""},
      {" ; __Host-g=x ; ", ""},
      {"__Host-g=x; __Host-g.1=y; a=\"1; 2\"; ", "a=\"1; 2\"; "},
      {"a=1; __Host-g=x;; b=2", "a=1;; b=2"},
      {";a=1; __Host-g=x", ";a=1"},
      {"; ;a", "; ;a"},
      {"=; __Host-g=x", "="},
      {"\xE2\x80\x80__Host-g=x", "\xE2\x80\x80__Host-g=x"},
      {"__Host-g; a=1", "__Host-g; a=1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    CHECK(stripped(row.field) == row.expected);
  }
}

TEST_CASE("a field without our cookies is not copied") {
  const std::string_view field = "a=1; b=2";
  std::string scratch;
  const auto never = [](std::string_view) { return false; };
  CHECK(core::without_cookies(field, never, scratch).data() == field.data());
  CHECK(scratch.empty());
}

TEST_CASE("the name that a Set-Cookie sets is the text before the first =") {
  CHECK(core::set_cookie_name("__Host-g=x; Path=/") == "__Host-g");
  CHECK(core::set_cookie_name(" \t__Host-g =x") == "__Host-g");
  CHECK(core::set_cookie_name("a; b=c").empty());
  CHECK(core::set_cookie_name("=x").empty());
  CHECK(core::set_cookie_name("").empty());
}

TEST_CASE("a Set-Cookie is written with its flags") {
  core::SetCookie cookie{.name = "__Host-g", .value = "abc", .domain = {}, .max_age = std::chrono::hours(12)};
  CHECK(cookie.text() == "__Host-g=abc; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax");
  CHECK(core::SetCookie::removal(cookie).text() ==
        "__Host-g=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
  const core::SetCookie wide{.name = "__Secure-g",
                             .value = "abc",
                             .path = "/oauth2",
                             .domain = "example.com",
                             .max_age = std::nullopt,
                             .same_site = core::SameSite::none};
  CHECK(wide.text() == "__Secure-g=abc; Path=/oauth2; Domain=example.com; Secure; HttpOnly; SameSite=None");
}
