#include "core/text/json.h"

#include <doctest/doctest.h>

#include <limits>

using core::ErrorKind;
using core::Json;
using core::Side;

namespace {

core::Result<Json> parse(std::string_view text) {
  return Json::parse(text, Side::provider);
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out.append(part);
  return out;
}

}  // namespace

TEST_CASE("a value reads and writes back as it was") {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "1.0",
        "1e+300", "\"\"", "\"a\\\"b\\\\c\\n\\u0001\"", "\"\xC3\xBC\xF0\x9F\x98\x80\"", "[]", "{}",
        "[1,[2,{}],null]", "{\"a\":{\"b\":[true]},\"c\":\"d\"}"}) {
    CAPTURE(text);
    const auto value = parse(text);
    REQUIRE(value.has_value());
    CHECK(value->text() == text);
    CHECK(*parse(value->text()) == *value);
  }
}

TEST_CASE("what is not strict JSON is refused") {
  struct Row {
    std::string_view text;
    const char* why;
  };
  const Row rows[] = {
      {"", "nothing"},
      {" ", "nothing"},
      {"{", "not closed"},
      {"[1,]", "trailing comma"},
      {"{\"a\":1,}", "trailing comma"},
      {"[1 2]", "no comma"},
      {"{a:1}", "no quotes"},
      {"{'a':1}", "other quotes"},
      {"{1:2}", "name is no string"},
      {"1 2", "trailing bytes"},
      {"{}x", "trailing bytes"},
      {"{}{}", "two values"},
      {std::string_view("1\0", 2), "trailing NUL"},
      {std::string_view("\"a\0b\"", 5), "raw NUL"},
      {"\xEF\xBB\xBF{}", "byte order mark"},
      {"// x\n1", "comment"},
      {"/**/1", "comment"},
      {"01", "leading zero"},
      {"+1", "plus"},
      {".5", "no digit before the dot"},
      {"1.", "no digit behind the dot"},
      {"0x10", "hexadecimal"},
      {"NaN", "no number"},
      {"Infinity", "no number"},
      {"1e400", "not finite"},
      {"-1e999999999", "not finite"},
      {"\"\x01\"", "raw control"},
      {"\"\n\"", "raw line end"},
      {"\"\\x41\"", "unknown escape"},
      {"\"\\u12\"", "short escape"},
      {"\"\\ud800\"", "lone high surrogate"},
      {"\"\\udc00\"", "lone low surrogate"},
      {"\"\\ud800\\u0041\"", "half a pair"},
      {"\"\xFF\"", "invalid UTF-8"},
      {"\"\xC0\xAF\"", "overlong UTF-8"},
      {"\"\xED\xA0\x80\"", "encoded surrogate"},
      {"\"abc", "string not closed"},
      {"True", "case"},
      {"{\"a\":1,\"a\":1}", "duplicate name"},
      {"{\"a\":1,\"b\":2,\"\\u0061\":3}", "duplicate name by escape"},
      {"[{\"a\":{\"x\":1,\"y\":2,\"x\":3}}]", "duplicate name inside"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto value = parse(row.text);
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().kind == ErrorKind::malformed);
    CHECK(value.error().side == Side::provider);
  }
}

TEST_CASE("depth, values, bytes and digits are limited") {
  CHECK(parse(repeated("[", 32) + repeated("]", 32)).has_value());
  const auto refused_as_large = [](const std::string& text) {
    const auto value = parse(text);
    return !value.has_value() && value.error().kind == ErrorKind::too_large;
  };
  CHECK(refused_as_large(repeated("[", 33) + repeated("]", 33)));
  CHECK(refused_as_large(repeated("[", 100'000)));
  CHECK(refused_as_large(repeated("{\"a\":", 100'000)));
  CHECK(parse("[" + repeated("0,", 9998) + "0]").has_value());
  CHECK(refused_as_large("[" + repeated("0,", 9999) + "0]"));
  CHECK(refused_as_large("\"" + std::string(1024UL * 1024, 'a') + "\""));
  CHECK_FALSE(parse(std::string(1000, '9') + ".5").has_value());
  CHECK_FALSE(parse("1." + std::string(100'000, '1')).has_value());
  CHECK_FALSE(Json::parse("[[1]]", Side::client, {.bytes = 100, .depth = 1, .values = 100}).has_value());
}

TEST_CASE("a million duplicate names are refused in no time") {
  CHECK_FALSE(parse("{" + repeated("\"a\":1,", 150'000) + "\"a\":1}").has_value());
}

TEST_CASE("an integer beyond 64 bits is a number") {
  const auto value = parse("18446744073709551615");
  REQUIRE(value.has_value());
  CHECK_FALSE(value->as_integer().has_value());
  CHECK(*value->as_number() == doctest::Approx(1.8446744073709552e19));
}

TEST_CASE("getters answer only for their own kind") {
  const auto value = *parse(R"({"s":"x","i":1,"d":1.0,"b":true,"n":null,"a":[1,2],"o":{"k":"v"}})");
  CHECK(value.string_at("s") == "x");
  CHECK(value.integer_at("i") == 1);
  CHECK_FALSE(value.integer_at("d").has_value());
  CHECK(value.find("i")->as_number() == 1.0);
  CHECK(value.boolean_at("b") == true);
  CHECK_FALSE(value.boolean_at("i").has_value());
  CHECK_FALSE(value.string_at("i").has_value());
  CHECK_FALSE(value.string_at("absent").has_value());
  CHECK(value.find("n")->is_null());
  CHECK(value.find("a")->elements().size() == 2);
  CHECK(value.find("a")->members().empty());
  CHECK(value.find("a")->find("k") == nullptr);
  CHECK(value.find("o")->members().size() == 1);
}

TEST_CASE("a dotted path finds members, a literal name with dots first") {
  const auto value =
      *parse(R"({"realm_access":{"roles":["a"]},"a.b":1,"a":{"b":2,"b.c":3},"https://x.y/z":{"w":4}})");
  CHECK(value.at("realm_access.roles")->elements().size() == 1);
  CHECK(value.at("a.b")->as_integer() == 1);
  CHECK(value.at("a.b.c") == nullptr);
  CHECK(value.at("https://x.y/z.w")->as_integer() == 4);
  CHECK(value.at("a.x") == nullptr);
  CHECK(value.at("realm_access.roles.a") == nullptr);
  CHECK(value.at("a..b") == nullptr);
  const std::string names[] = {"a", "b.c"};
  CHECK(value.at(names)->as_integer() == 3);
}

TEST_CASE("values are built, changed and compared") {
  Json value;
  value.set("a", 1);
  value.set("b", "x");
  value.set("a", Json::array({1, "y", Json()}));
  CHECK(value.text() == R"({"a":[1,"y",null],"b":"x"})");
  CHECK(value == *parse(R"({"b":"x","a":[1,"y",null]})"));
  CHECK_FALSE(value == *parse(R"({"b":"x","a":[1,"y"]})"));
  CHECK_FALSE(*parse("1") == *parse("1.0"));
  CHECK_FALSE(*parse("1") == *parse("\"1\""));
  CHECK(Json(std::numeric_limits<double>::quiet_NaN()).text() == "null");
  Json list;
  list.push("a");
  CHECK(list.text() == "[\"a\"]");
  CHECK(Json::object({{"k", Json::object()}}).text() == R"({"k":{}})");
}
