#include "gateway/pages/page_template.h"

#include <doctest/doctest.h>

using gateway::PageSlot;
using gateway::PageTemplate;
using gateway::PageValues;

TEST_CASE("placeholders are filled and other braces stay") {
  const auto page =
      PageTemplate::parse("<style>body{margin:0} a{ }</style>{heading}, {user}{user}!{{title}} { {} {A} {1}");
  REQUIRE(page.has_value());
  PageValues values;
  values[PageSlot::heading] = "H";
  values[PageSlot::user] = "{title}";
  values[PageSlot::title] = "T";
  CHECK(page->fill(values) == "<style>body{margin:0} a{ }</style>H, {title}{title}!{T} { {} {A} {1}");
}

TEST_CASE("every slot has its placeholder") {
  for (std::size_t i = 0; i < gateway::kPageSlots; ++i) {
    const auto slot = static_cast<PageSlot>(i);
    PageValues values;
    values[slot] = "value";
    const auto page = PageTemplate::parse(std::string("<{").append(name_of(slot)).append("}>"));
    REQUIRE(page.has_value());
    CHECK(page->fill(values) == "<value>");
  }
}

TEST_CASE("an unknown placeholder is named with its line") {
  const auto page = PageTemplate::parse("<p>\n\n{usr}</p>");
  REQUIRE_FALSE(page.has_value());
  CHECK(page.error().text.contains("line 3"));
  CHECK(page.error().text.contains("{usr}"));
  CHECK(page.error().text.contains("user, provider"));
  CHECK_FALSE(PageTemplate::parse("\xFF").has_value());
}

TEST_CASE("the policy allows the page's own styles by their hash and never a script") {
  // printf 'a{}' | openssl dgst -sha256 -binary | base64
  const auto page = PageTemplate::parse("<style>a{}</style><script>x</script><style media=print>a{}</style>");
  const std::string hash = "'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='";
  const std::string strict = page->policy(PageTemplate::Loads::nothing, "");
  CHECK(strict == "default-src 'none'; style-src " + hash + " " + hash +
                      "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
  const std::string wide = page->policy(PageTemplate::Loads::images_and_files, "https://id.example.com");
  CHECK(wide.contains("img-src 'self' data:"));
  CHECK(wide.contains("form-action 'self' https://id.example.com;"));
  CHECK_FALSE(wide.contains("script"));
  CHECK(PageTemplate::parse("x")->policy(PageTemplate::Loads::nothing, "").contains("style-src 'none'"));
}
