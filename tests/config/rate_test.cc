// limits.rate of routes, login.rate, and what defaults do to them.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using namespace std::chrono_literals;

namespace {

std::optional<RateLimit> rate_of(const std::string& rate, const std::string& access = "policy: staff") {
  const LoadOutcome outcome =
      load_route("host: a.example.com, to: 'http://app:80', " + access + ", limits: {rate: " + rate + "}");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->routes[0].limits.rate;
}

}  // namespace

TEST_CASE("a rate alone is per address, and its burst is what a period allows") {
  CHECK(rate_of("50/s") == RateLimit{50, 1s, 50, RatePer::address});
  CHECK(rate_of("600/m") == RateLimit{600, 1min, 600, RatePer::address});
  CHECK(rate_of("100000/s") == RateLimit{100'000, 1s, 100'000, RatePer::address});
  CHECK(rate_of("1/h") == RateLimit{1, 1h, 1, RatePer::address});
  CHECK_FALSE(rate_of("off"));
}

TEST_CASE("a rate as a map says whose requests count together, and how many at once") {
  CHECK(rate_of("{requests: 50/s, per: address, burst: 100}") == RateLimit{50, 1s, 100, RatePer::address});
  CHECK(rate_of("{requests: 5/m, per: user}") == RateLimit{5, 1min, 5, RatePer::user});
  CHECK(rate_of("{requests: 9/h, burst: 1, per: route}") == RateLimit{9, 1h, 1, RatePer::route});
}

TEST_CASE("a public route cannot count by user, and check says so") {
  const LoadOutcome outcome = load_route(
      "host: a.example.com, to: 'http://app:80', public: true, limits: {rate: {requests: 5/s, per: user}}");
  CHECK(outcome.config);
  CHECK(all_of(outcome.warnings).find("a public route knows no user") != std::string::npos);
}

TEST_CASE("limits and compress of defaults reach every route with an upstream, key by key") {
  Sample sample;
  sample.top = "defaults: {limits: {rate: 50/s, body: 1MiB}, compress: on}\n";
  sample.routes =
      "routes:\n"
      "  - {host: a.example.com, to: 'http://a', policy: staff}\n"
      "  - {host: a.example.com, path: /b, to: 'http://b', policy: staff, limits: {rate: off}, compress: "
      "off}\n"
      "  - {host: a.example.com, path: /c, respond: {status: 200}}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->routes[0].limits.rate->requests == 50);
  CHECK(outcome.config->routes[0].compresses);
  CHECK_FALSE(outcome.config->routes[1].limits.rate);
  CHECK(outcome.config->routes[1].limits.body == 1048576U);
  CHECK_FALSE(outcome.config->routes[1].compresses);
  CHECK_FALSE(outcome.config->routes[2].limits.rate);
}

TEST_CASE("answers of the gateway itself have a rate where they say so, and no limit of bodies") {
  for (const std::string action : {"redirect: 'https://b.example.com'", "respond: {status: 204}"}) {
    CAPTURE(action);
    const LoadOutcome outcome = load_route("host: a.example.com, " + action + ", limits: {rate: 5/s}");
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    CHECK(outcome.config->routes[0].limits.rate == RateLimit{5, 1s, 5, RatePer::address});
    CHECK(print(*outcome.config).find("limits: {rate: {requests: 5/s") != std::string::npos);
    const LoadOutcome body = load_route("host: a.example.com, " + action + ", limits: {body: 5KiB}");
    CHECK(all_of(body.errors).find("routes.limits.body: means nothing") != std::string::npos);
  }
}

TEST_CASE("sign-in is limited unless that is turned off, and by address alone") {
  const auto login_rate = [](const std::string& line) {
    Sample sample;
    sample.login += line;
    return sample.load();
  };
  CHECK(login_rate("").config->login.rate == RateLimit{10, 1s, 100, RatePer::address});
  CHECK_FALSE(login_rate("  rate: off\n").config->login.rate);
  CHECK(login_rate("  rate: 3/s\n").config->login.rate == RateLimit{3, 1s, 3, RatePer::address});
  CHECK(fails_with(login_rate("  rate: {requests: 3/s, per: user}\n"), "nobody is signed in there"));
}

TEST_CASE("one person's sign-ins and refusals are limited unless that is turned off") {
  const auto login = [](const std::string& lines) {
    Sample sample;
    sample.login += lines;
    return sample.load();
  };
  const LoadOutcome usual = login("");
  CHECK(usual.config->login.sign_in_rate == RateLimit{10, 60s, 60, RatePer::user});
  CHECK(usual.config->login.denied_rate == RateLimit{60, 60s, 120, RatePer::user});
  CHECK(print(*usual.config).find("sign_in_rate: {requests: 10/m, burst: 60}") != std::string::npos);
  const LoadOutcome own = login("  sign_in_rate: {requests: 5/m, burst: 7}\n  denied_rate: off\n");
  CHECK(own.config->login.sign_in_rate == RateLimit{5, 60s, 7, RatePer::user});
  CHECK_FALSE(own.config->login.denied_rate);
  CHECK(fails_with(login("  denied_rate: {requests: 5/m, per: address}\n"), "is always one person"));
}
