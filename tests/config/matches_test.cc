// Which requests a route is for, and what of that can never be, or must not be the client's choice (attack
// rows G06, O10).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

/// A route with a policy and these keys.
std::string with(std::string_view keys) {
  return "host: a.example.com, to: 'http://app:80', policy: staff, " + std::string(keys);
}

Route route_of(std::string_view text) {
  const LoadOutcome outcome = load_route(text);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->routes[0];
}

/// Routes of one host, one a line: each the keys after the host.
LoadOutcome load_routes(const std::vector<std::string>& routes) {
  Sample sample;
  sample.policies =
      "policies:\n  staff: {allow: [{email_domain: example.com}]}\n  other: {allow: [{group: a}]}\n";
  sample.routes = "routes:\n";
  for (const std::string& keys : routes) sample.routes += "  - {host: app.example.com, " + keys + "}\n";
  return sample.load();
}

const std::string kA = "to: 'http://a', policy: staff";
const std::string kB = "to: 'http://b', policy: other";
const std::string kAOther = "to: ['http://c', 'http://a'], policy: other";

}  // namespace

TEST_CASE("a path may be a regular expression of whole paths") {
  CHECK(route_of(with("path: {regex: '/v[0-9]+/.*'}")).path == PathPattern{"/v[0-9]+/.*", PathMatch::regex});
  for (const std::string bad : {"'v[0-9]+'", "'/v[0-9'", "'/(a'", "'/a\\1'", "'/(?=a)'",
                                "'(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)'", "'/(x{1000}){1000}'"}) {
    CAPTURE(bad);
    CHECK(fails_with(load_route(with("path: {regex: " + bad + "}")), "regular expression"));
  }
  CHECK(fails_with(load_route(with("path: {regex: '/" + std::string(1024, 'a') + "'}")), "over 1024 bytes"));
  CHECK(fails_with(load_route(with("path: {exact: /x, regex: '/y'}")), "expected a path, {exact: /path}"));
  CHECK(fails_with(load_route(with("path: {regex: '/v.*'}, except: [{path: /v1, public: true}]")),
                   "is not below the route's path"));
  CHECK(all_of(load_route(with("except: [{path: {regex: '/v.*'}, public: true}]")).errors)
            .contains("is not below the route's path"));
}

TEST_CASE("header conditions are values of fields that only the client speaks of") {
  const Route route = route_of(with("headers: {X-Api: [v2, v1, v2], accept-version: 3}"));
  REQUIRE(route.headers.size() == 2);
  CHECK(route.headers[0] == HeaderMatch{"accept-version", {"3"}});
  CHECK(route.headers[1] == HeaderMatch{"X-Api", {"v1", "v2"}});
  for (const std::string name :
       {"Host", "Cookie", "Authorization", "Connection", "Content-Length", "Transfer-Encoding",
        "X-Forwarded-For", "X_Forwarded_Proto", "X-Auth-Request-User", "Remote-User", "Upgrade"}) {
    CAPTURE(name);
    CHECK(fails_with(load_route(with("headers: {" + name + ": x}")), "cannot choose a route"));
  }
  CHECK(fails_with(load_route(with("headers: {}")), "1 to 8"));
  CHECK(fails_with(load_route(with("headers: {X-A: []}")), "1 to 32"));
  CHECK(fails_with(load_route(with("headers: {X-A: ''}")), "a header's value"));
  CHECK(fails_with(load_route(with("headers: {X-A: \"a\\nb\"}")), "a header's value"));
  CHECK(fails_with(load_route(with("headers: {X-A: x, X_A: y}")), "stands twice"));
  CHECK(fails_with(load_route(with("headers: [X-A]")), "expected a map"));
}

TEST_CASE("an except may take other methods than its route") {
  const Route route =
      route_of(with("methods: [POST, GET], except: [{path: /a, methods: [PUT]}, {path: /b, public: true}]"));
  CHECK(route.excepts[0].methods == std::vector<std::string>{"PUT"});
  CHECK(route.excepts[0].access == route.access);
  CHECK(route.excepts[1].methods == std::vector<std::string>{"GET", "POST"});
  CHECK(fails_with(load_route(with("except: [{path: /a, methods: [put]}]")), "in upper case"));
}

TEST_CASE("routes of one path differ by headers, and each can be reached") {
  CHECK(load_routes({kA, kB + ", headers: {X-A: 'x'}", kB + ", headers: {X-A: 'y'}",
                     kB + ", headers: {X-A: 'x', X-B: 'x'}", kB + ", headers: {X-C: 'x'}"})
            .config);
  CHECK(fails_with(load_routes({kA, kB}), "never be reached"));
  CHECK(fails_with(load_routes({kB + ", headers: {X-A: 'x'}", kA, kB + ", headers: {x_a: 'x'}"}),
                   "never be reached"));
  CHECK(fails_with(load_routes({kB + ", headers: {X-A: [x, y]}", kB + ", headers: {X-A: 'y'}"}),
                   "never be reached"));
  CHECK(load_routes({kB + ", headers: {X-A: 'y'}", kB + ", headers: {X-A: [x, y]}"}).config);
  std::vector<std::string> many(102, kB);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] += ", headers: {X-A: 'v" + std::to_string(i) + "'}";
  CHECK(fails_with(load_routes(many), "more than 100 routes for app.example.com /"));
}

