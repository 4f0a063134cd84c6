// Requests that two parsers could read differently: each is answered once, nothing of it or behind it reaches
// a handler, and the connection ends. The groups are named after the classes of known attacks.
#include "tests/core/http/support/test_server.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace core {
namespace {

struct Case {
  std::string input;
  int status;
  std::string_view why;
};

constexpr std::string_view kSecond = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n";

std::string with_fields(std::string_view fields) {
  return "POST /first HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n";
}

std::string with_line(std::string_view line) {
  return std::string(line) + "\r\nHost: a\r\n\r\n";
}

/// The one answer, no request seen, and everything behind it unread, whole and byte by byte.
void expect_refused(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    for (const bool bytewise : {false, true}) {
      CAPTURE(one.why);
      CAPTURE(one.input.substr(0, 200));
      CAPTURE(bytewise);
      TestServer server;
      const std::string input = one.input + std::string(kSecond);
      if (bytewise) {
        for (const char byte : input) server.send({&byte, 1});
      } else {
        server.send(input);
      }
      const std::string answer = server.received();
      CHECK(status_of(answer) == one.status);
      CHECK(responses_in(answer) == 1);
      CHECK(answer.find("Connection: close\r\n") != std::string::npos);
      CHECK(server.seen.empty());
      CHECK(server.refused == std::vector<int>{one.status});
      CHECK(server.wire.is_ended);
      server.client_ends();
      CHECK(server.over);
    }
  }
}

