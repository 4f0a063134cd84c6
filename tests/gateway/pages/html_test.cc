#include "gateway/pages/html.h"

#include <doctest/doctest.h>

TEST_CASE("no value leaves the text or the attribute it stands in") {
  struct Row {
    std::string_view input;
    std::string_view expected;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
      {"\" onload=\"x", "&quot; onload=&quot;x"},
      {"a&amp;b", "a&amp;amp;b"},
      {"{user}", "{user}"},
      {"a\xE2\x80\xAE"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"\xFF<", "\xEF\xBF\xBD&lt;"},
      {"\xC3\xBC", "\xC3\xBC"},
      {"a\r\nb\t",
       "a\xEF\xBF\xBD\xEF\xBF\xBD"
       "b\xEF\xBF\xBD"},
  };
  for (const Row& row : rows) CHECK(gateway::escape_html(row.input) == row.expected);
  CHECK(gateway::escape_html(std::string(10'000, '<')).size() ==
        4 * gateway::kMaxShownBytes + std::string_view("…").size());
  CHECK(gateway::escape_html("abc", 2) == "ab…");
}

TEST_CASE("an exact attribute is read as it was given and ends nowhere early") {
  CHECK(gateway::exact_attribute("a\"b'<>&amp;") == "a&quot;b&#39;&lt;&gt;&amp;amp;");
  CHECK(gateway::exact_attribute("\r\n\t\n") == "&#13;&#10;\t&#10;");
  CHECK(gateway::exact_attribute("\xE2\x80\xAE\x01 x ") == "\xE2\x80\xAE\x01 x ");
  CHECK(gateway::exact_attribute(std::string(10'000, 'x')).size() == 10'000);
  CHECK(gateway::exact_attribute("").empty());
}

TEST_CASE("a link leads to a path here or to an http URL") {
  for (const std::string_view good :
       {"/", "/oauth2/start?rd=%2F", "https://id.example.com/x?y=z", "http://a/"}) {
    CAPTURE(good);
    CHECK(gateway::is_page_link(good));
  }
  for (const std::string_view bad : {"", "//e", "/\\e", "/\t/e", "/\n/e", "javascript:alert(1)", "data:x",
                                     "https:e", "https://a@b/", " /", "x", "#"}) {
    CAPTURE(bad);
    CHECK_FALSE(gateway::is_page_link(bad));
  }
}
