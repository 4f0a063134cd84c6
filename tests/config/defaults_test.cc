// defaults: what routes get that do not say it themselves.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using std::chrono_literals::operator""s;

namespace {

LoadOutcome load(const std::string& defaults, const std::string& routes) {
  Sample sample;
  sample.policies =
      "policies:\n  staff: {allow: [{email_domain: example.com}]}\n  other: {allow: [{group: a}]}\n";
  sample.login.insert(sample.login.find('\n') + 1, "  host: auth.example.com\n");
  sample.top = "defaults: {" + defaults + "}\n";
  sample.routes = "routes:\n" + routes;
  return sample.load();
}

std::vector<Route> routes_of(const std::string& defaults, const std::string& routes) {
  const LoadOutcome outcome = load(defaults, routes);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->routes;
}

}  // namespace

TEST_CASE("every key of a route can be a default, and a route's own comes first") {
  const auto routes = routes_of(
      "policy: staff, identity: grafana, unauthenticated: '401', methods: [GET], upstream_host: upstream, "
      "encoded_slashes: refuse, websocket: {origins: ['https://s.example.com']}, sign_in: {provider: corp}, "
      "tls: {server_name: n.internal}, timeouts: {idle: 9s}, limits: {body: 1KiB}, compress: off",
      "  - {host: app.example.com, to: 'https://app'}\n"
      "  - {host: app.example.com, path: /own, to: 'http://app', policy: other, identity: remote-user, "
      "unauthenticated: auto, methods: [POST], upstream_host: preserve, limits: {body: off}, "
      "timeouts: {connect: 1s}, websocket: {origins: ['https://t.example.com']}}\n");
  CHECK(routes[0].access == Access{AccessKind::policy, 0});
  CHECK(routes[0].identity.preset == IdentityPreset::grafana);
  CHECK(routes[0].unauthenticated == Unauthenticated::refuse);
  CHECK(routes[0].methods == std::vector<std::string>{"GET"});
  CHECK(routes[0].websocket_origins == std::vector<std::string>{"https://s.example.com"});
  CHECK(routes[0].sign_in.providers == std::vector<std::string>{"corp"});
  CHECK(std::get<Upstream>(routes[0].action).tls.server_name == "n.internal");
  CHECK(std::get<Upstream>(routes[0].action).host.mode == UpstreamHostMode::upstream);
  CHECK(routes[1].access == Access{AccessKind::policy, 1});
  CHECK(routes[1].identity.preset == IdentityPreset::remote_user);
  CHECK(routes[1].unauthenticated == Unauthenticated::automatic);
  CHECK(routes[1].methods == std::vector<std::string>{"POST"});
  CHECK(routes[1].websocket_origins == std::vector<std::string>{"https://t.example.com"});
  CHECK(std::get<Upstream>(routes[1].action).host.mode == UpstreamHostMode::preserve);
  CHECK(std::get<Upstream>(routes[1].action).tls.server_name.empty());  // http: there is nothing to verify
  CHECK_FALSE(routes[1].limits.body);
  CHECK(routes[1].timeouts.connect == 1s);
  CHECK(routes[1].timeouts.idle == 9s);
}

TEST_CASE("a default identity is for persons, and replaced as a whole") {
  const auto routes =
      routes_of("policy: staff, identity: {X-U: '{user}', X-E: '{email}'}",
                "  - {host: app.example.com, to: 'http://a'}\n"
                "  - {host: app.example.com, path: /p, to: 'http://a', public: true}\n"
                "  - {host: app.example.com, path: /i, to: 'http://a', identity: {X-N: '{name}'}}\n");
  CHECK(routes[0].identity.fields.size() == 2);
  CHECK(routes[1].identity == Identity());
  REQUIRE(routes[2].identity.fields.size() == 1);
  CHECK(routes[2].identity.fields[0].name == "X-N");
}