TEST_CASE("two body lengths in one request are refused") {
  expect_refused({
      {with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400, "A01"},
      {with_fields("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400, "A01 mirrored"},
      {with_fields("transfer-ENCODING: chunked\r\ncontent-length: 5"), 400, "A01 in another case"},
      {with_fields("Content-Length: 0\r\nTransfer-Encoding: chunked"), 400, "A01 length zero"},
      {with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400, "A02"},
      {with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), 400, "A02"},
      {with_fields("Transfer-Encoding: identity, chunked"), 400, "A02"},
      {with_fields("Transfer-Encoding: chunked, chunked"), 400, "A02"},
      {with_fields("Content-Length: 5\r\nContent-Length: 5"), 400, "A14 equal"},
      {with_fields("Content-Length: 5\r\nContent-Length: 6"), 400, "A14 unequal"},
      {with_fields("Content-Length:\r\nContent-Length: 6"), 400, "A14 empty first"},
      {with_fields("Content-Length: 6\r\nContent-Length:"), 400, "A14 empty last"},
  });
}

TEST_CASE("a transfer coding other than exactly chunked is refused") {
  expect_refused({
      {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "A03"},
      {with_fields("Transfer-Encoding: chunked, gzip"), 400, "A04"},
      {with_fields("Transfer-Encoding: gzip"), 501, "A04"},
      {with_fields("Transfer-Encoding: xchunked"), 501, "A04"},
      {with_fields("Transfer-Encoding: chunked;q=1"), 400, "A04"},
      {with_fields("Transfer-Encoding: ,chunked"), 400, "A05"},
      {with_fields("Transfer-Encoding: chunked,"), 400, "A05"},
      {with_fields("Transfer-Encoding: \x0b"
                   "chunked"),
       400, "A05"},
      {with_fields("Transfer-Encoding: chunked\x0c"), 400, "A05"},
      {with_fields("Transfer-Encoding: \xa0"
                   "chunked"),
       400, "A05"},
      {with_fields("Transfer-Encoding: \"chunked\""), 400, "A05"},
      {with_fields("Transfer-Encoding: chunk"), 501, "A05"},
      {with_fields("Transfer-Encoding:"), 400, "A05"},
      {with_fields("Transfer-Encoding: chunked\r\n Content-Length: 5"), 400, "A05 folded"},
  });
}

TEST_CASE("white space and line ends that only some parsers accept are refused") {
  expect_refused({
      {with_fields("Content-Length : 5"), 400, "A06"},
      {with_fields("Transfer-Encoding\t: chunked"), 400, "A06"},
      {"POST / HTTP/1.1\r\n Content-Length: 5\r\nHost: a\r\n\r\n", 400, "A06 first field"},
      {with_fields("Content-Length\x85: 5"), 400, "A06"},
      {with_fields("X: a\r\n Transfer-Encoding: chunked"), 400, "A07"},
      {with_fields("X: a\r\n\tb"), 400, "A07"},
      {"\r\n X: a\r\n\r\n", 400, "A07"},
      {"GET / HTTP/1.1\nHost: a\n\n", 400, "A08 line feeds alone"},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "A08"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "A08"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\rZ\r\n\r\n", 400, "A08"},
      {with_fields("X: a\rb"), 400, "A08"},
      {with_fields("X: a\r"), 400, "A08"},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "two empty lines"},
      {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a bare empty line"},
      {with_fields(": x"), 400, "A17"},
      {with_fields(":"), 400, "A17"},
      {with_fields("Te\nst: x"), 400, "A30"},
      {with_fields("Content-Length 10"), 400, "A30"},
      {with_fields("Transfer-\r\nEncoding: chunked"), 400, "A30"},
      {with_fields("X(Y): 1"), 400, "a delimiter in a name"},
  });
}

TEST_CASE("a Content-Length that is not plain digits is refused") {
  std::vector<Case> cases;
  for (const std::string_view value :
       {"+5", "-1", "0x10", "5,", "5, 5", "5, 6", "", " ", "1Z", "1_0", "5 5", "5.0", "18446744073709551616",
        "9223372036854775808", "99999999999999999999"}) {
    cases.push_back({with_fields("Content-Length: " + std::string(value)), 400, "A13"});
  }
  expect_refused(cases);
}

TEST_CASE("NUL and other controls are refused wherever they stand") {
  using namespace std::string_literals;
  expect_refused({
      {with_fields("X: a\0b"s), 400, "A18 value"},
      {with_fields("X\0: a"s), 400, "A18 name"},
      {with_line("GET /a\0b HTTP/1.1"s), 400, "A18 target"},
      {"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"s, 400, "A18 Host"},
      {with_fields("X: a\x7f"), 400, "DEL"},
      {with_fields("X: a\x1b[31m"), 400, "ESC"},
      {"\x16\x03\x01\x02", 400, "a TLS handshake"},
  });
}

TEST_CASE("request lines that are read differently by others are refused") {
  expect_refused({
      {with_line("GET /a b HTTP/1.1"), 400, "A24"},
      {with_line("GET  / HTTP/1.1"), 400, "A24"},
      {with_line("GET\t/ HTTP/1.1"), 400, "A24"},
      {with_line("G@T / HTTP/1.1"), 400, "A24"},
      {with_line("GET / HTTP/1.10"), 400, "A24"},
      {with_line("GET / HTTP/4294967297.1"), 400, "A24"},
      {with_line("GET / HTTP/2.0"), 505, "A24"},
      {with_line("GET / HTTP/1.2"), 505, "another minor version"},
      {with_line("GET / http/1.1"), 400, "lower case"},
      {with_line("GET /"), 400, "A24 HTTP/0.9"},
      {with_line("GET / HTTP/1.1 "), 400, "trailing blank"},
      {with_line("PRI * HTTP/2.0"), 505, "A24"},
      {with_line(" GET / HTTP/1.1"), 400, "leading blank"},
      {with_line("GET /a#b HTTP/1.1"), 400, "fragment"},
      {with_line("GET /\xc3\xa4 HTTP/1.1"), 400, "raw UTF-8"},
      {with_line("CONNECT a:443 HTTP/1.1"), 501, "C04"},
      {with_line("GET * HTTP/1.1"), 400, "asterisk"},
      {with_line("THISMETHODISFARTOOLONGFORANYBODYATALL / HTTP/1.1"), 501, "method"},
  });
}

TEST_CASE("targets in absolute-form are refused unless they name the Host") {
  expect_refused({
      {with_line("GET @a:80/ HTTP/1.1"), 400, "G13"},
      {with_line("GET @x HTTP/1.1"), 400, "G13"},
      {with_line("GET http://u@a/ HTTP/1.1"), 400, "G13"},
      {with_line("GET http://a?x HTTP/1.1"), 400, "G13"},
      {with_line("GET http://other/ HTTP/1.1"), 400, "G13"},
      {with_line("GET https:///x HTTP/1.1"), 400, "G13"},
      {with_line("GET ftp://a/ HTTP/1.1"), 400, "another scheme"},
      {with_line("GET a HTTP/1.1"), 400, "no slash"},
  });
}

TEST_CASE("a Host that is absent, repeated or malformed is refused") {
  std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\n\r\n", 400, "H06 none"},
      {"GET / HTTP/1.0\r\n\r\n", 400, "H06 none in 1.0"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "H04 twice"},
      {"GET / HTTP/1.1\r\nHost: " + std::string(256, 'a') + "\r\n\r\n", 400, "too long"},
  };
  for (const std::string_view host : {"",    "a, b",        "a/b",   "a@b",  "a#b",      "a?b",  "a b",
                                      "a:b", "a:99999",     "a:",    "a:0",  ":80",      "[::1", "[::1]x",
                                      "[]",  "[127.0.0.1]", "a%2eb", "a\\b", "\xc3\xa4", ".a"}) {
    cases.push_back({"GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n", 400, "H04"});
  }
  expect_refused(cases);
}

TEST_CASE("expectations and upgrades that cannot be kept are refused") {
  expect_refused({
      {with_fields("Expect: 200-maybe"), 417, "unknown expectation"},
      {with_fields("Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 50"), 400, "C02"},
      {with_fields("Upgrade: websocket\r\nConnection: upgrade\r\nTransfer-Encoding: chunked"), 400, "C02"},
      {with_fields("Connection: " + std::string(80, ',')), 400, "an endless Connection"},
      {with_fields("Connection: a b"), 400, "no token"},
  });
}

TEST_CASE("heads over the limits are refused before they are complete") {
  const std::string long_name(70'000, 'x');
  std::string many;
  for (int i = 0; i < 129; ++i) many += "X: y\r\n";
  TestServer defaults;
  const std::size_t uri = defaults.limits.uri_bytes;
  expect_refused({
      {with_line("GET /" + std::string(uri, 'a') + " HTTP/1.1"), 414, "O04"},
      {"GET /" + std::string(uri + 200, 'a'), 414, "O04, no end in sight"},
      {with_fields(long_name + "content-length0: 5"), 431, "A15"},
      {with_fields("X-Auth-Request-User" + long_name + ": a"), 431, "A16"},
      {with_fields("X: " + long_name), 431, "a long value"},
      {with_fields(many + "X: y"), 431, "too many fields"},
  });
}

}  // namespace
}  // namespace core
