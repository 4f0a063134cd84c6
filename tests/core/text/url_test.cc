#include "core/text/url.h"

#include <doctest/doctest.h>

TEST_CASE("authorities have one form or are refused") {
  struct Row {
    std::string_view input;
    std::string_view host;  // empty: refused
    int port;
    const char* why;
  };
  const std::string label63(63, 'a');
  const std::string long_label = label63 + "a.example";
  const std::string longest = label63 + "." + label63 + "." + label63 + "." + label63.substr(2);
  const std::string too_long = longest + "a";
  const Row rows[] = {
      {"app.example.com", "app.example.com", 0, "plain"},
      {"APP.Example.COM:8443", "app.example.com", 8443, "case does not matter"},
      {"app.example.com.", "app.example.com", 0, "one trailing dot"},
      {"app.example.com.:443", "app.example.com", 443, "trailing dot and port"},
      {"localhost:1", "localhost", 1, "one label"},
      {"my_host-1", "my_host-1", 0, "underscores are in use"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example", 0, "A-label"},
      {"127.0.0.1:80", "127.0.0.1", 80, "IPv4"},
      {"[::1]:443", "[::1]", 443, "IPv6"},
      {"[2001:DB8:0:0::1]", "[2001:db8::1]", 0, "IPv6 in the form of RFC 5952"},
      {"[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", 0, "mapped IPv4"},
      {longest, longest, 0, "253 bytes"},
      {too_long, "", 0, "254 bytes"},
      {long_label, "", 0, "label of 64 bytes"},
      {"", "", 0, "empty"},
      {".", "", 0, "only a dot"},
      {"a..b", "", 0, "empty label"},
      {".a", "", 0, "empty first label"},
      {"a..", "", 0, "two trailing dots"},
      {"a:", "", 0, "empty port"},
      {"a:b", "", 0, "no number"},
      {":80", "", 0, "no host"},
      {"a:0", "", 0, "port 0"},
      {"a:080", "", 0, "leading zero"},
      {"a:65536", "", 0, "port too large"},
      {"a:99999", "", 0, "port too large"},
      {"a:4294967376", "", 0, "port that wraps around"},
      {"a:80:80", "", 0, "two ports"},
      {"a, b", "", 0, "list"},
      {"a/b", "", 0, "slash"},
      {"u@h", "", 0, "userinfo"},
      {"u:p@h", "", 0, "userinfo with password"},
      {"a#b", "", 0, "fragment"},
      {"a?b", "", 0, "query"},
      {"a b", "", 0, "space"},
      {" a", "", 0, "leading space"},
      {"a\t", "", 0, "tab"},
      {std::string_view("a\0b", 3), "", 0, "NUL"},
      {"a%2eb", "", 0, "percent-encoding"},
      {"a\\b", "", 0, "backslash"},
      {"b\xC3\xBC"
       "cher.example",
       "", 0, "U-label"},
      {"e\xE3\x80\x82own", "", 0, "ideographic full stop"},
      {"[::1", "", 0, "open bracket"},
      {"::1", "", 0, "no brackets"},
      {"[::1]x", "", 0, "text behind the bracket"},
      {"[fe80::1%eth0]", "", 0, "zone"},
      {"[own]", "", 0, "name in brackets"},
      {"[own]@e", "", 0, "name in brackets as userinfo"},
      {"127.1", "", 0, "a browser reads 127.0.0.1"},
      {"2130706433", "", 0, "a browser reads 127.0.0.1"},
      {"0x7f.0.0.1", "", 0, "a browser reads 127.0.0.1"},
      {"0177.0.0.1", "", 0, "a browser reads 127.0.0.1"},
      {"a.0x", "", 0, "a browser takes it for an address and fails"},
      {"256.1.1.1", "", 0, "no address"},
      {"1.2.3.4.5", "", 0, "no address"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input);
    CAPTURE(row.why);
    const auto parsed = core::parse_authority(row.input);
    REQUIRE(parsed.has_value() == !row.host.empty());
    if (!parsed) continue;
    CHECK(parsed->host == row.host);
    CHECK(parsed->port == row.port);
  }
}

TEST_CASE("URLs have one form or are refused") {
  struct Row {
    std::string_view input;
    std::string_view text;  // empty: refused
    const char* why;
  };
  const Row rows[] = {
      {"https://own.example", "https://own.example/", "a path is always there"},
      {"HtTpS://Own.Example:443/a?b=c#d", "https://own.example/a?b=c", "scheme, default port, fragment"},
      {"http://own.example:443/", "http://own.example:443/", "not http's default port"},
      {"http://own.example:80", "http://own.example/", "http's default port"},
      {"https://own.example?x=/y@z", "https://own.example/?x=/y@z", "query without path"},
      {"https://own.example#x", "https://own.example/", "fragment without path"},
      {"https://own.example//e/%2f/../[a]", "https://own.example//e/%2f/../[a]",
       "the path is kept as written"},
      {"https://own.example/?q={\"a\"}|\\%zz", "https://own.example/?q={\"a\"}|\\%zz",
       "a query is any visible text"},
      {"https://e#own", "https://e/", "the host is e"},
      {"https://e?own", "https://e/?own", "the host is e"},
      {"https://[::1]:8443/", "https://[::1]:8443/", "IPv6"},
      {"//e", "", "no scheme"},
      {"///e", "", "no scheme"},
      {"/\\e", "", "no scheme"},
      {"\\\\e", "", "no scheme"},
      {"/%09/e", "", "no scheme"},
      {"https:e", "", "no authority"},
      {"https:/e", "", "no authority"},
      {"https:///e", "", "empty authority"},
      {"http:\\\\e", "", "backslashes"},
      {"https:\\e", "", "backslash"},
      {"https://own@e", "", "userinfo"},
      {"https://own:pw@e", "", "userinfo"},
      {"https://own:443@e", "", "userinfo that looks like a port"},
      {"https://e\\own", "", "backslash in the host"},
      {"https://e\\@own", "", "backslash before userinfo"},
      {"https://own/\\e", "", "backslash in the path"},
      {"https://own%00.e", "", "escape in the host"},
      {"https://own%2f@e", "", "escape in the host"},
      {"https://e\xE3\x80\x82own", "", "full stop that is no dot"},
      {"https://\xEF\xBD\x85", "", "full-width letter"},
      {"javascript:alert(1)", "", "scheme"},
      {"javascript://own/%0aalert(1)", "", "scheme"},
      {"data:text/html,x", "", "scheme"},
      {"vbscript:x", "", "scheme"},
      {"blob:https://own/x", "", "scheme"},
      {"ftp://own/", "", "scheme"},
      {" https://own/", "", "leading space"},
      {"\x01https://own/", "", "leading control"},
      {"\xEF\xBB\xBFhttps://own/", "", "byte order mark"},
      {"https://own/\xE2\x80\x8B", "", "zero-width space"},
      {"ht\ttps://own/", "", "tab that a browser would remove"},
      {"https://o\nwn/", "", "line end that a browser would remove"},
      {"https://own/a b", "", "space"},
      {"https://own/?a b", "", "space in the query"},
      {"https://own/?a\r\nLocation:", "", "line end in the query"},
      {"https://own/#a b", "", "space in the fragment"},
      {"https://own/<", "", "a browser would escape it"},
      {"https://own/%", "", "incomplete escape"},
      {"https://own/%2", "", "incomplete escape"},
      {"https://own/%u0041", "", "no escape"},
      {"https://own:0/", "", "port 0"},
      {"https://own:99999/", "", "port too large"},
      {"https://", "", "nothing"},
      {"", "", "nothing"},
      {".//e", "", "relative"},
      {"?//e", "", "relative"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input);
    CAPTURE(row.why);
    const auto parsed = core::parse_url(row.input);
    REQUIRE(parsed.has_value() == !row.text.empty());
    if (parsed) CHECK(parsed->text() == row.text);
  }
}

TEST_CASE("origins compare by scheme, host and port in use") {
  const auto origin = [](std::string_view text) { return core::parse_url(text)->origin(); };
  CHECK(origin("https://own.example:443/a") == origin("https://OWN.example./b?c"));
  CHECK(origin("https://own.example:8443/") == "https://own.example:8443");
  CHECK(origin("http://own.example/") != origin("https://own.example/"));
  CHECK(origin("https://own.example/") != origin("https://ownXexample/"));
  CHECK(origin("https://own.example/") != origin("https://own.example.e/"));
  CHECK(core::parse_url("http://a/")->effective_port() == 80);
  CHECK(core::parse_url("https://a/")->effective_port() == 443);
  CHECK(core::parse_url("https://a:1/")->effective_port() == 1);
}

TEST_CASE("a URL over the limit is refused as too large") {
  const std::string longest = "https://own/" + std::string(core::kMaxUrlBytes - 12, 'a');
  CHECK(core::parse_url(longest).has_value());
  const auto refused = core::parse_url(longest + "a");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == core::ErrorKind::too_large);
}

TEST_CASE("the normal form of a URL is a fixed point") {
  for (const std::string_view text :
       {"HTTPS://A.B.:443/x?y#z", "http://[::0001]:80", "https://a//b/../c?d"}) {
    const auto once = core::parse_url(text);
    REQUIRE(once.has_value());
    const auto twice = core::parse_url(once->text());
    REQUIRE(twice.has_value());
    CHECK(twice->text() == once->text());
    CHECK(twice->origin() == once->origin());
  }
}

TEST_CASE("the error names the side that the caller named") {
  CHECK(core::parse_url("x", core::Side::provider).error().side == core::Side::provider);
  CHECK(core::parse_authority("a b", core::Side::configuration).error().side == core::Side::configuration);
}
