// What an exchange decides before a handler sees the request: whose host it is, which rule its path comes
// under, what a guard's word is worth, and what the log may repeat.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

namespace {

using test_support::get;
using test_support::House;
using test_support::HouseRules;
using test_support::SlowGuard;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::shared_ptr<const gateway::Identity> person(const std::string& name) {
  gateway::Identity identity;
  identity.subject = "subject-of-" + name;
  identity.user = name;
  identity.email = name + "@example.com";
  identity.claims = core::Json::object();
  return std::make_shared<const gateway::Identity>(std::move(identity));
}

/// The status of the answer on a connection of its own; 0 if the request went to the origin instead.
int outcome(House& house, const std::string& request) {
  const std::size_t reached = house.town.wires.size();
  house.connect();
  house.client_sends(request);
  const std::string got = house.client_got();
  house.client_breaks();
  house.turn();
  REQUIRE(house.is_over());
  if (house.town.wires.size() > reached) return 0;
  REQUIRE(got.starts_with("HTTP/1.1 "));
  return std::stoi(got.substr(9, 3));
}

}  // namespace

TEST_CASE("H03: a connection serves the hosts of its certificate and no other, though they are ours") {
  HouseRules rules;
  rules.certificate = {"app.test", "*.app.test"};
  House house(std::move(rules));
  CHECK(outcome(house, get("/", "", "app.test")) == 0);
  CHECK(outcome(house, get("/", "", "APP.test.")) == 0);
  CHECK(outcome(house, get("/", "", "other.test")) == 421);
  CHECK(outcome(house, get("/", "", "x.app.test")) == 421);
  CHECK(outcome(house, get("/", "", "nobody.test")) == 421);
}

TEST_CASE("H04: a Host with a port that is not the public one is nobody's") {
  House house;
  CHECK(outcome(house, get("/", "", "app.test:443")) == 0);
  for (const std::string host : {"app.test:80", "app.test:8443", "app.test:44", "app.test:65535"}) {
    CAPTURE(host);
    CHECK(outcome(house, get("/", "", host)) == 421);
  }
}

TEST_CASE("G15: a path that an origin could read as one of another rule is refused") {
  HouseRules rules;
  rules.keeps_encoded_slashes = true;
  rules.has_endpoints = true;
  SlowGuard nobody;
  nobody.refuses = true;
  House house(std::move(rules));
  house.place("/inner", nobody);
  struct Row {
    std::string path;
    int outcome;
  };
  const Row rows[] = {
      {"/inner", 403},       {"/inner/x", 403},          {"/inner;v=1", 400},      {"/inner;v=1/x", 400},
      {"/inner%3Bv=1", 400}, {"/inner%2Fx", 400},        {"/inner/x;v=1", 403},    {"/outer;v=1", 0},
      {"/outer%2Fx", 0},     {"/outer;/inner", 0},       {"/;/inner", 400},        {"/;x=y/inner/x", 400},
      {"/%2Finner", 400},    {"/oauth2;v=1/start", 400}, {"/oauth2%2Fstart", 400}, {"/oauth2%3B/start", 400},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(outcome(house, get(row.path)) == row.outcome);
  }
}

TEST_CASE("G01: an encoded slash passes only on a route that keeps it") {
  HouseRules rules;
  SUBCASE("refused") {
    House house(std::move(rules));
    CHECK(outcome(house, get("/a%2Fb")) == 400);
    CHECK(outcome(house, get("/a%2fb")) == 400);
    CHECK(outcome(house, get("/a?b=%2F")) == 0);
  }
  SUBCASE("kept") {
    rules.keeps_encoded_slashes = true;
    House house(std::move(rules));
    CHECK(outcome(house, get("/a%2Fb")) == 0);
    CHECK(holds(house.origin_got(), "GET /a%2Fb "));
  }
}

TEST_CASE("G18: the health path is one target and hides nothing beside or below it") {
  HouseRules rules;
  rules.health_path = "/healthz";
  House house(std::move(rules));
  house.guard.refuses = true;
  CHECK(outcome(house, get("/healthz")) == 200);
  for (const std::string path :
       {"/healthz/", "/healthz/x", "/healthzz", "/healthz?x", "/healthz;x", "/HEALTHZ"}) {
    CAPTURE(path);
    CHECK(outcome(house, get(path)) == 403);
  }
}

TEST_CASE("E01 E03 E12: what a client says of an identity reaches no origin, with a person or without") {
  House house;
  SUBCASE("on a public route") {}
  SUBCASE("for a person") {
    house.guard.identity = person("alice");
  }
  house.connect();
  house.client_sends(get("/",
                         "X-Auth-Request-User: mallory\r\nx_auth_request_email: mallory\r\n"
                         "Remote-User: mallory\r\nHTTP_Remote_User: mallory\r\nX-Forwarded-For: 6.6.6.6\r\n"
                         "X-Forwarded-User: mallory\r\nX-Original-URL: /mallory\r\nProxy: mallory\r\n"
                         "X-Request-Id: mallory\r\nX-Mine: kept\r\n"));
  const std::string sent = house.origin_got();
  CHECK(holds(sent, "X-Mine: kept\r\n"));
  CHECK(holds(sent, "X-Forwarded-For: 192.0.2.7\r\n"));
  CHECK_FALSE(holds(sent, "mallory"));
  CHECK_FALSE(holds(sent, "6.6.6.6"));
}

TEST_CASE("M08: a request that its guard refuses, or cannot judge, reaches no origin") {
  House house;
  SUBCASE("refused at once") {
    house.guard.refuses = true;
    CHECK(outcome(house, get("/")) == 403);
  }
  SUBCASE("refused later") {
    house.guard.holds = true;
    house.guard.refuses = true;
    house.connect();
    house.client_sends(get("/"));
    house.guard.decide();
    house.turn();
    CHECK(house.client_got().starts_with("HTTP/1.1 403 "));
  }
  SUBCASE("not judged") {
    house.guard.holds = true;
    house.connect();
    house.client_sends(get("/"));
    house.guard.fail();
    house.turn();
    CHECK(house.client_got().starts_with("HTTP/1.1 503 "));
  }
  CHECK(house.town.wires.empty());
}

TEST_CASE("R04: neither a query nor that of the page before stands in the access log") {
  House house;
  CHECK(outcome(house, get("/path?code=secret",
                           "Referer: https://app.test/callback?code=secret#token=secret\r\n")) == 0);
  CHECK(outcome(house, get("/pa\\th?code=secret")) == 400);
  CHECK(holds(house.access.text, "/path"));
  CHECK(holds(house.access.text, "https://app.test/callback"));
  CHECK_FALSE(holds(house.access.text, "secret"));
}

TEST_CASE("K11: the log names a person by an e-mail that counts, or else by the subject") {
  House house;
  auto identity = std::make_shared<gateway::Identity>(*person("alice"));
  SUBCASE("it counts") {
    identity->email_counts = true;
  }
  SUBCASE("nobody vouches for it") {}
  house.guard.identity = identity;
  CHECK(outcome(house, get("/")) == 0);
  CHECK(holds(house.access.text, "alice@example.com") == identity->email_counts);
  CHECK(holds(house.access.text, "subject-of-alice") == !identity->email_counts);
}
