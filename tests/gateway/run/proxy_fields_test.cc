// What of a message passes the gateway and what stays: cookies of ours, framing, protocols, bodies over the
// limit.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

namespace {

using test_support::get;
using test_support::House;
using test_support::HouseRules;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

constexpr std::string_view kSocket =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

}  // namespace

TEST_CASE("L11: our cookies stay here, in whatever field and order, and the others pass") {
  House house;
  house.connect();
  SUBCASE("beside others") {
    house.client_sends(get("/",
                           "Cookie: a=1; __Host-gateway=1.ours; b=2; gateway-1=ours; gateway-theme=dark\r\n"
                           "Cookie: __Host-gateway-state-0-x=ours; c=3\r\n"));
    const std::string sent = house.origin_got();
    CHECK(holds(sent, "Cookie: a=1; b=2; gateway-theme=dark\r\n"));
    CHECK(holds(sent, "c=3\r\n"));
    CHECK_FALSE(holds(sent, "ours"));
  }
  SUBCASE("alone") {
    house.client_sends(
        get("/", "Cookie: __Host-gateway=1.ours; __Host-gateway-1=ours; __Host-gateway-return-0-x=ours\r\n"));
    const std::string sent = house.origin_got();
    CHECK_FALSE(holds(sent, "Cookie"));
    CHECK_FALSE(holds(sent, "ours"));
  }
}

TEST_CASE("D08: an origin can neither set nor clear a cookie of ours") {
  House house;
  house.connect();
  house.client_sends(get("/"));
  house.origin_sends(
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: __Host-gateway=1.theirs; Path=/\r\n"
      "Set-Cookie: gateway=theirs; Domain=test\r\nSet-Cookie:  __Host-gateway-1 =theirs\r\n"
      "Set-Cookie: __Host-gateway-state-0-x=theirs; Max-Age=0\r\nSet-Cookie: app=kept\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 200 "));
  CHECK(holds(got, "Set-Cookie: app=kept\r\n"));
  CHECK_FALSE(holds(got, "theirs"));
}

TEST_CASE("A25: framing and expectations are made anew on each hop") {
  House house;
  house.connect();
  house.client_sends(
      "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n");
  const std::string sent = house.origin_got();
  CHECK(count(sent, "Transfer-Encoding: chunked\r\n") == 1);
  CHECK(count(sent, "\r\nHost:") == 1);
  CHECK_FALSE(holds(sent, "Content-Length"));
  CHECK_FALSE(holds(sent, "Expect"));
  house.origin_sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const std::string got = house.client_got();
  CHECK(count(got, "Content-Length: 2\r\n") == 1);
}

TEST_CASE("a request that may not be repeated is not, however its connection ends") {
  for (const std::string method : {"POST", "PATCH"}) {
    CAPTURE(method);
    House house;
    house.connect();
    house.client_sends(get("/"));
    house.origin_sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    house.client_got();
    house.client_sends(method + " /again HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(holds(house.origin_got(), "/again"));
    house.origin_ends();
    CHECK(house.client_got().starts_with("HTTP/1.1 502 "));
    CHECK(house.town.wires.size() == 1);
  }
}

TEST_CASE("B11: of the protocols that a client offers only WebSocket reaches an origin") {
  for (const std::string protocol : {"h2c", "HTTP/2.0", "TLS/1.0", "foo"}) {
    CAPTURE(protocol);
    House house;
    house.connect();
    house.client_sends(get(
        "/", "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQ\r\nUpgrade: " + protocol +
                 "\r\n"));
    const std::string sent = house.origin_got();
    CHECK(sent.starts_with("GET / HTTP/1.1\r\n"));
    CHECK_FALSE(holds(sent, "Upgrade"));
    CHECK_FALSE(holds(sent, "HTTP2-Settings"));
  }
}

TEST_CASE("P01: a WebSocket on a protected route is opened only by a page of its own origin") {
  struct Row {
    std::string origin;
    bool is_ours;
  };
  const Row rows[] = {
      {"Origin: https://app.test\r\n", true},
      {"", false},
      {"Origin: \r\n", false},
      {"Origin: null\r\n", false},
      {"Origin: http://app.test\r\n", false},
      {"Origin: https://app.test:8443\r\n", false},
      {"Origin: https://app.test.evil.test\r\n", false},
      {"Origin: https://other.test\r\n", false},
      {"Origin: https://app.test\r\nOrigin: https://app.test\r\n", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.origin);
    HouseRules rules;
    rules.is_public = false;
    House house(std::move(rules));
    house.connect();
    house.client_sends(get("/ws", std::string(kSocket) + row.origin));
    CHECK(house.town.wires.empty() == !row.is_ours);
    CHECK(house.client_got().starts_with("HTTP/1.1 403 ") == !row.is_ours);
  }
}

TEST_CASE("O02: a body over the route's limit is refused, whether it says so or not") {
  HouseRules rules;
  rules.body_limit = 10;
  House house(std::move(rules));
  house.connect();
  const std::string head = "POST / HTTP/1.1\r\nHost: app.test\r\n";
  SUBCASE("exactly the limit") {
    house.client_sends(head + "Content-Length: 10\r\n\r\n0123456789");
    CHECK(house.origin_got().ends_with("\r\n\r\n0123456789"));
    CHECK(house.client_got().empty());
  }
  SUBCASE("a length over it") {
    house.client_sends(head + "Content-Length: 11\r\n\r\n0123456789x");
    CHECK(house.client_got().starts_with("HTTP/1.1 413 "));
    CHECK(house.town.wires.empty());
  }
  SUBCASE("chunks over it") {
    house.client_sends(head + "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n");
    house.client_sends("6\r\n678901\r\n0\r\n\r\n");
    CHECK(house.client_got().starts_with("HTTP/1.1 413 "));
    CHECK_FALSE(holds(house.origin_got(), "678901"));
    CHECK(house.town.wires.back().is_aborted);
  }
}

TEST_CASE(
    "E03: a field whose claim the person does not have, or whose person is nobody, is not sent at all") {
  HouseRules rules;
  rules.request_headers.set.push_back({"X-Name", *core::Template::parse("name={name}")});
  rules.request_headers.set.push_back({"X-Fixed", *core::Template::parse("always")});
  House house(std::move(rules));
  SUBCASE("nobody") {}
  SUBCASE("no name") {
    gateway::Identity identity;
    identity.subject = "alice";
    house.guard.identity = std::make_shared<const gateway::Identity>(std::move(identity));
  }
  house.connect();
  house.client_sends(get("/", "X-Name: theirs\r\n"));
  const std::string sent = house.origin_got();
  CHECK(holds(sent, "X-Fixed: always\r\n"));
  CHECK_FALSE(holds(sent, "X-Name"));
}
