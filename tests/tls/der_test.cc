#include "tls/der.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using tls::DerReader;
using tls::is_well_formed_der;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

TEST_CASE("elements are taken one after the other, and nothing after one that is not as asked for") {
  const std::string text = bytes({0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 'x', 0x05, 0x00});
  DerReader reader(text);
  CHECK(reader.sees(tls::der::kSequence));
  DerReader inner = reader.enter(tls::der::kSequence);
  CHECK(inner.integer() == bytes({5}));
  CHECK(inner.whole(tls::der::kOctets) == bytes({0x04, 0x01, 'x'}));
  CHECK(inner.is_done());
  reader.skip();
  CHECK(reader.is_done());
  DerReader wrong(text);
  CHECK(wrong.content(tls::der::kOctets).empty());
  CHECK(wrong.has_failed());
  CHECK(wrong.content(tls::der::kSequence).empty());
  CHECK(wrong.enter(tls::der::kSequence).has_failed());
  CHECK_FALSE(wrong.is_done());
}

TEST_CASE("lengths have one form, tags one byte, and both stay inside of what is there") {
  struct Row {
    std::string text;
    bool is_good;
    const char* why;
  };
  const std::string long_value(200, 'v');
  const std::string longer_value(300, 'v');
  const Row rows[] = {
      {bytes({0x04, 0x00}), true, "nothing in it"},
      {bytes({0x04, 0x02, 'a', 'b'}), true, "two bytes"},
      {bytes({0x04, 0x81, 200}) + long_value, true, "a length of one byte more"},
      {bytes({0x04, 0x82, 1, 44}) + longer_value, true, "of two bytes more"},
      {"", false, "nothing"},
      {bytes({0x04}), false, "no length"},
      {bytes({0x04, 0x02, 'a'}), false, "cut"},
      {bytes({0x04, 0x01, 'a', 'b'}), false, "more behind it"},
      {bytes({0x04, 0x81, 0x02, 'a', 'b'}), false, "a long form of a short length"},
      {bytes({0x04, 0x82, 0, 200}) + long_value, false, "a zero in front of a length"},
      {bytes({0x04, 0x81}), false, "a length that is cut"},
      {bytes({0x04, 0x80, 'a', 0, 0}), false, "without a definite length"},
      {bytes({0x04, 0x84, 0x7f, 0xff, 0xff, 0xff}), false, "of gigabytes"},
      {bytes({0x04, 0xff, 0xff}), false, "of 127 bytes"},
      {bytes({0x1f, 0x20, 0x01, 'a'}), false, "a tag of two bytes"},
      {bytes({0x30, 0x03, 0x04, 0x05, 'a'}), false, "what is inside reaches out"},
      {bytes({0xa0, 0x03, 0x04, 0x01, 'a'}), true, "of the context"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(is_well_formed_der(row.text) == row.is_good);
  }
}

TEST_CASE("an integer has no octet more than it needs") {
  const auto taken = [](std::initializer_list<int> value) {
    const std::string text = bytes({0x02, static_cast<int>(value.size())}) + bytes(value);
    DerReader reader(text);
    reader.integer();
    return reader.is_done();
  };
  CHECK(taken({0}));
  CHECK(taken({0x7f}));
  CHECK(taken({0, 0x80}));
  CHECK(taken({0xff, 0x7f}));
  CHECK_FALSE(taken({}));
  CHECK_FALSE(taken({0, 0}));
  CHECK_FALSE(taken({0, 0x7f}));
  CHECK_FALSE(taken({0xff, 0x80}));
}

TEST_CASE("what is nested too deep is not gone into") {
  const auto nested = [](int depth) {
    std::string text = bytes({0x05, 0x00});
    for (int i = 0; i < depth; ++i) text = bytes({0x30, static_cast<int>(text.size())}) + text;
    return text;
  };
  CHECK(is_well_formed_der(nested(16)));
  CHECK_FALSE(is_well_formed_der(nested(17)));
  std::string deep(100'000, '\x30');
  CHECK_FALSE(is_well_formed_der(deep));
}

}  // namespace
