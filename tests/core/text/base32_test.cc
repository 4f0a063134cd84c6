#include "core/text/base32.h"

#include <doctest/doctest.h>

TEST_CASE("the test vectors of RFC 4648 for base32 hold, without their padding") {
  struct Row {
    std::string_view bytes;
    std::string_view text;
  };
  const Row rows[] = {{"", ""},
                      {"f", "MY"},
                      {"fo", "MZXQ"},
                      {"foo", "MZXW6"},
                      {"foob", "MZXW6YQ"},
                      {"fooba", "MZXW6YTB"},
                      {"foobar", "MZXW6YTBOI"}};
  for (const Row& row : rows) {
    CHECK(core::base32_encode(row.bytes) == row.text);
    CHECK(*core::base32_decode(row.text) == row.bytes);
  }
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  CHECK(*core::base32_decode(core::base32_encode(all)) == all);
}

TEST_CASE("base32 that is not the one encoding of its bytes is refused") {
  for (const char* text :
       {"M", "MZX", "MZXW6Y", "MZ", "MZXW6YTBOJ", "my", "MY======", "MZXW 6", "M1", "MZXW6YTBO\xC3"}) {
    CAPTURE(text);
    CHECK_FALSE(core::base32_decode(text).has_value());
  }
}
