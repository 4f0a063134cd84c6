#include "core/text/utf8.h"

#include <doctest/doctest.h>

TEST_CASE("only the shortest form of a character is valid") {
  struct Row {
    std::string_view text;
    bool valid;
    const char* why;
  };
  const Row rows[] = {
      {"", true, "empty"},
      {"az", true, "ASCII"},
      {"\xC2\x80", true, "first of two bytes"},
      {"\xDF\xBF", true, "last of two bytes"},
      {"\xE0\xA0\x80", true, "first of three bytes"},
      {"\xED\x9F\xBF", true, "before the surrogates"},
      {"\xEE\x80\x80", true, "behind the surrogates"},
      {"\xF0\x90\x80\x80", true, "first of four bytes"},
      {"\xF4\x8F\xBF\xBF", true, "the last character"},
      {"\x80", false, "continuation alone"},
      {"\xC1\xBF", false, "overlong"},
      {"\xE0\x9F\xBF", false, "overlong"},
      {"\xF0\x8F\xBF\xBF", false, "overlong"},
      {"\xED\xA0\x80", false, "surrogate"},
      {"\xF4\x90\x80\x80", false, "too large"},
      {"\xF5\x80\x80\x80", false, "too large"},
      {"\xC3", false, "cut"},
      {"\xE2\x82", false, "cut"},
      {"\xC3z", false, "no continuation"},
      {"\xE2\x82z", false, "no continuation"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(core::is_valid_utf8(row.text) == row.valid);
  }
  CHECK(core::decode_utf8("\xF0\x9F\x98\x80").code_point == 0x1F600);
  CHECK(core::decode_utf8("\xE2\x82\xAC").code_point == 0x20AC);
}

TEST_CASE("plain text holds no control character") {
  CHECK(core::is_plain_text("J\xC3\xB6rg M\xC3\xBCller, 1st"));
  for (const std::string_view text : {"a\nb", "a\rb", "a\tb", "\x7F", "\xC2\x85", "\xFF"})
    CHECK_FALSE(core::is_plain_text(text));
  CHECK_FALSE(core::is_plain_text(std::string_view("\0", 1)));
}

TEST_CASE("shown text keeps its length and its direction") {
  CHECK(core::showable_text("a\xE2\x80\xAE"
                            "b\n\xFF",
                            100) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(core::showable_text("\xC3\xBC\xC3\xBC", 3) == "\xC3\xBC");
  CHECK(core::showable_text("abc", 0).empty());
}