TEST_CASE("a default policy is for upstreams: redirects and fixed answers stay public") {
  const auto routes = routes_of("policy: staff",
                                "  - {host: app.example.com, to: 'http://a'}\n"
                                "  - {host: app.example.com, path: /r, redirect: 'https://x.com'}\n"
                                "  - {host: app.example.com, path: /f, respond: {}}\n"
                                "  - {host: app.example.com, path: /g, respond: {}, policy: other}\n");
  CHECK(routes[1].access.kind == AccessKind::open);
  CHECK(routes[2].access.kind == AccessKind::open);
  CHECK(routes[3].access == Access{AccessKind::policy, 1});
}

TEST_CASE("header edits of a route are put over those of the defaults, name by name") {
  const auto routes = routes_of(
      "policy: staff, request_headers: {set: {X-Env: prod, X-Site: a}, remove: [X-Debug, X-Old]}, "
      "response_headers: {set: {X-Frame-Options: DENY}, remove: [Server]}",
      "  - {host: app.example.com, to: 'http://a', request_headers: {set: {x_env: test, X-Debug: '1'}, "
      "remove: [X-Site]}, response_headers: {remove: [X-Frame-Options]}}\n"
      "  - {host: app.example.com, path: /r, redirect: 'https://x.com'}\n");
  const HeaderEdits& edits = routes[0].request_headers;
  REQUIRE(edits.set.size() == 2);
  CHECK(edits.set[0].first == "x_env");
  CHECK(edits.set[0].second.text == "test");
  CHECK(edits.set[1].first == "X-Debug");
  CHECK(edits.remove == std::vector<std::string>{"X-Old", "X-Site"});
  CHECK(routes[0].response_headers.set.empty());
  CHECK(routes[0].response_headers.remove == std::vector<std::string>{"Server", "X-Frame-Options"});
  CHECK(routes[1].response_headers.set.size() == 1);  // what the gateway answers, too
  CHECK(routes[1].request_headers == HeaderEdits());
}

TEST_CASE("default excepts are for the routes that they are inside of") {
  const auto routes = routes_of(
      "policy: staff, unauthenticated: redirect, except: [{path: /healthz, public: true}, "
      "{path: /api/open, unauthenticated: '401'}]",
      "  - {host: app.example.com, to: 'http://a'}\n"
      "  - {host: b.example.com, path: /api, to: 'http://a', policy: other}\n"
      "  - {host: c.example.com, to: 'http://a', except: [{path: /x, public: true}]}\n"
      "  - {host: d.example.com, redirect: 'https://x.com'}\n");
  REQUIRE(routes[0].excepts.size() == 2);
  REQUIRE(routes[1].excepts.size() == 1);
  CHECK(routes[1].excepts[0].path.path == "/api/open");
  CHECK(routes[1].excepts[0].access == Access{AccessKind::policy, 1});
  REQUIRE(routes[2].excepts.size() == 1);
  CHECK(routes[2].excepts[0].path.path == "/x");
  CHECK(routes[3].excepts.empty());
  CHECK(fails_with(load("except: [{path: /x, polcy: staff}]",
                        "  - {host: a.example.com, to: 'http://a', policy: staff}\n"
                        "  - {host: b.example.com, to: 'http://a', policy: staff}\n"),
                   "did you mean \"policy\""));
}

TEST_CASE("what says where a route is, and what it is, has no default") {
  for (const std::string key : {"host: a.com", "path: /x", "headers: {X-A: b}", "to: 'http://a'",
                                "redirect: 'https://a.com'", "respond: {}", "public: true"}) {
    CAPTURE(key);
    CHECK(fails_with(load(key, "  - {host: a.example.com, to: 'http://a', policy: staff}\n"),
                     "is each route's own"));
  }
  CHECK(fails_with(load("policy: nobody", "  - {host: a.example.com, to: 'http://a', policy: staff}\n"),
                   "there is no policy"));
  CHECK(fails_with(load("unauthenticated: 401", "  - {host: a.example.com, to: 'http://a'}\n"),
                   "exactly one of public: true, policy and authorize"));
}
