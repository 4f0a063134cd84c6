#include "core/text/base64.h"

#include <doctest/doctest.h>

using core::Base64;

TEST_CASE("the test vectors of RFC 4648 hold") {
  struct Row {
    std::string_view bytes;
    std::string_view standard;
    std::string_view url;
  };
  const Row rows[] = {
      {"", "", ""},
      {"f", "Zg==", "Zg"},
      {"fo", "Zm8=", "Zm8"},
      {"foo", "Zm9v", "Zm9v"},
      {"foob", "Zm9vYg==", "Zm9vYg"},
      {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
      {"\xFB\xFF\xFE", "+//+", "-__-"},
  };
  for (const Row& row : rows) {
    CHECK(core::base64_encode(row.bytes, Base64::standard) == row.standard);
    CHECK(core::base64url_encode(row.bytes) == row.url);
    CHECK(*core::base64_decode(row.standard, Base64::standard) == row.bytes);
    CHECK(*core::base64url_decode(row.url) == row.bytes);
  }
}

TEST_CASE("text that is not the one encoding of its bytes is refused") {
  struct Row {
    std::string_view text;
    Base64 alphabet;
    const char* why;
  };
  const Row rows[] = {
      {"Zg", Base64::standard, "padding missing"},
      {"Zg=", Base64::standard, "padding too short"},
      {"Zg===", Base64::standard, "padding too long"},
      {"Zm9v====", Base64::standard, "padding for nothing"},
      {"=", Base64::standard, "only padding"},
      {"====", Base64::standard, "only padding"},
      {"Zh==", Base64::standard, "trailing bits"},
      {"Zm9=", Base64::standard, "trailing bits"},
      {"Z===", Base64::standard, "half a byte"},
      {"Zg==Zg==", Base64::standard, "padding in the middle"},
      {"-__-", Base64::standard, "other alphabet"},
      {"Zm9v\n", Base64::standard, "line end"},
      {"Zm 9", Base64::standard, "space"},
      {"Zg==", Base64::url, "padding"},
      {"Z", Base64::url, "half a byte"},
      {"Zh", Base64::url, "trailing bits"},
      {"+//+", Base64::url, "other alphabet"},
      {"Zm9v\xC3", Base64::url, "not ASCII"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(core::base64_decode(row.text, row.alphabet).has_value());
  }
}

TEST_CASE("bytes of every length come back") {
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    for (const auto alphabet : {Base64::standard, Base64::url}) {
      CHECK(*core::base64_decode(core::base64_encode(bytes, alphabet), alphabet) == bytes);
    }
    bytes.push_back(static_cast<char>(length * 37));
  }
}
