// PROXY headers: what is one, what is none, and what is neither.
#include "core/net/proxy_protocol.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace core {
namespace {

using State = ProxyReading::State;
using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

/// A header of version 2: command and block as the wire has them, and a true length.
std::string version2(char command, char block, const std::string& rest) {
  std::string header = kSignature + command + block;
  header += static_cast<char>(rest.size() >> 8U);
  header += static_cast<char>(rest.size() & 0xffU);
  return header + rest;
}

std::string tlv(char type, const std::string& value) {
  std::string text(1, type);
  text += static_cast<char>(value.size() >> 8U);
  text += static_cast<char>(value.size() & 0xffU);
  return text + value;
}

const std::string kEnds4 = "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdf\x02\x01\xbb"s;
const std::string kEnds6 =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\xdf\x02\x01\xbb"s;
const std::string kMappedEnds6 =
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x00\x00\x01\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x00\x00\x02\x00\x01\x00\x02"s;

/// "source > destination", "own addresses", "absent", "more", or "malformed".
std::string outcome_of(std::string_view bytes) {
  const ProxyReading reading = read_proxy_header(bytes);
  switch (reading.state) {
    case State::needs_more:
      return "more";
    case State::absent:
      return "absent";
    case State::malformed:
      CHECK_FALSE(reading.why.empty());
      return "malformed";
    case State::complete:
      break;
  }
  if (!reading.header.ends) return "own addresses";
  return reading.header.ends->source.text() + " > " + reading.header.ends->destination.text();
}

struct Row {
  std::string bytes;
  std::string expected;
  std::string_view why;
};

TEST_CASE("version 1 in its one spelling says both ends") {
  const Row rows[] = {
      {"PROXY TCP4 192.0.2.1 198.51.100.2 57090 443\r\n", "192.0.2.1:57090 > 198.51.100.2:443", "plain"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
       "255.255.255.255:65535 > 255.255.255.255:65535", "the largest of everything"},
      {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0 > 0.0.0.0:0", "the smallest of everything"},
      {"PROXY TCP6 2001:db8::1 2001:DB8::2 1 2\r\n", "[2001:db8::1]:1 > [2001:db8::2]:2", "IPv6"},
      {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
       "65535\r\n",
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 > [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
       "the longest that is one"},
      {"PROXY TCP6 ::ffff:10.0.0.1 ::ffff:10.0.0.2 1 2\r\n", "10.0.0.1:1 > 10.0.0.2:2",
       "F05: a mapped address is the IPv4 address"},
      {"PROXY UNKNOWN\r\n", "own addresses", "the shortest"},
      {"PROXY UNKNOWN ffff::1 ::2 1 2\r\n", "own addresses", "what follows is ignored"},
      {"PROXY UNKNOWN \0\xff junk\r\n"s, "own addresses", "F09: also if it is junk"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(outcome_of(row.bytes) == row.expected);
  }
}

TEST_CASE("F15: nothing near version 1 is version 1") {
  const std::string long_unknown = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";  // 107 bytes
  CHECK(long_unknown.size() == kMaxProxyV1Bytes);
  CHECK(outcome_of(long_unknown) == "own addresses");
  const Row rows[] = {
      {"PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", "malformed", "108 bytes"},
      {"PROXY UNKNOWN " + std::string(92, 'x'), "malformed", "no end in 106 bytes"},
      {"PROXY UNKNOWN " + std::string(4000, 'x'), "malformed", "no end at all"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n", "malformed", "a port too large"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n", "malformed", "a sign"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n", "malformed", "another sign"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 080 443\r\n", "malformed", "a leading zero"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1e3 443\r\n", "malformed", "an exponent"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 0x50 443\r\n", "malformed", "hexadecimal"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 443\r\n", "malformed", "a port missing"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2\r\n", "malformed", "both ports missing"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n", "malformed", "an empty port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n", "malformed", "a field more"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n", "malformed", "a blank at the end"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n", "malformed", "LF alone"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\r\n", "malformed", "CR CR LF"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1\r2\r\n", "malformed", "CR inside"},
      {"PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "malformed", "two blanks"},
      {"PROXY TCP4\t192.0.2.1 198.51.100.2 1 2\r\n", "malformed", "a tab"},
      {"PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n", "malformed", "octal to some"},
      {"PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n", "malformed", "three numbers"},
      {"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "malformed", "IPv6 as TCP4"},
      {"PROXY TCP4 ::ffff:1.2.3.4 ::ffff:1.2.3.5 1 2\r\n", "malformed", "a mapped address as TCP4"},
      {"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n", "malformed", "IPv4 as TCP6"},
      {"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n", "malformed", "F05: a zone"},
      {"PROXY TCP6 [2001:db8::1] [2001:db8::2] 1 2\r\n", "malformed", "brackets"},
      {"PROXY TCP4 192.0.2.1\0 198.51.100.2 1 2\r\n"s, "malformed", "NUL"},
      {"PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n", "malformed", "lower case"},
      {"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n", "malformed", "no stream"},
      {"PROXY UNKNOWNS\r\n", "malformed", "a longer word"},
      {"PROXY \r\n", "malformed", "nothing"},
      {"PROXY / HTTP/1.1\r\n", "malformed", "a request with that method"},
      {"proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "absent", "lower case"},
      {"PROXY\tTCP4 192.0.2.1 198.51.100.2 1 2\r\n", "absent", "a tab behind the signature"},
      {" PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "absent", "a blank in front"},
      {"PRI * HTTP/2.0\r\n", "absent", "another protocol that begins alike"},
      {"GET / HTTP/1.1\r\n", "absent", "a request"},
      {"\x16\x03\x01\x02\x00\x01", "absent", "a ClientHello"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(outcome_of(row.bytes) == row.expected);
  }
}

TEST_CASE("version 2 says both ends, and its TLVs are skipped") {
  const std::string any(300, '\xfe');
  const Row rows[] = {
      {version2('\x21', '\x11', kEnds4), "192.0.2.1:57090 > 198.51.100.2:443", "IPv4"},
      {version2('\x21', '\x21', kEnds6), "[2001:db8::1]:57090 > [2001:db8::2]:443", "IPv6"},
      {version2('\x21', '\x21', kMappedEnds6), "10.0.0.1:1 > 10.0.0.2:2", "F05: mapped addresses"},
      {version2('\x21', '\x11', kEnds4 + tlv('\x04', "") + tlv('\xea', any)),
       "192.0.2.1:57090 > 198.51.100.2:443", "F14: TLVs of any bytes"},
      {version2('\x21', '\x11', kEnds4 + tlv('\x20', "\x01\0\0\0\0"s + tlv('\x21', "TLSv1.3"))),
       "192.0.2.1:57090 > 198.51.100.2:443", "what the balancer's TLS was"},
      {version2('\x20', '\x00', ""), "own addresses", "LOCAL"},
      {version2('\x20', '\x11', kEnds4), "own addresses", "F09: LOCAL with addresses"},
      {version2('\x20', '\x7f', any), "own addresses", "F09: LOCAL with junk"},
      {version2('\x21', '\x00', ""), "own addresses", "UNSPEC"},
      {version2('\x21', '\x00', any), "own addresses", "UNSPEC with junk"},
      {version2('\x21', '\x31', std::string(216, '/')), "own addresses", "F09: a Unix socket"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(outcome_of(row.bytes) == row.expected);
  }
}

TEST_CASE("F09 F10: lengths, families and commands that are none end the connection") {
  const Row rows[] = {
      {version2('\x22', '\x11', kEnds4), "malformed", "an unknown command"},
      {version2('\x2f', '\x11', kEnds4), "malformed", "another"},
      {version2('\x11', '\x11', kEnds4), "malformed", "version 1 in binary"},
      {version2('\x31', '\x11', kEnds4), "malformed", "version 3"},
      {version2('\x01', '\x11', kEnds4), "malformed", "no version"},
      {version2('\x21', '\x41', kEnds4), "malformed", "an unknown family"},
      {version2('\x21', '\x12', kEnds4), "malformed", "UDP over IPv4"},
      {version2('\x21', '\x22', kEnds6), "malformed", "UDP over IPv6"},
      {version2('\x21', '\x32', std::string(216, '/')), "malformed", "Unix datagrams"},
      {version2('\x21', '\x10', kEnds4), "malformed", "IPv4 over nothing"},
      {version2('\x21', '\x13', kEnds4), "malformed", "an unknown transport"},
      {version2('\x21', '\x21', kEnds4), "malformed", "IPv4's length for IPv6"},
      {version2('\x21', '\x21', kEnds6.substr(1)), "malformed", "one byte short of IPv6"},
      {version2('\x21', '\x31', std::string(215, '/')), "malformed", "one byte short of a Unix socket"},
      {version2('\x21', '\x11', kEnds4 + "\x04"s), "malformed", "a TLV of one byte"},
      {version2('\x21', '\x11', kEnds4 + "\x04\x00"s), "malformed", "a TLV of two bytes"},
      {version2('\x21', '\x11', kEnds4 + "\x04\x00\x01"s), "malformed", "a TLV beyond the end"},
      {version2('\x21', '\x11', kEnds4 + "\x04\xff\xff"s + "x"), "malformed", "a TLV far beyond the end"},
      {version2('\x21', '\x11', kEnds4 + tlv('\x20', "\x01\0\0\0"s)), "malformed", "an SSL TLV of 4 bytes"},
      {version2('\x21', '\x11', kEnds4 + tlv('\x05', std::string(4096, 'x'))), "malformed", "too long"},
      {version2('\x20', '\x00', std::string(65535, '\0')), "malformed", "LOCAL, too long"},
      {kSignature + "\x21\x11\xff\xff"s, "malformed", "too long, seen before it comes"},
      {"\r\n\r\n\0\r\nQUIT\r"s, "absent", "almost the signature"},
      {"\r\nGET / HTTP/1.1\r\n", "absent", "an empty line before a request"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(outcome_of(row.bytes) == row.expected);
  }
  for (std::size_t size = 0; size < 12; ++size) {
    CAPTURE(size);
    CHECK(outcome_of(version2('\x21', '\x11', kEnds4.substr(0, size))) == "malformed");
  }
  const std::string largest = version2(
      '\x21', '\x11', kEnds4 + tlv('\xea', std::string(kMaxProxyV2Bytes - 16 - kEnds4.size() - 3, 'x')));
  CHECK(largest.size() == kMaxProxyV2Bytes);
  CHECK(outcome_of(largest) == "192.0.2.1:57090 > 198.51.100.2:443");
}

TEST_CASE("a header is the same wherever it is split, and knows where it ends") {
  const std::string headers[] = {
      "PROXY TCP4 192.0.2.1 198.51.100.2 57090 443\r\n",
      "PROXY UNKNOWN anything\r\n",
      version2('\x21', '\x11', kEnds4 + tlv('\x04', "xyz")),
      version2('\x21', '\x21', kEnds6),
      version2('\x20', '\x00', "junk"),
  };
  for (const std::string& header : headers) {
    for (std::size_t size = 0; size < header.size(); ++size)
      CHECK(outcome_of(std::string_view(header).substr(0, size)) == "more");
    for (const std::string& behind : {""s, "\x16\x03\x01"s, header, "\r\n"s}) {
      const ProxyReading reading = read_proxy_header(header + behind);
      CHECK(reading.state == State::complete);
      CHECK(reading.size == header.size());
    }
  }
}

TEST_CASE("a header that is written is read again, whatever its families") {
  const auto end = [](std::string_view ip, std::uint16_t port) {
    return Endpoint{*IpAddress::parse(ip), port, {}};
  };
  struct Row {
    Endpoint source;
    Endpoint destination;
    std::size_t size;
  };
  for (const Row& row : {Row{end("192.0.2.1", 57090), end("198.51.100.2", 443), 28},
                         Row{end("2001:db8::1", 0), end("2001:db8::2", 65535), 52},
                         Row{end("192.0.2.1", 1), end("2001:db8::2", 2), 52},
                         Row{end("2001:db8::1", 256), end("198.51.100.2", 255), 52}}) {
    const std::string header = proxy_v2_header({row.source, row.destination});
    CHECK(header.size() == row.size);
    const ProxyReading reading = read_proxy_header(header + "behind");
    CHECK(reading.state == State::complete);
    CHECK(reading.size == header.size());
    REQUIRE(reading.header.ends.has_value());
    CHECK(reading.header.ends->source == row.source);
    CHECK(reading.header.ends->destination == row.destination);
  }
  const ProxyReading unknown =
      read_proxy_header(proxy_v2_header({Endpoint{{}, 0, "/a.sock"}, end("192.0.2.1", 1)}));
  CHECK(unknown.state == State::complete);
  CHECK_FALSE(unknown.header.ends.has_value());
}

TEST_CASE("a header of a connection of our own speaks for nobody") {
  const std::string header = proxy_v2_local_header();
  const ProxyReading reading = read_proxy_header(header + "behind");
  CHECK(reading.state == State::complete);
  CHECK(reading.size == header.size());
  CHECK_FALSE(reading.header.ends.has_value());
  CHECK(header.substr(12) == std::string("\x20\0\0\0", 4));  // LOCAL, UNSPEC, no addresses
}

}  // namespace
}  // namespace core
