// WebSockets whose route leads to an origin of HTTP/2 (RFC 8441): from clients of either version, many on one
// connection.
#include "tests/gateway/run/support/several_origins.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/core/http/support/h2_frames.h"

namespace {

namespace h2 = core::h2;
using namespace std::string_literals;
using test_support::get;
using test_support::holds;
using test_support::House;
using test_support::HouseRules;

constexpr std::string_view kHttp1Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kHandshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://app.test\r\n";
const std::string kTakesSockets = h2::settings({{8, 1}});

HouseRules to_h2() {
  HouseRules rules = test_support::origins({"a.test:80"});
  rules.upstream.origins[0].protocol = config::OriginProtocol::h2c;
  return rules;
}

/// The frames that the newest connection was sent.
std::vector<h2::Frame> frames(House& house, h2::Reader& reader) {
  std::string bytes = house.origin_got();
  if (bytes.starts_with(kHttp1Preface)) bytes.erase(0, kHttp1Preface.size());
  return reader.read(bytes);
}

std::string opened(std::uint32_t stream) {
  return h2::headers(stream, {{":status", "200"}}, h2::kEndHeaders);
}

}  // namespace

TEST_CASE("a client of HTTP/1.1 has its socket over an extended CONNECT, beside other requests") {
  House house(to_h2());
  House::Guest guest(house);
  House::Guest other(house);
  h2::Reader reader;
  guest.sends(get("/chat", kHandshake));
  house.origin_sends(kTakesSockets);
  const std::vector<h2::Frame> asked = frames(house, reader);
  REQUIRE(asked.size() >= 2);
  const std::string& fields =
      asked[asked.size() - 2].type == h2::kHeaders ? asked[asked.size() - 2].fields : asked.back().fields;
  CHECK(fields.starts_with(
      ":method=CONNECT;:protocol=websocket;:scheme=http;:authority=app.test;:path=/chat;"));
  CHECK(holds(fields, "sec-websocket-version=13;"));
  CHECK_FALSE(holds(fields, "sec-websocket-key"));
  house.origin_sends(opened(1));
  const std::string head = guest.got();
  CHECK(head.starts_with("HTTP/1.1 101 "));
  CHECK(holds(head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  CHECK(holds(head, "Upgrade: websocket"));
  guest.sends("\x81\x80mask");
  other.sends(get("/"));
  const std::vector<h2::Frame> more = frames(house, reader);
  REQUIRE(more.size() == 2);
  CHECK(house.town.wires.size() == 1);
  house.origin_sends(h2::data(1, "\x81\2hi") + h2::headers(3, {{":status", "204"}}, 5));
  CHECK(guest.got() == "\x81\2hi");
  CHECK(holds(other.got(), "HTTP/1.1 204"));
  house.origin_sends(h2::data(1, "", h2::kEndStream));
  guest.sends("\x88\x80mask");
  guest.breaks();
  house.turn();
  CHECK(frames(house, reader).back().type == h2::kReset);
}

TEST_CASE("a handshake without a right Sec-WebSocket-Key is 400 and reaches no origin") {
  House house(to_h2());
  House::Guest guest(house);
  const std::string start = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  std::string key;
  SUBCASE("none") {}
  SUBCASE("fifteen bytes") {
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n";
  }
  SUBCASE("not base64") {
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=*\r\n";
  }
  SUBCASE("empty") {
    key = "Sec-WebSocket-Key: \r\n";
  }
  SUBCASE("two") {
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  }
  guest.sends(get("/chat", start + key + "Origin: https://app.test\r\n"));
  CHECK(guest.got().starts_with("HTTP/1.1 400 "));
  CHECK(house.town.wires.empty());
}

TEST_CASE("an origin of HTTP/2 that takes no sockets is a 502 that says what to do, and no failure of it") {
  HouseRules rules = test_support::origins({"a.test:80", "b.test:80"});
  for (config::OriginUrl& origin : rules.upstream.origins) origin.protocol = config::OriginProtocol::h2c;
  House house(std::move(rules));
  h2::Reader reader;
  for (int i = 0; i < 20; ++i) {
    House::Guest guest(house);
    guest.sends(get("/chat", kHandshake));
    if (i < 2) house.origin_sends(h2::settings());
    CHECK(holds(guest.got(), "HTTP/1.1 502"));
  }
  for (const h2::Frame& frame : frames(house, reader)) CHECK(frame.type != h2::kHeaders);
  CHECK(holds(house.events.text, "by http:// or https://"));
  CHECK_FALSE(holds(house.events.text, "left out"));
  CHECK(house.town.wires.size() == 2);
  House::Guest other(house);
  other.sends(get("/"));
  House::Guest another(house);
  another.sends(get("/"));
  CHECK(frames(house, reader).back().type == h2::kHeaders);
}

TEST_CASE("a handshake that an origin of HTTP/2 did not look at goes to it once more") {
  House house(to_h2());
  House::Guest guest(house);
  h2::Reader reader;
  guest.sends(get("/chat", kHandshake));
  house.origin_sends(kTakesSockets);
  frames(house, reader);
  house.origin_sends(h2::reset(1, h2::kRefusedStream));
  const std::vector<h2::Frame> again = frames(house, reader);
  REQUIRE_FALSE(again.empty());
  CHECK(again.back().stream == 3);
  house.origin_sends(opened(3));
  CHECK(holds(guest.got(), "HTTP/1.1 101 "));
}