TEST_CASE("an expression below a prefix of its host can never be reached") {
  const std::string regex = kB + ", path: {regex: '/api/v[0-9]+/.*'}";
  CHECK(load_routes({kA + ", path: /app", regex}).config);
  CHECK(load_routes({kA + ", path: /api/v1", regex}).config);
  CHECK(load_routes({kA + ", path: /ap", regex}).config);
  CHECK(load_routes({kB + ", path: /api, headers: {X-A: 'x'}", regex}).config);
  CHECK(fails_with(load_routes({kA, regex}), "prefixes come before regular expressions"));
  CHECK(fails_with(load_routes({kA + ", path: /api", regex}), "prefixes come before regular expressions"));
  CHECK(fails_with(load_routes({kA, kB + ", path: {regex: '(/a|/b).*'}"}), "prefixes come before"));
  CHECK(load_routes({kA + ", path: /a", kB + ", path: {regex: '/a[0-9]+'}"}).config);
  CHECK(fails_with(load_routes({regex, regex}), "never be reached"));
  std::vector<std::string> many(101, kB);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] += ", path: {regex: '/x" + std::to_string(i) + ".*'}";
  CHECK(fails_with(load_routes(many), "more than 100 regular expressions"));
}

TEST_CASE("no access rule of an upstream is the client's choice by a header") {
  const std::string canary = ", headers: {X-Canary: 'on'}";
  // Another upstream, or the same rule: a choice that is harmless.
  CHECK(load_routes({kA, kB + canary}).config);
  CHECK(load_routes({kA, "to: 'http://a', policy: staff, timeouts: {idle: 1s}" + canary}).config);
  const std::string why = "whoever asks chooses the headers";
  CHECK(fails_with(load_routes({kA, kAOther + canary}), why));
  CHECK(fails_with(load_routes({kA + canary, kAOther}), why));
  CHECK(fails_with(load_routes({kA, "to: 'http://a', public: true" + canary}), why));
  CHECK(fails_with(load_routes({kA, kA + ", methods: [GET]" + canary}), why));
  CHECK(fails_with(load_routes({kA, "to: 'h2c://a', policy: other" + canary}), why));
  CHECK(fails_with(load_routes({"to: 'unix:/a', policy: staff", "to: 'unix:/a', policy: other" + canary}),
                   why));
  CHECK(load_routes({"to: 'unix:/a', policy: staff", "to: 'unix:/b', policy: other" + canary}).config);
  // The shorter path answers without the header.
  CHECK(fails_with(load_routes({kA, kAOther + ", path: /x" + canary}), why));
  CHECK(fails_with(load_routes({kA, kAOther + ", path: {exact: /x}" + canary}), why));
  CHECK(load_routes({kA, kB + ", path: /x", kAOther + ", path: /x/y" + canary}).config);
  CHECK(fails_with(load_routes({kA + ", path: {regex: '/x.*'}", kAOther + ", path: /x/y" + canary}), why));
  CHECK(fails_with(
      load_routes({kA + ", path: {regex: '/x.*'}", kAOther + ", path: {regex: '/.*y'}" + canary}), why));
  // Without the header nobody is asked about /open: the except has its route's conditions.
  CHECK(load_routes({kB, kA + canary + ", except: [{path: /open, public: true}]"}).config);
  const std::string more = ", headers: {X-Canary: 'on', X-Beta: 'on'}";
  CHECK(fails_with(load_routes({kB, kA + canary, kAOther + more}), why));
  CHECK(fails_with(load_routes({kA, kA + canary + ", except: [{path: /open, public: true}]"}), why));
}

TEST_CASE("thousands of routes are compared without each being compared with each") {
  const auto load = [](int size) {
    std::vector<std::string> many;
    for (int i = 0; i < size; ++i) {
      const std::string number = std::to_string(i);
      many.push_back("to: 'http://o" + number + "', path: /p" + number +
                     ", strip_prefix: true, policy: " + (i % 2 == 0 ? "staff" : "other"));
    }
    CHECK(load_routes(many).config);
  };
  CHECK(grows_in_line(load, 1500));
}

TEST_CASE("G06: a changed path that leads around another rule of the same upstream is warned about") {
  const auto warned = [](const std::vector<std::string>& routes) {
    return warns_of(load_routes(routes), "are reached under another access rule");
  };
  CHECK(warned({kA + ", path: /api, strip_prefix: true", kAOther + ", path: /admin"}));
  CHECK(warned({kA + ", rewrite: '/x{path}'", kAOther + ", path: /admin"}));
  CHECK_FALSE(warned({kA + ", path: /api, strip_prefix: true", kA + ", path: /admin"}));
  CHECK_FALSE(warned({kA + ", path: /api, strip_prefix: true", kB + ", path: /admin"}));
  CHECK_FALSE(warned({kA + ", path: /api", kAOther + ", path: /admin"}));
}
