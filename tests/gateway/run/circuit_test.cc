// The bounds of an upstream: connections, requests that wait for one, the time that all of it may take.
#include "tests/gateway/run/support/several_origins.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using test_support::get;
using test_support::handshake;
using test_support::holds;
using test_support::House;
using test_support::HouseRules;
using test_support::kAnswer;
using test_support::origins;
using test_support::status;

}  // namespace

TEST_CASE("connections are bounded; who comes too late waits, and is served when one is free") {
  HouseRules rules = origins({"one.test"});
  rules.upstream.balancing.circuit = {1, 1};
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/first"));
  CHECK(house.connections() == 1);
  House::Guest second(house);
  second.sends(get("/second"));
  CHECK(house.connections() == 1);
  House::Guest third(house);
  third.sends(get("/third"));
  // One may wait, the next one not.
  const std::string refused = third.got();
  CHECK(holds(refused, "HTTP/1.1 503 "));
  CHECK(holds(refused, "\r\nRetry-After: 1\r\n"));
  CHECK(second.got().empty());
  CHECK(holds(house.origin_got(), "GET /first "));
  house.origin_sends(kAnswer);
  house.turn();
  CHECK(status(house) == "200");
  CHECK(house.town.reached.size() == 1);
  CHECK(holds(house.origin_got(), "GET /second "));
  house.origin_sends(kAnswer);
  CHECK(holds(second.got(), "HTTP/1.1 200 "));
}

TEST_CASE(
    "who waits for a connection for too long gets 503 with Retry-After, and no request is sent for him") {
  HouseRules rules = origins({"one.test"});
  rules.upstream.balancing.circuit = {1, 10};
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/first"));
  House::Guest second(house);
  second.sends(get("/second"));
  house.pass(core::Duration(6'000));
  const std::string refused = second.got();
  CHECK(holds(refused, "HTTP/1.1 503 "));
  CHECK(holds(refused, "\r\nRetry-After: 1\r\n"));
  house.origin_sends(kAnswer);
  house.turn();
  CHECK_FALSE(holds(house.origin_got(), "/second"));
}

TEST_CASE("who waits is served by an origin that comes back, though others go on waiting") {
  HouseRules rules = origins({"one.test", "two.test"});
  rules.upstream.balancing.circuit = {1, 10};
  House house(std::move(rules));
  house.town.refusing = {"two.test"};
  house.connect();
  // The one connection to one.test is taken, and two.test is left out.
  House::Guest first(house);
  first.sends(get("/first"));
  for (int i = 0; i < 6; ++i) {
    House::Guest other(house);
    other.sends(get("/other"));
    house.turn();
  }
  REQUIRE(holds(house.events.text, "left out for a while"));
  house.town.refusing.clear();
  House::Guest waiting(house);
  waiting.sends(get("/waiting"));
  house.town.reached.clear();
  SUBCASE("nobody else asks") {
    house.pass(core::Duration(2'000));
    house.turn();
  }
  SUBCASE("others ask all the time") {
    for (int i = 0; i < 20; ++i) {
      House::Guest other(house);
      other.sends(get("/other"));
      house.pass(core::Duration(100));
    }
  }
  CHECK(std::ranges::count(house.town.reached, "two.test") > 0);
}

TEST_CASE("one request that has been to an origin in vain does not keep the others from it") {
  HouseRules rules = origins({"one.test", "two.test"});
  rules.upstream.balancing.circuit = {1, 10};
  House house(std::move(rules));
  house.town.refusing = {"two.test"};
  house.connect();
  House::Guest first(house);
  first.sends(get("/first"));
  House::Guest second(house);
  second.sends(get("/second"));  // one.test is full, and two.test refuses
  house.turn();
  house.town.refusing.clear();
  house.pass(core::Duration(2'000));  // it is left out for a while
  house.town.reached.clear();
  House::Guest third(house);
  third.sends(get("/third"));
  house.turn();
  CHECK(std::ranges::count(house.town.reached, "two.test") == 1);
}

TEST_CASE("a client that goes away while it waits leaves the line") {
  HouseRules rules = origins({"one.test"});
  rules.upstream.balancing.circuit = {1, 1};
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/first"));
  {
    House::Guest second(house);
    second.sends(get("/second"));
    second.breaks();
    house.turn();
  }
  House::Guest third(house);
  third.sends(get("/third"));
  CHECK(third.got().empty());
  house.origin_got();
  house.origin_sends(kAnswer);
  house.turn();
  CHECK(holds(house.origin_got(), "GET /third "));
}

TEST_CASE("the worker's allowance holds over all: an idle connection gives way to one that is needed") {
  HouseRules rules = origins({"one.test", "two.test"});
  rules.allowance = 1;
  House house(std::move(rules));
  house.connect();
  for (int i = 0; i < 5; ++i) {
    house.client_sends(get("/"));
    house.origin_sends(kAnswer);
    CHECK(status(house) == "200");
    CHECK(house.connections() == 1);
  }
  CHECK(house.town.reached.size() == 5);
}

TEST_CASE("timeouts.total ends what takes too long, before the head with 504 and after it by breaking off") {
  for (const bool with_head : {false, true}) {
    CAPTURE(with_head);
    HouseRules rules = origins({"one.test"});
    rules.total = core::Duration(10'000);
    House house(std::move(rules));
    house.connect();
    house.client_sends(get("/"));
    if (with_head) house.origin_sends("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n");
    for (int i = 0; i < 9; ++i) {
      house.pass(core::Duration(1'000));
      if (with_head) house.origin_sends("x");
    }
    CHECK_FALSE(house.client.is_aborted);
    house.pass(core::Duration(2'000));
    CHECK(status(house) == (with_head ? "200" : "504"));
    CHECK(house.client.is_aborted == with_head);
    CHECK(house.town.wires.back().is_aborted);
  }
}

TEST_CASE("a tunnel is not ended by timeouts.total") {
  HouseRules rules = origins({"one.test"});
  rules.total = core::Duration(10'000);
  House house(std::move(rules));
  house.connect();
  house.client_sends(handshake());
  house.origin_sends(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  CHECK(status(house) == "101");
  house.pass(core::Duration(20'000));
  house.origin_sends("still here");
  CHECK(house.client_got() == "still here");
}
