#include "core/text/protobuf.h"

#include <doctest/doctest.h>

#include <string>

namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0x0fU]);
  }
  return text;
}

}  // namespace

TEST_CASE("fields are as the encoding's own examples have them") {
  std::string out;
  core::ProtobufWriter writer(out);
  writer.number(1, 150);
  CHECK(hex(out) == "089601");
  out.clear();
  writer.bytes(2, "testing");
  CHECK(hex(out) == "120774657374696e67");
  out.clear();
  writer.message(3, [](core::ProtobufWriter& inner) { inner.number(1, 150); });
  CHECK(hex(out) == "1a03089601");
  out.clear();
  writer.fixed32(16, 0x01020304);
  CHECK(hex(out) == "850104030201");
  out.clear();
  writer.fixed64(1, 0x0102030405060708);
  CHECK(hex(out) == "090807060504030201");
  out.clear();
  writer.number(1, 0xffffffffffffffff);
  CHECK(hex(out) == "08ffffffffffffffffff01");
}

TEST_CASE("a long message within messages bears its length, and what was there stays in front") {
  std::string out = "before";
  core::ProtobufWriter writer(out);
  writer.message(1, [](core::ProtobufWriter& outer) {
    outer.message(2, [](core::ProtobufWriter& inner) { inner.bytes(3, std::string(300, 'x')); });
  });
  CHECK(out.starts_with("before"));
  // 300 bytes, with a tag and a length of two bytes each around them: 303, then 306.
  CHECK(hex(out.substr(6, 9)) == "0ab20212af021aac02");
  CHECK(out.size() == 6 + 309);
}
