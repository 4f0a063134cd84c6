#include "core/crypto/session_key.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

TEST_CASE("a generated key reads back and no two are the same") {
  const core::Secret first = core::generate_session_key();
  const core::Secret second = core::generate_session_key();
  CHECK(first.reveal().size() == 44);
  CHECK(first.reveal() != second.reveal());
  const auto key = core::parse_session_key(first.reveal());
  REQUIRE(key.has_value());
  CHECK(key->reveal().size() == 32);
}

TEST_CASE("both alphabets, padding or none and a file's line end give the same key") {
  const std::string expected = "\xfb\xff\xbe" + std::string(28, 'a') + "\xff";
  for (const std::string text :
       {"+/++YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYf8=", "+/++YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYf8",
        "-_--YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYf8", "-_--YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYf8=\r\n",
        "  +/++YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYf8=\n\n"}) {
    const auto key = core::parse_session_key(text);
    REQUIRE(key.has_value());
    CHECK(key->reveal() == expected);
  }
}

TEST_CASE("what is not 32 bytes in base64 is refused without being quoted") {
  struct Row {
    std::string text;
    std::string_view why;
  };
  const std::vector<Row> rows = {
      {"", "empty"},
      {" \n", "only white space"},
      {"c2hvcnQ", "5 bytes"},
      {"AQIDBAUGBwgJCgsMDQ4PEA==", "16 bytes, standard padding"},
      {"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=AQID", "text behind the padding"},
      {"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh", "33 bytes"},
      {"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyB", "non-zero bits behind the last byte"},
      {"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH y=", "a space inside"},
      {"+_IDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "both alphabets"},
      {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "all zero"},
      {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "hexadecimal: 48 bytes as base64"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto key = core::parse_session_key(row.text);
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().side == core::Side::configuration);
    if (row.text.size() > 4) CHECK(key.error().text.find(row.text) == std::string::npos);
  }
}

}  // namespace
