// Whose requests a limit counts together, and what is told to who asks too often.
#include "gateway/model/rate_rule.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using config::RatePer;
using gateway::RateRule;

namespace {

struct Desk {
  gateway::RateTable table;
  gateway::RateAccounts accounts{table, {1, 2}};
  core::SteadyTime now{1h};

  RateRule rule(RatePer per, std::string_view name = "route a/", std::uint64_t requests = 1) {
    return {config::RateLimit{requests, 1min, 1, per}, accounts, name};
  }
};

core::IpAddress ip(std::string_view text) {
  return *core::IpAddress::parse(text);
}

gateway::Identity person(std::string issuer, std::string subject) {
  gateway::Identity identity;
  identity.issuer = std::move(issuer);
  identity.subject = std::move(subject);
  return identity;
}

}  // namespace

TEST_CASE("addresses are counted apart, those of one IPv6 network together") {
  Desk desk;
  const RateRule rule = desk.rule(RatePer::address);
  const auto passes = [&](std::string_view text) { return rule.count_address(ip(text), desk.now) == 0s; };
  CHECK(passes("192.0.2.1"));
  CHECK_FALSE(passes("192.0.2.1"));
  CHECK(passes("192.0.2.2"));
  CHECK(passes("2001:db8:0:1::1"));
  CHECK_FALSE(passes("2001:db8:0:1:ffff:ffff:ffff:ffff"));
  CHECK(passes("2001:db8:0:2::1"));
  CHECK_FALSE(passes("::ffff:192.0.2.1"));
  CHECK(passes("c000:201::"));  // the bytes of 192.0.2.1
}

TEST_CASE("persons are told apart by issuer and subject, and nobody is an address") {
  Desk desk;
  const RateRule rule = desk.rule(RatePer::user);
  const auto passes = [&](const gateway::Identity* identity, std::string_view client) {
    return rule.count_user(identity, ip(client), desk.now) == 0s;
  };
  const gateway::Identity alice = person("https://a", "1");
  const gateway::Identity other = person("https://b", "1");
  const gateway::Identity third = person("https://a", "2");
  CHECK(passes(&alice, "192.0.2.1"));
  CHECK_FALSE(passes(&alice, "192.0.2.2"));
  CHECK(passes(&other, "192.0.2.1"));
  CHECK(passes(&third, "192.0.2.1"));
  CHECK(passes(nullptr, "192.0.2.1"));
  CHECK_FALSE(passes(nullptr, "192.0.2.1"));
}

TEST_CASE("rules of another name or another limit have accounts of their own") {
  Desk desk;
  CHECK(desk.rule(RatePer::route).count_route(desk.now) == 0s);
  CHECK(desk.rule(RatePer::route).count_route(desk.now) != 0s);
  CHECK(desk.rule(RatePer::route, "route b/").count_route(desk.now) == 0s);
  CHECK(desk.rule(RatePer::route, "route a/", 2).count_route(desk.now) == 0s);
}

TEST_CASE("the wait is told in whole seconds, rounded up") {
  Desk desk;
  const RateRule rule = desk.rule(RatePer::route);
  CHECK(rule.count_route(desk.now) == 0s);
  CHECK(rule.count_route(desk.now) == 60s);
  desk.now += 58'001ms;
  CHECK(rule.count_route(desk.now) == 2s);
  desk.now += 1s;
  CHECK(rule.count_route(desk.now) == 1s);
  desk.now += 999ms;
  CHECK(rule.count_route(desk.now) == 0s);
  CHECK(rule.reason() == "more than 1/m per route");
}

TEST_CASE("what does not divide evenly is never more than was configured") {
  Desk desk;
  const RateRule rule({7000, 1s, 1, RatePer::route}, desk.accounts, "x");  // 142.86 us
  int passed = 0;
  for (int i = 0; i < 1'000'000; ++i, desk.now += 1us) passed += rule.count_route(desk.now) == 0s ? 1 : 0;
  CHECK(passed <= 7000);
  CHECK(passed >= 6990);
}
