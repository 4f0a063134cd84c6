// A request and several origins: which one it goes to, what happens when that one fails, and what is never
// done.
#include "tests/gateway/run/support/several_origins.h"

#include <doctest/doctest.h>

namespace {

using test_support::get;
using test_support::handshake;
using test_support::holds;
using test_support::House;
using test_support::HouseRules;
using test_support::kAnswer;
using test_support::origins;
using test_support::status;

std::string post() {
  return "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\nhi";
}

/// A whole request and its answer over a connection that the origin then closes; the host it went to.
std::string visit(House& house, std::string_view fields = "") {
  house.client_sends(get("/", fields));
  house.origin_sends("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  CHECK(status(house) == "200");
  return house.town.reached.back();
}

}  // namespace

TEST_CASE("requests take turns among origins, each with kept-alive connections of its own") {
  House house(origins({"one.test", "two.test"}));
  house.connect();
  for (int i = 0; i < 6; ++i) {
    house.client_sends(get("/"));
    for (core::Wire& wire : house.town.wires) {
      if (std::exchange(wire.written, {}).empty()) continue;
      wire.arriving = kAnswer;
      wire.may_have_bytes = true;
      wire.events->on_readable();
    }
    house.turn();
    CHECK(status(house) == "200");
  }
  CHECK(house.town.reached.size() == 2);
  CHECK(house.town.reached[0] != house.town.reached[1]);
}

TEST_CASE(
    "a refused connection leads to the next origin, whatever the request is, and the client sees nothing of "
    "it") {
  for (const bool is_post : {false, true}) {
    CAPTURE(is_post);
    House house(origins({"one.test", "two.test"}));
    house.town.refusing = {"one.test"};
    house.connect();
    for (int i = 0; i < 4; ++i) {
      house.client_sends(is_post ? post() : get("/"));
      house.origin_sends(kAnswer);
      CHECK(status(house) == "200");
    }
    // Asked once: after that it was left out.
    CHECK(std::ranges::count(house.town.reached, "one.test") == 1);
    CHECK(holds(house.events.text, "left out for a while"));
    CHECK(holds(house.access.text, "two.test:80"));
  }
}

TEST_CASE("an origin that was left out is tried again after its pause") {
  House house(origins({"one.test", "two.test"}));
  house.town.refusing = {"one.test"};
  house.connect();
  for (int i = 0; i < 4; ++i) visit(house);
  house.town.refusing.clear();
  house.pass(core::Duration(999));
  house.town.reached.clear();
  for (int i = 0; i < 4; ++i) CHECK(visit(house) == "two.test");
  house.pass(core::Duration(1));
  house.town.reached.clear();
  for (int i = 0; i < 4; ++i) visit(house);
  CHECK(std::ranges::count(house.town.reached, "one.test") == 2);
}

TEST_CASE("when every origin refuses the client gets 502, after three tries at most") {
  House house(origins({"a.test", "b.test", "c.test", "d.test", "e.test"}));
  house.town.refusing = {"a.test", "b.test", "c.test", "d.test", "e.test"};
  house.connect();
  house.client_sends(get("/"));
  CHECK(status(house) == "502");
  CHECK(house.town.reached.size() == 3);
  // One always stays, to find out that things are well again.
  for (int i = 0; i < 5; ++i) house.client_sends(get("/"));
  house.town.reached.clear();
  house.client_got();
  house.client_sends(get("/"));
  CHECK(status(house) == "502");
  CHECK(house.town.reached.size() == 1);
}

TEST_CASE(
    "an origin that breaks off before its answer: an idempotent request without a body goes to another one") {
  House house(origins({"one.test", "two.test"}));
  house.connect();
  house.client_sends(get("/"));
  const std::string first = house.town.reached.back();
  house.origin_ends();
  REQUIRE(house.town.reached.size() == 2);
  CHECK(house.town.reached.back() != first);
  CHECK(holds(house.origin_got(), "GET / "));
  house.origin_sends(kAnswer);
  CHECK(status(house) == "200");
}

TEST_CASE(
    "a request is not sent twice when it has a body, is not idempotent, was answered, or asked for an "
    "upgrade") {
  struct Row {
    std::string request;
    std::string_view answer;
    const char* why;
  };
  for (const Row& row :
       std::vector<Row>{{post(), "", "POST"},
                        {"PUT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 2\r\n\r\nhi", "", "a body"},
                        {"PATCH / HTTP/1.1\r\nHost: app.test\r\n\r\n", "", "PATCH"},
                        {get("/"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "the head was there"},
                        {handshake(), "", "an upgrade"}}) {
    CAPTURE(row.why);
    House house(origins({"one.test", "two.test"}));
    house.connect();
    house.client_sends(row.request);
    if (!row.answer.empty()) house.origin_sends(row.answer);
    house.origin_ends();
    CHECK(house.town.reached.size() == 1);
    CHECK(status(house) == (row.answer.empty() ? "502" : "200"));
  }
}

TEST_CASE("no more attempts than retry.attempts, and none with retry off") {
  for (const unsigned attempts : {0U, 1U, 2U}) {
    CAPTURE(attempts);
    HouseRules rules = origins({"a.test", "b.test", "c.test", "d.test"});
    rules.upstream.balancing.retry.attempts = attempts;
    House house(std::move(rules));
    house.connect();
    house.client_sends(get("/"));
    for (unsigned i = 0; i < 4; ++i) house.origin_ends();
    CHECK(house.town.reached.size() == attempts + 1);
    CHECK(status(house) == "502");
  }
}

TEST_CASE("retries end with their budget, however many requests fail") {
  HouseRules rules = origins({"a.test", "b.test", "c.test", "d.test"});
  House house(std::move(rules));
  house.connect();
  for (int i = 0; i < 100; ++i) {
    house.client_sends(get("/"));
    house.origin_ends();
    house.origin_ends();
    house.client_got();
    if (house.is_over()) house.connect();
  }
  // The few to begin with, and a tenth.
  CHECK(house.town.reached.size() <= 100 + gateway::RetryBudget::kSpare + 10);
  CHECK(house.town.reached.size() >= 100 + gateway::RetryBudget::kSpare);
}

TEST_CASE("answers that do not come never take out more than half of the origins") {
  House house(origins({"a.test", "b.test", "c.test", "d.test"}));
  house.connect();
  for (int i = 0; i < 60; ++i) {
    house.client_sends(post());
    house.origin_ends();
    CHECK(status(house) == "502");
    if (house.is_over()) house.connect();
  }
  std::set<std::string> last(house.town.reached.end() - 10, house.town.reached.end());
  CHECK(last.size() == 2);
  CHECK(holds(house.events.text, "left out for a while"));
}

TEST_CASE("an answer in between shows that the origin works") {
  House house(origins({"a.test", "b.test"}));
  house.connect();
  for (int i = 0; i < 60; ++i) {
    house.client_sends(post());
    if (i % 7 == 6 || i % 7 == 5) {
      house.origin_sends(kAnswer);
    } else {
      house.origin_ends();
    }
    house.client_got();
    if (house.is_over()) house.connect();
  }
  CHECK_FALSE(holds(house.events.text, "left out"));
}

TEST_CASE("cookie: the origin that answered is held to, by a cookie that does not tell its address") {
  HouseRules rules = origins({"one.test", "two.test", "three.test"});
  rules.upstream.balancing.balance = config::Balance::cookie;
  rules.origin_cookie = "__Host-gateway-origin-x";
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/"));
  const std::string first = house.town.reached.back();
  house.origin_sends("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  const std::string got = house.client_got();
  const std::size_t at = got.find("Set-Cookie: __Host-gateway-origin-x=");
  REQUIRE(at != std::string::npos);
  const std::string cookie = got.substr(at + 12, got.find(';', at) - at - 12);
  CHECK(holds(got, "; Secure; HttpOnly; SameSite=Lax"));
  CHECK_FALSE(holds(got, first));
  for (int i = 0; i < 6; ++i) {
    house.client_sends(get("/", "Cookie: a=b; " + cookie + "\r\n"));
    const std::string sent = house.origin_got();
    CHECK(holds(sent, "Cookie: a=b\r\n"));
    CHECK_FALSE(holds(sent, "origin-x"));
    house.origin_sends("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    CHECK_FALSE(holds(house.client_got(), "Set-Cookie"));
    CHECK(house.town.reached.back() == first);
  }
  // It is gone: another one takes over, and the cookie follows.
  house.town.refusing = {first};
  house.client_sends(get("/", "Cookie: " + cookie + "\r\n"));
  CHECK(house.town.reached.back() != first);
  house.origin_sends(kAnswer);
  CHECK(holds(house.client_got(), "Set-Cookie: __Host-gateway-origin-x="));
}

TEST_CASE("upstream_host: upstream names the origin that is asked") {
  HouseRules rules = origins({"one.test:81", "two.test:82"});
  rules.upstream.host.mode = config::UpstreamHostMode::upstream;
  House house(std::move(rules));
  house.connect();
  for (int i = 0; i < 2; ++i) {
    house.client_sends(get("/"));
    const std::string port = house.town.reached.back() == "one.test" ? ":81" : ":82";
    CHECK(holds(house.origin_got(), "\r\nHost: " + house.town.reached.back() + port + "\r\n"));
    house.origin_sends(kAnswer);
    house.client_got();
  }
}

TEST_CASE("addresses that change: running requests end where they are, new ones go to the new address") {
  config::OriginUrl app;
  app.url = *core::parse_url("http://app.svc:80/");
  const auto known = [&app](const std::string& ip) {
    auto state = std::make_shared<gateway::UpstreamState>();
    state->places =
        gateway::places_of(app, {*core::IpAddress::parse(ip), *core::IpAddress::parse("10.0.0.9")});
    std::erase_if(state->places, [](const gateway::Place& place) { return place.where.host == "10.0.0.9"; });
    return state;
  };
  core::Published<gateway::UpstreamState> published(known("10.0.0.1"));
  HouseRules rules;
  rules.state = &published;
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/first"));
  CHECK(house.town.reached.back() == "10.0.0.1");
  published.publish(known("10.0.0.2"));
  House::Guest second(house);
  second.sends(get("/second"));
  CHECK(house.town.reached.back() == "10.0.0.2");
  CHECK(house.connections() == 2);
  core::Wire& old = house.town.wires.front();
  old.arriving = kAnswer;
  old.may_have_bytes = true;
  old.events->on_readable();
  house.turn();
  CHECK(status(house) == "200");
  CHECK(old.is_gone);
  CHECK(house.connections() == 1);
  house.origin_sends(kAnswer);
  CHECK(holds(second.got(), "200 OK"));
}

TEST_CASE("an origin that fails its checks gets nothing, unless all of them do") {
  auto state = std::make_shared<gateway::UpstreamState>();
  for (const char* host : {"one.test", "two.test"}) {
    config::OriginUrl origin;
    origin.url = *core::parse_url(std::string("http://") + host);
    state->places.push_back(gateway::places_of(origin, {}).front());
  }
  const auto with = [&state](bool one_is_up, bool two_is_up) {
    auto next = std::make_shared<gateway::UpstreamState>(*state);
    next->places[0].is_up = one_is_up;
    next->places[1].is_up = two_is_up;
    return next;
  };
  core::Published<gateway::UpstreamState> published(with(true, true));
  HouseRules rules;
  rules.state = &published;
  House house(std::move(rules));
  house.connect();
  published.publish(with(false, true));
  for (int i = 0; i < 4; ++i) CHECK(visit(house) == "two.test");
  published.publish(with(false, false));
  std::set<std::string> reached;
  for (int i = 0; i < 4; ++i) reached.insert(visit(house));
  CHECK(reached.size() == 2);
}
