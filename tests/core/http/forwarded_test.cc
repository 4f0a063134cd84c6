// The Forwarded field, read and written (RFC 7239).
#include "core/http/forwarded.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace core {
namespace {

/// node/proto of each element, or "malformed".
std::string reading(std::string_view value) {
  const auto elements = parse_forwarded(value);
  if (!elements) {
    CHECK(elements.error().kind == ErrorKind::malformed);
    return "malformed";
  }
  std::string text;
  for (const ForwardedElement& element : *elements)
    text.append(text.empty() ? "" : " | ").append(element.node).append("/").append(element.proto);
  return text;
}

struct Row {
  std::string_view value;
  std::string_view expected;
  std::string_view why;
};

TEST_CASE("elements are read in order, each with what it says") {
  const Row rows[] = {
      {"for=192.0.2.43", "192.0.2.43/", "one"},
      {"for=192.0.2.43, for=198.51.100.17", "192.0.2.43/ | 198.51.100.17/", "RFC 7239 section 4"},
      {"For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711/", "quoted, another case"},
      {"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60/http", "several parameters"},
      {"for=192.0.2.43;proto=https,for=1.1.1.1", "192.0.2.43/https | 1.1.1.1/", "without blanks"},
      {"for=192.0.2.43 ; proto=https ,\tfor=1.1.1.1", "192.0.2.43/https | 1.1.1.1/", "with blanks"},
      {"host=\"a;b,c\";for=1.1.1.1", "1.1.1.1/", "delimiters in quotes"},
      {"for=\"1.1.1.\\1\"", "1.1.1.1/", "a quoted pair"},
      {"proto=https", "/https", "a hop that says no node"},
      {"for=_hidden, for=unknown", "_hidden/ | unknown/", "section 6.2, 6.3"},
      {"for=\"\"", "/", "an empty text is no node"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(reading(row.value) == row.expected);
  }
}

TEST_CASE("F03: what is read differently by different readers is malformed") {
  const Row rows[] = {
      {"", "malformed", "empty"},
      {",", "malformed", "empty elements"},
      {"for=1.1.1.1,", "malformed", "an empty element at the end"},
      {",for=1.1.1.1", "malformed", "one at the front"},
      {"for=1.1.1.1;", "malformed", "an empty parameter"},
      {";for=1.1.1.1", "malformed", "one at the front"},
      {"1.1.1.1", "malformed", "X-Forwarded-For's form"},
      {"for", "malformed", "no value"},
      {"for=", "malformed", "an empty value"},
      {"for =1.1.1.1", "malformed", "a blank before ="},
      {"for= 1.1.1.1", "malformed", "a blank behind ="},
      {"for=1.1.1.1:80", "malformed", "a port needs quotes"},
      {"for=[::1]", "malformed", "brackets need quotes"},
      {"for=1.1.1.1;for=2.2.2.2", "malformed", "a parameter twice"},
      {"for=1.1.1.1;FOR=2.2.2.2", "malformed", "in another case"},
      {"for=1.1.1.1 for=2.2.2.2", "malformed", "no delimiter"},
      {"for=\"1.1.1.1", "malformed", "an open quote"},
      {"for=\"1.1.1.1\\", "malformed", "an open quoted pair"},
      {"for=\"1.1.1.1\"2", "malformed", "something behind a quote"},
      {"for=6.6.6.6;x=\", for=1.1.1.1;host=\"a\"", "malformed",
       "a quote that a client left open swallows what its proxy added"},
      {"for=\"1\x01\"", "malformed", "a control"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(reading(row.value) == row.expected);
  }
  std::string many = "for=1.1.1.1";
  for (std::size_t count = 1; count < kMaxForwardedElements; ++count) many += ", for=1.1.1.1";
  CHECK(parse_forwarded(many).has_value());
  CHECK(reading(many + ", for=1.1.1.1") == "malformed");
  std::string wide = "a0=b";
  for (std::size_t count = 1; count <= kMaxForwardedElements; ++count)
    wide += ";a" + std::to_string(count) + "=b";
  CHECK(reading(wide) == "malformed");
}

TEST_CASE("a node is an address with or without a port, or none") {
  const Row rows[] = {
      {"192.0.2.43", "192.0.2.43", "IPv4"},
      {"192.0.2.43:80", "192.0.2.43", "with a port"},
      {"192.0.2.43:_port", "192.0.2.43", "with a hidden port"},
      {"[2001:db8::1]", "2001:db8::1", "IPv6"},
      {"[2001:db8::1]:65535", "2001:db8::1", "with a port"},
      {"[::ffff:10.0.0.1]", "10.0.0.1", "F05: a mapped address"},
      {"2001:db8::1", "", "IPv6 without brackets"},
      {"[192.0.2.43]", "", "IPv4 in brackets"},
      {"[2001:db8::1", "", "an open bracket"},
      {"[2001:db8::1]x", "", "something behind"},
      {"[2001:db8::1]80", "", "a port without a colon"},
      {"192.0.2.43:", "", "an empty port"},
      {"192.0.2.43:123456", "", "a port of six digits"},
      {"192.0.2.43:8x", "", "a port that is none"},
      {"192.0.2.43:_", "", "a hidden port without a name"},
      {"[fe80::1%eth0]", "", "F05: a zone"},
      {"0x7f.0.0.1", "", "F03: hexadecimal"},
      {"unknown", "", "unknown"},
      {"_hidden", "", "hidden"},
      {"", "", "nothing"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto address = parse_forwarded_node(row.value);
    CHECK((address ? address->text() : "") == row.expected);
  }
}

TEST_CASE("what we write is what we would read") {
  const auto written = [](std::string_view client, std::string_view host) {
    std::string text;
    append_forwarded(text, *IpAddress::parse(client), host);
    const auto elements = parse_forwarded(text);
    REQUIRE(elements.has_value());
    CHECK(parse_forwarded_node(elements->front().node)->text() == client);
    CHECK(elements->front().proto == "https");
    return text;
  };
  CHECK(written("192.0.2.7", "app.test") == "for=192.0.2.7;host=app.test;proto=https");
  CHECK(written("2001:db8::7", "app.test:8443") ==
        "for=\"[2001:db8::7]\";host=\"app.test:8443\";proto=https");
  CHECK(written("192.0.2.7", "[::1]") == "for=192.0.2.7;host=\"[::1]\";proto=https");
  CHECK(written("192.0.2.7", "a\"b\\c") == "for=192.0.2.7;host=\"a\\\"b\\\\c\";proto=https");
}

}  // namespace
}  // namespace core
