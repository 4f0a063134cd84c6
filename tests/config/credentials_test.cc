// basic: what the gateway proves to an upstream.
#include <doctest/doctest.h>

#include <string>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

const std::string kBase = "host: a.example.com, to: 'http://app', ";

}  // namespace

TEST_CASE("basic credentials are read, and printed without the password") {
  Sample sample;
  sample.environment.variables["PW"] = "p: w";
  sample.routes = "routes:\n  - {" + kBase + "policy: staff, basic: {user: gate, password: {env: PW}}}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Route& route = outcome.config->routes[0];
  REQUIRE(route.basic.has_value());
  CHECK(route.basic->user == "gate");
  CHECK(route.basic->password.value.reveal() == "p: w");
  const std::string printed = print(*outcome.config);
  CHECK(printed.contains("basic: {user: \"gate\", password: {env: "));
  CHECK_FALSE(printed.contains("p: w"));
  const LoadOutcome again = load_text(printed, sample.environment);
  CAPTURE(all_of(again.errors));
  REQUIRE(again.config);
  CHECK(again.config->routes == outcome.config->routes);
}

TEST_CASE("basic credentials that cannot be, or would be everybody's, are errors") {
  const std::string basic = "basic: {user: a, password: b}";
  struct Row {
    std::string keys;
    std::string part;
  };
  for (const Row& row : {
           Row{"policy: staff, basic: {user: 'a:b', password: c}", "without colons"},
           Row{"policy: staff, basic: {user: '', password: c}", "without colons"},
           Row{"policy: staff, basic: {user: a}", "routes.basic.password: is missing"},
           Row{"policy: staff, basic: {password: a}", "routes.basic.user: is missing"},
           Row{"policy: staff, basic: {user: a, password: \"x\\ny\"}", "not one line"},
           Row{"policy: staff, basic: yes", "expected a map"},
           Row{"public: true, " + basic, "would be everybody's"},
           Row{"policy: staff, " + basic + ", request_headers: {set: {authorization: x}}",
               "Authorization is what basic"},
           Row{"policy: staff, " + basic + ", request_headers: {remove: Authorization}",
               "Authorization is what basic"},
       }) {
    CAPTURE(row.keys);
    const LoadOutcome outcome = load_route(kBase + row.keys);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.part));
  }
  CHECK(fails_with(load_route("host: a.example.com, redirect: 'https://b.example.com', " + basic),
                   "means nothing without an upstream"));
}

TEST_CASE("default credentials are not for public routes, and off takes them away") {
  Sample sample;
  sample.top = "defaults: {basic: {user: a, password: b}}\n";
  sample.routes = "routes:\n  - {" + kBase +
                  "policy: staff}\n  - {host: b.example.com, to: 'http://app', public: true}\n"
                  "  - {host: c.example.com, to: 'http://app', policy: staff, basic: off}\n";
  sample.login.insert(sample.login.find('\n') + 1, "  host: auth.example.com\n");
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->routes[0].basic.has_value());
  CHECK_FALSE(outcome.config->routes[1].basic.has_value());
  CHECK_FALSE(outcome.config->routes[2].basic.has_value());
}

namespace {

LoadOutcome load_with_store(const std::string& session, const std::string& keys) {
  Sample sample;
  sample.login += "  session: " + session + "\n";
  sample.routes = "routes:\n  - {" + kBase + keys + "}\n";
  return sample.load();
}

}  // namespace

TEST_CASE("a token is forwarded only where one is kept, and for people alone") {
  const std::string stored = "{store: memory, refresh: 5m}";
  for (const auto& [word, kind] :
       {std::pair("access", ForwardToken::access), std::pair("id", ForwardToken::id)}) {
    const LoadOutcome outcome = load_with_store(stored, "policy: staff, forward_token: " + std::string(word));
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    CHECK(outcome.config->routes[0].forward_token == kind);
    CHECK(outcome.config->forwards(kind));
    CHECK(outcome.warnings.empty());
    CHECK(print(*outcome.config).contains("forward_token: " + std::string(word)));
  }
  CHECK_FALSE(load_with_store(stored, "policy: staff").config->forwards(ForwardToken::access));
  CHECK(fails_with(load_route(kBase + "policy: staff, forward_token: access"), "no token is kept"));
  CHECK(fails_with(load_with_store(stored, "public: true, forward_token: id"), "nobody signs in"));
  CHECK(fails_with(load_with_store(stored, "policy: staff, forward_token: refresh"), "expected one of"));
  CHECK(fails_with(load_with_store(stored, "policy: staff, forward_token: id, basic: {user: a, password: b}"),
                   "basic sends another"));
  CHECK(fails_with(
      load_with_store(stored, "policy: staff, forward_token: id, request_headers: {remove: authorization}"),
      "Authorization is what"));
  CHECK(warns_of(load_with_store("{store: memory}", "policy: staff, forward_token: id"),
                 "without login.session.refresh"));
}
