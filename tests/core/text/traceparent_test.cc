#include "core/text/traceparent.h"

#include <doctest/doctest.h>

#include <string>

namespace {

const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string written(const core::Traceparent& context) {
  std::array<char, core::kTraceparentBytes> out;
  core::write_traceparent(context, out);
  return {out.data(), out.size()};
}

}  // namespace

TEST_CASE("a traceparent is read, and written the same") {
  const auto context = core::parse_traceparent(kGood);
  REQUIRE(context.has_value());
  CHECK(context->is_sampled);
  CHECK(context->trace[0] == 0x4b);
  CHECK(context->span[7] == 0xb7);
  CHECK(written(*context) == kGood);
  const auto other = core::parse_traceparent(kGood.substr(0, 53) + "00");
  REQUIRE(other.has_value());
  CHECK_FALSE(other->is_sampled);
}

TEST_CASE("flags that nobody knows yet are not passed on") {
  const auto context = core::parse_traceparent(kGood.substr(0, 53) + "ff");
  REQUIRE(context.has_value());
  CHECK(written(*context) == kGood);
}

TEST_CASE("of a version that is not known yet the known part counts") {
  CHECK(core::parse_traceparent("01" + kGood.substr(2)).has_value());
  CHECK(core::parse_traceparent("cc" + kGood.substr(2) + "-what-the-future-brings").has_value());
  CHECK_FALSE(core::parse_traceparent("cc" + kGood.substr(2) + ".what").has_value());
  CHECK_FALSE(core::parse_traceparent("ff" + kGood.substr(2)).has_value());
}

TEST_CASE("whatever is not exactly a traceparent is none") {
  const auto with = [](std::size_t at, std::string_view bytes) {
    std::string changed = kGood;
    return changed.replace(at, bytes.size(), bytes);
  };
  const std::string bad[] = {"",
                             kGood.substr(0, 54),
                             kGood + "-",
                             kGood + " ",
                             " " + kGood,
                             with(0, "0G"),
                             with(3, "4B"),
                             with(2, "_"),
                             with(35, "_"),
                             with(52, "_"),
                             with(53, "0x"),
                             with(3, std::string(32, '0')),
                             with(36, std::string(16, '0')),
                             with(10, std::string_view("\0", 1)),
                             kGood + "," + kGood};
  for (const std::string& value : bad) {
    CAPTURE(value);
    CHECK_FALSE(core::parse_traceparent(value).has_value());
  }
}

TEST_CASE("a tracestate is a list of keys and values, each key once") {
  for (const std::string good :
       {"congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1,\t b=2 , ",
        "fw529a3039@dt=FfAxw+4", "1a@b=x", "a_-*/9=!\"#$%&'()*+-./:;<>?@[]^_`{|}~ x"}) {
    CAPTURE(good);
    CHECK(core::is_tracestate(good));
  }
  std::string many = "k0=v";
  for (int i = 1; i < 32; ++i) many += ",k" + std::to_string(i) + "=v";
  CHECK(core::is_tracestate(many));
  for (const std::string& bad :
       {std::string(), std::string(","), std::string("a"), std::string("a="), std::string("=b"),
        std::string("A=b"), std::string("1a=b"), std::string("a=b=c"), std::string("a=1,a=2"),
        std::string("a=\x01"), std::string("a=\xc3\xbc"), std::string("a@1b=c"), std::string("a@b@c=d"),
        std::string("a =b"), many + ",one=more", "a=" + std::string(257, 'x'), std::string(257, 'a') + "=b",
        "a=" + std::string(200, 'x') + ",b=" + std::string(200, 'x') + ",c=" + std::string(200, 'x')}) {
    CAPTURE(bad);
    CHECK_FALSE(core::is_tracestate(bad));
  }
}
