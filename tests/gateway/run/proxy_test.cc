// What a proxied exchange does when things happen at awkward moments: between the turns, in one turn, or in
// the wrong order.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

namespace {

using test_support::get;
using test_support::House;
using test_support::HouseRules;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kEmptyAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

gateway::HeaderEdits edits(std::string name, std::string value) {
  gateway::HeaderEdits made;
  made.set.push_back({std::move(name), *core::Template::parse(value)});
  return made;
}

}  // namespace

TEST_CASE("a request passes, and its answer comes back") {
  House house;
  house.connect();
  house.client_sends(get("/a?b=c"));
  const std::string sent = house.origin_got();
  CHECK(sent.starts_with("GET /a?b=c HTTP/1.1\r\nHost: app.test\r\n"));
  CHECK(holds(sent, "X-Forwarded-For: 192.0.2.7\r\n"));
  house.origin_sends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(got.ends_with("\r\n\r\nhello"));
  CHECK(holds(house.access.text, "\"http.response.status_code\":200"));
}

TEST_CASE("the next request uses the same connection to the origin") {
  House house;
  house.connect();
  for (int i = 0; i < 3; ++i) {
    house.client_sends(get("/"));
    CHECK(holds(house.origin_got(), "GET / "));
    house.origin_sends(kEmptyAnswer);
    CHECK(holds(house.client_got(), "200 OK"));
  }
  CHECK(house.town.wires.size() == 1);
}

TEST_CASE("a client that went away while the origin was being reached causes no request to it") {
  House house;
  house.town.holds = true;
  house.connect();
  house.client_sends(get("/"));
  REQUIRE(house.town.waiting() == 1);
  house.client_breaks();
  SUBCASE("in the same turn") {
    house.town.let_in();
    house.turn();
  }
  SUBCASE("a turn later") {
    house.turn();
    house.town.let_in();
    house.turn();
  }
  CHECK(house.town.wires.empty());
  CHECK(house.is_over());
  CHECK(holds(house.access.text, "\"http.response.status_code\":499"));
}

TEST_CASE("an unreachable origin is no event for a client that went away first") {
  House house;
  house.town.holds = true;
  house.connect();
  house.client_sends(get("/"));
  house.client_breaks();
  house.town.refuse();
  house.turn();
  CHECK_FALSE(holds(house.events.text, "did not answer"));
}

TEST_CASE("a verdict that comes after the client went away serves nothing") {
  House house;
  house.guard.holds = true;
  house.connect();
  house.client_sends(get("/"));
  house.client_breaks();
  SUBCASE("admitted in the same turn") {
    house.guard.decide();
  }
  SUBCASE("never decided") {}
  house.turn();
  CHECK(house.town.wires.empty());
  CHECK(house.is_over());
}

TEST_CASE("an interim response brings no framing, no cookie of ours and no alternative service") {
  House house;
  house.connect();
  house.client_sends(get("/"));
  house.origin_sends(
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 7\r\n"
      "Set-Cookie: __Host-gateway=x\r\nSet-Cookie: theirs=1\r\nAlt-Svc: h3=\":443\"\r\n"
      "Connection: X-Hop\r\nX-Hop: 1\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 103 "));
  CHECK(holds(got, "Link: "));
  for (const std::string_view banned :
       {"Content-Length", "__Host-gateway", "Alt-Svc", "X-Hop", "Connection"}) {
    CAPTURE(banned);
    CHECK_FALSE(holds(got, banned));
  }
  house.origin_sends(kEmptyAnswer);
  CHECK(house.client_got().starts_with("HTTP/1.1 200 "));
}

TEST_CASE(
    "fields that the route sets tell host, path and query of the request, to the origin and to the client") {
  HouseRules rules;
  rules.request_headers = edits("X-Where", "{host}|{path}|{uri}");
  rules.response_headers = edits("Link", "<https://{host}{uri}>; rel=self");
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/a//b/../%63?x=%2f", "X-Where: forged\r\n"));
  const std::string sent = house.origin_got();
  CHECK(holds(sent, "\r\nX-Where: app.test|/a/c|/a/c?x=%2f\r\n"));
  CHECK_FALSE(holds(sent, "forged"));
  house.origin_sends(kEmptyAnswer);
  CHECK(holds(house.client_got(), "\r\nLink: <https://app.test/a/c?x=%2f>; rel=self\r\n"));
}

