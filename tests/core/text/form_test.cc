#include "core/text/form.h"

#include <doctest/doctest.h>

TEST_CASE("parameters come in their order, decoded") {
  const auto form = core::Form::parse("code=a%2Bb&state=x+y&&flag&empty=&n%61me=%C3%BC");
  REQUIRE(form.has_value());
  REQUIRE(form->parameters().size() == 5);
  CHECK(**form->once("code") == "a+b");
  CHECK(**form->once("state") == "x y");
  CHECK(**form->once("flag") == "");
  CHECK(**form->once("name") == "\xC3\xBC");
  CHECK_FALSE(form->once("absent")->has_value());
  CHECK(*form->required("code") == "a+b");
  CHECK_FALSE(form->required("empty").has_value());
  CHECK_FALSE(form->required("absent").has_value());
}

TEST_CASE("a parameter given twice is an error when it is asked for") {
  for (const std::string_view text :
       {"state=a&state=a", "state=a&state[]=b", "state[]=a", "state[0]=a", "state=&%73tate="}) {
    CAPTURE(text);
    const auto form = core::Form::parse(text);
    REQUIRE(form.has_value());
    CHECK_FALSE(form->once("state").has_value());
    CHECK_FALSE(form->required("state").has_value());
  }
  const auto form = core::Form::parse("states=a&state=b");
  CHECK(**form->once("state") == "b");
}

TEST_CASE("an ill-formed form is refused") {
  struct Row {
    std::string_view input;
    const char* why;
  };
  const Row rows[] = {
      {"a=%", "incomplete escape"}, {"a%g1=b", "no digits"},     {"a=b;c=d", "semicolon"},
      {"a=b c", "raw space"},       {"a=\xC3\xBC", "raw UTF-8"}, {"a=%ff", "no UTF-8"},
      {"a=b#c", "fragment"},        {"a=b\r\n", "line end"},     {std::string_view("a=\0", 3), "NUL"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(core::Form::parse(row.input).has_value());
  }
}

TEST_CASE("the number and the size of parameters are limited") {
  std::string text;
  for (std::size_t i = 0; i < core::kMaxFormParameters; ++i) text.append("a=1&");
  CHECK(core::Form::parse(text).has_value());
  const auto many = core::Form::parse(text + "a=1");
  REQUIRE_FALSE(many.has_value());
  CHECK(many.error().kind == core::ErrorKind::too_large);
  CHECK(core::Form::parse(std::string(core::kMaxFormBytes, 'a')).has_value());
  CHECK_FALSE(core::Form::parse(std::string(core::kMaxFormBytes + 1, 'a')).has_value());
}

TEST_CASE("what is written reads back as it was") {
  core::FormWriter writer;
  writer.add("scope", "openid email").add("redirect_uri", "https://a/b?c=d&e").add("x;y", "\xC3\xBC+%");
  CHECK(writer.text() ==
        "scope=openid%20email&redirect_uri=https%3A%2F%2Fa%2Fb%3Fc%3Dd%26e&x%3By=%C3%BC%2B%25");
  const auto form = core::Form::parse(writer.text());
  REQUIRE(form.has_value());
  CHECK(*form->required("scope") == "openid email");
  CHECK(*form->required("redirect_uri") == "https://a/b?c=d&e");
  CHECK(*form->required("x;y") == "\xC3\xBC+%");
}
