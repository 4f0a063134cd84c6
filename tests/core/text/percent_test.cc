#include "core/text/percent.h"

#include <doctest/doctest.h>

TEST_CASE("what may stay raw depends on where the text goes") {
  CHECK(core::percent_encode("a b/c?d&e=\xC3\xBC~") == "a%20b%2Fc%3Fd%26e%3D%C3%BC~");
  CHECK(core::percent_encode("/a b/c?d:@", core::Unescaped::path) == "/a%20b/c%3Fd:@");
  CHECK(core::percent_encode("J\xC3\xB6rg 100%", core::Unescaped::printable) == "J%C3%B6rg 100%25");
  CHECK(core::percent_encode(std::string_view("\0", 1), core::Unescaped::path) == "%00");
}

TEST_CASE("decoding undoes encoding for every byte") {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const auto set : {core::Unescaped::unreserved, core::Unescaped::path, core::Unescaped::printable}) {
    const auto back = core::percent_decode(core::percent_encode(all, set));
    REQUIRE(back.has_value());
    CHECK(*back == all);
  }
}

TEST_CASE("an incomplete escape is refused") {
  for (const std::string_view text : {"%", "a%", "%4", "%4g", "%g4", "%%41", "%u0041", "% 1"}) {
    CAPTURE(text);
    CHECK_FALSE(core::percent_decode(text).has_value());
  }
  CHECK(*core::percent_decode("%2B+%2b") == "+++");
}