TEST_CASE("a field that the route sets replaces every spelling of it that an origin could mistake for it") {
  HouseRules rules;
  rules.request_headers = edits("X-Tenant-Id", "ours");
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/", "x-tenant-id: a\r\nX_Tenant_Id: b\r\nX-Tenant.Id: c\r\nX-Other: d\r\n"));
  const std::string sent = house.origin_got();
  CHECK(holds(sent, "X-Tenant-Id: ours\r\n"));
  CHECK(holds(sent, "X-Other: d\r\n"));
  for (const std::string_view banned : {"x-tenant-id: a", "X_Tenant_Id", "X-Tenant.Id"}) {
    CAPTURE(banned);
    CHECK_FALSE(holds(sent, banned));
  }
}

TEST_CASE("a trailer cannot bring what the route sets or removes") {
  HouseRules rules;
  rules.request_headers = edits("X-Tenant-Id", "ours");
  rules.request_headers.remove = {"X-Debug"};
  House house(std::move(rules));
  house.connect();
  house.client_sends(
      "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n0\r\nX_Tenant_Id: t\r\nX-Debug: t\r\nX-Forwarded-User: t\r\nX-Checksum: 5\r\n\r\n");
  const std::string sent = house.origin_got();
  CHECK(holds(sent, "X-Checksum: 5\r\n"));
  for (const std::string_view banned : {"X_Tenant_Id", "X-Debug", "X-Forwarded-User"}) {
    CAPTURE(banned);
    CHECK_FALSE(holds(sent, banned));
  }
}

TEST_CASE("TRACE is told which methods there are") {
  House house;
  house.connect();
  house.client_sends("TRACE / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 405 "));
  CHECK(holds(got, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"));
}

TEST_CASE("a method that the route does not take is told which ones it does") {
  HouseRules rules;
  rules.methods = {"GET", "HEAD"};
  House house(std::move(rules));
  house.connect();
  house.client_sends("DELETE / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 405 "));
  CHECK(holds(got, "Allow: GET, HEAD\r\n"));
}

