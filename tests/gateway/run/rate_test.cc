// Rate limits on a connection: what is counted when, and what somebody sees who asks too often.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

namespace {

using test_support::get;
using test_support::House;
using test_support::HouseRules;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

HouseRules rules(config::RatePer per, std::uint64_t burst = 2) {
  HouseRules made;
  made.rate = config::RateLimit{1, std::chrono::minutes(1), burst, per};
  return made;
}

std::string answer(House& house, std::string_view fields = "") {
  house.client_sends(get("/", fields));
  if (house.town.wires.empty()) return house.client_got();
  if (!house.origin_got().empty()) house.origin_sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  return house.client_got();
}

std::shared_ptr<const gateway::Identity> alice() {
  auto identity = std::make_shared<gateway::Identity>();
  identity->issuer = "https://id.test";
  identity->subject = "alice";
  return identity;
}

}  // namespace

TEST_CASE("one request too many is 429 with a time to come back, and the connection lives on") {
  House house(rules(config::RatePer::address));
  house.connect();
  CHECK(holds(answer(house), "200 OK"));
  CHECK(holds(answer(house), "200 OK"));
  const std::string refused = answer(house);
  CHECK(refused.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  CHECK(holds(refused, "Retry-After: 60\r\n"));
  CHECK(holds(refused, "\"too_many_requests\""));
  CHECK_FALSE(holds(refused, "Set-Cookie"));
  CHECK(holds(house.access.text, "more than 1/m per address"));
  house.pass(std::chrono::seconds(60));
  CHECK(holds(answer(house), "200 OK"));
}

TEST_CASE("a call of gRPC that is one too many is RESOURCE_EXHAUSTED, with a time to come back") {
  House house(rules(config::RatePer::address, 1));
  house.connect();
  CHECK(holds(answer(house, "Content-Type: application/grpc+proto\r\n"), "200 OK"));
  const std::string refused = answer(house, "Content-Type: application/grpc+proto\r\n");
  CHECK(refused.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(holds(refused, "grpc-status: 8\r\n"));
  CHECK(holds(refused, "Retry-After: 60\r\n"));
  CHECK(house.town.wires.back().written.empty());
}

TEST_CASE("a path that an origin may read as a counted one is not served uncounted") {
  HouseRules counted = rules(config::RatePer::address, 1);
  counted.path = "/login";
  House house(std::move(counted));
  house.place("/", house.guard);
  house.connect();
  CHECK(holds(answer(house), "200 OK"));
  for (const char* path : {"/login;x", "/login;a=1/", "/login%2Fx", "/login%3B"}) {
    CAPTURE(path);
    if (house.is_over()) house.connect();
    house.client_sends(get(path));
    CHECK(house.client_got().starts_with("HTTP/1.1 400 "));
    CHECK(house.origin_got().empty());
  }
}

TEST_CASE("a person's browser gets a page") {
  House house(rules(config::RatePer::address, 1));
  house.connect();
  (void)answer(house);
  const std::string page = answer(house, "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n");
  CHECK(holds(page, "429"));
  CHECK(holds(page, "Content-Type: text/html"));
}

TEST_CASE("per address is counted before the guard is asked, per user and per route after it admitted") {
  for (const auto per : {config::RatePer::address, config::RatePer::user, config::RatePer::route}) {
    CAPTURE(static_cast<int>(per));
    House house(rules(per));
    house.guard.refuses = true;
    house.connect();
    for (int i = 0; i < 5; ++i) {
      const bool is_refused_by_rate = per == config::RatePer::address && i >= 2;
      CHECK(holds(answer(house), is_refused_by_rate ? "429" : "403"));
    }
    house.guard.refuses = false;
    house.guard.identity = alice();
    CHECK(holds(answer(house), per == config::RatePer::address ? "429" : "200 OK"));
  }
}

TEST_CASE("a person's requests count together from wherever they come, and no one else's") {
  House house(rules(config::RatePer::user));
  house.guard.identity = alice();
  house.connect();
  CHECK(holds(answer(house), "200 OK"));
  CHECK(holds(answer(house), "200 OK"));
  CHECK(holds(answer(house), "429"));
  auto bob = std::make_shared<gateway::Identity>(*alice());
  bob->subject = "bob";
  house.guard.identity = std::move(bob);
  CHECK(holds(answer(house), "200 OK"));
}

TEST_CASE("a renewed session is not lost on a 429") {
  House house(rules(config::RatePer::user, 1));
  house.guard.identity = alice();
  house.guard.cookies = {"gateway=renewed"};
  house.connect();
  (void)answer(house);
  const std::string refused = answer(house);
  CHECK(holds(refused, "429"));
  CHECK(holds(refused, "Set-Cookie: gateway=renewed\r\n"));
}

TEST_CASE("what a trusted proxy says of its client is counted, not the proxy") {
  HouseRules made = rules(config::RatePer::address, 1);
  made.clients = gateway::ClientRule({*core::Network::parse("192.0.2.7")}, "X-Forwarded-For");
  House house(std::move(made));
  house.connect();
  CHECK(holds(answer(house, "X-Forwarded-For: 198.51.100.1\r\n"), "200 OK"));
  CHECK(holds(answer(house, "X-Forwarded-For: 198.51.100.1\r\n"), "429"));
  CHECK(holds(answer(house, "X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n"), "429"));
  CHECK(holds(answer(house, "X-Forwarded-For: 198.51.100.2\r\n"), "200 OK"));
}

TEST_CASE("a body that comes with one request too many is not taken for the next request") {
  House house(rules(config::RatePer::address, 1));
  house.connect();
  (void)answer(house);
  const std::string body = get("/smuggled");
  house.client_sends("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body);
  const std::string got = house.client_got();
  CHECK(holds(got, "429"));
  CHECK(got.find("HTTP/1.1", 1) == std::string::npos);
  CHECK(house.origin_got().empty());
}