TEST_CASE("what a slow client takes counts against the idle time-out, and its silence too") {
  House house;
  house.connect();
  house.client_sends(get("/"));
  house.client.room = 1000;
  house.origin_sends("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + std::string(60'000, 'x'));
  house.pass(std::chrono::minutes(4));
  house.client.room = 100'000;
  house.client.events->on_writable();
  house.pass(std::chrono::minutes(0));  // the rest is read and taken now
  house.pass(std::chrono::minutes(4));
  CHECK_FALSE(house.is_over());
  house.pass(std::chrono::minutes(2));
  CHECK(house.is_over());
}

TEST_CASE("a refusal that the session itself sent is what the log says") {
  House house;
  house.connect();
  house.client_sends(
      "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk size\r\n");
  CHECK(house.client_got().starts_with("HTTP/1.1 400 "));
  CHECK(holds(house.access.text, "\"http.response.status_code\":400"));
}

TEST_CASE("a kept-alive connection that the origin closes costs a safe request one more try and no more") {
  House house;
  house.connect();
  house.client_sends(get("/"));
  house.origin_sends(kEmptyAnswer);
  house.client_got();
  house.client_sends(get("/again"));
  CHECK(holds(house.origin_got(), "/again"));
  house.origin_ends();
  REQUIRE(house.town.wires.size() == 2);
  CHECK(holds(house.origin_got(), "GET /again "));
  SUBCASE("which succeeds") {
    house.origin_sends(kEmptyAnswer);
    CHECK(house.client_got().starts_with("HTTP/1.1 200 "));
  }
  SUBCASE("which fails") {
    house.origin_ends();
    CHECK(house.client_got().starts_with("HTTP/1.1 502 "));
    CHECK(house.town.wires.size() == 2);
  }
}

TEST_CASE("pipelined requests that the gateway answers itself are all answered, each once, in order") {
  House house;
  house.connect();
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n";
  house.client_sends(requests);
  for (int i = 0; i < 2000; ++i) house.turn();
  const std::string got = house.client_got();
  std::size_t answers = 0;
  for (std::size_t at = got.find("HTTP/1.1 421"); at != std::string::npos;
       at = got.find("HTTP/1.1 421", at + 1)) {
    ++answers;
  }
  CHECK(answers == 2000);
}

TEST_CASE("C11: a tunnel passes bytes both ways, and each side's end; it is over with both") {
  House house;
  house.connect();
  house.client_sends(get("/ws",
                         "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  house.origin_sends(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade, X-Internal\r\nUpgrade: websocket\r\n"
      "X-Internal: 1\r\nKeep-Alive: 5\r\nAlt-Svc: clear\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nfrom origin");
  const std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 101 "));
  CHECK(got.ends_with("\r\n\r\nfrom origin"));
  for (const std::string_view banned : {"X-Internal", "Keep-Alive", "Alt-Svc"})
    CHECK_FALSE(holds(got, banned));
  house.origin_got();
  house.client_sends("from client");
  CHECK(house.origin_got() == "from client");
  SUBCASE("the client ends its half and still hears the origin") {
    house.client_ends();
    house.turn();
    CHECK(house.town.wires.back().is_ended);
    house.origin_sends("last words");
    CHECK(house.client_got() == "last words");
    house.origin_ends();
    house.turn();
    CHECK(house.is_over());
  }
  SUBCASE("the origin ends its half and still hears the client") {
    house.origin_sends("last words");
    house.origin_ends();
    CHECK(house.client_got() == "last words");
    CHECK(house.client.is_ended);
    CHECK_FALSE(house.town.wires.back().is_ended);
    house.client_sends("an answer");
    CHECK(house.origin_got() == "an answer");
    SUBCASE("until the client ends too") {
      house.client_sends("and no more");
      house.client_ends();
      house.turn();
      CHECK(house.origin_got() == "and no more");
      CHECK(house.town.wires.back().is_ended);
      CHECK_FALSE(house.town.wires.back().is_aborted);
      CHECK_FALSE(house.client.is_aborted);
      CHECK(house.is_over());
      CHECK(holds(house.access.text, "\"http.response.status_code\":101"));
    }
    SUBCASE("until the origin has all that a client said who ended while it did not read") {
      house.town.wires.back().room = 3;
      house.client_sends("and no more");
      house.client_ends();
      house.turn();
      CHECK_FALSE(house.is_over());
      house.town.wires.back().room = 100;
      house.town.wires.back().events->on_writable();
      house.turn();
      CHECK(house.origin_got() == "and no more");
      CHECK(house.is_over());
      CHECK_FALSE(house.town.wires.back().is_aborted);
    }
    SUBCASE("until nobody says anything") {
      house.pass(std::chrono::minutes(4));
      CHECK_FALSE(house.is_over());
      house.pass(std::chrono::minutes(2));
      CHECK(house.is_over());
      CHECK(house.town.wires.back().is_aborted);
      CHECK(house.client.is_aborted);
    }
    SUBCASE("until the client breaks") {
      house.client_breaks();
      house.turn();
      CHECK(house.is_over());
      CHECK(house.town.wires.back().is_aborted);
    }
  }
  SUBCASE("the client breaks") {
    house.client_breaks();
    house.turn();
    CHECK(house.town.wires.back().is_aborted);
    CHECK(house.is_over());
  }
  SUBCASE("nobody says anything") {
    house.pass(std::chrono::minutes(6));
    CHECK(house.is_over());
    CHECK(house.town.wires.back().is_aborted);
  }
}

TEST_CASE("the health path answers for any Host before routing, and says when new work should go elsewhere") {
  HouseRules rules;
  rules.health_path = "/healthz";
  House house(std::move(rules));
  house.connect();
  const std::string ask = "GET /healthz HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n";
  house.client_sends(ask);
  std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 200 "));
  CHECK(got.ends_with("\r\n\r\nok\n"));
  house.is_ready_to_serve = false;
  house.client_sends(ask);
  got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 503 "));
  CHECK(holds(got, "Cache-Control: no-store\r\n"));
  house.client_sends(get("/healthz/x"));
  CHECK(holds(house.origin_got(), "GET /healthz/x "));
}

TEST_CASE("draining finishes the running request and says that the connection closes") {
  House house;
  house.connect();
  house.client_sends(get("/"));
  house.connection().drain(core::Duration(0));
  house.turn();
  house.origin_sends(kEmptyAnswer);
  CHECK(holds(house.client_got(), "Connection: close\r\n"));
  house.client_ends();
  house.turn();
  CHECK(house.is_over());
}
