// routes: one row a rule.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using namespace std::chrono_literals;

namespace {

struct Row {
  std::string text;
  std::string why;
};

Route route_of(std::string_view text) {
  const LoadOutcome outcome = load_route(text);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->routes[0];
}

/// A route with a policy and these keys.
std::string with(std::string_view keys) {
  return "host: a.example.com, to: 'http://app:80', policy: staff, " + std::string(keys);
}

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LoadOutcome outcome = load_route(row.text);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
  }
}

}  // namespace

TEST_CASE("a route's keys are read") {
  const Route route = route_of(
      "host: A.Example.com., path: /x/, to: 'https://app.svc:8443', policy: staff, unauthenticated: '401', "
      "identity: oauth2-proxy, methods: [POST, GET], tls: {server_name: api.internal}, upstream_host: "
      "upstream, "
      "encoded_slashes: keep, websocket: {origins: ['https://S.example.com'], lifetime: 12h}, limits: {body: "
      "10MiB}, "
      "timeouts: {connect: 1s}, sign_in: {provider: corp, prompt: login, acr_values: gold silver}, "
      "request_headers: {set: {X-Env: 'p {user}'}, "
      "remove: [X-Debug]}, "
      "response_headers: {set: {Strict-Transport-Security: max-age=63072000}}, compress: off");
  CHECK(route.host == "a.example.com");
  CHECK(route.path == PathPattern{"/x", PathMatch::prefix});
  const auto& upstream = std::get<Upstream>(route.action);
  CHECK(upstream.origins.front().url.origin() == "https://app.svc:8443");
  CHECK(upstream.tls.server_name == "api.internal");
  CHECK(upstream.host.mode == UpstreamHostMode::upstream);
  CHECK(route.access == Access{AccessKind::policy, 0});
  CHECK(route.unauthenticated == Unauthenticated::refuse);
  CHECK(route.identity.preset == IdentityPreset::oauth2_proxy);
  CHECK(route.methods == std::vector<std::string>{"GET", "POST"});
  CHECK(route.encoded_slashes == SlashMode::keep);
  CHECK(route.websocket_origins == std::vector<std::string>{"https://s.example.com"});
  CHECK(route.websocket_lifetime == 12h);
  CHECK(route.limits.body == 10485760U);
  CHECK(route.timeouts.connect == 1s);
  CHECK(route.timeouts.response == 60s);
  CHECK(route.sign_in == SignIn{{"corp"}, "login", "gold silver"});
  REQUIRE(route.request_headers.set.size() == 1);
  CHECK(route.request_headers.set[0].second.text == "p {user}");
  CHECK(route.request_headers.set[0].second.at.line == 8);
  CHECK(route.request_headers.remove == std::vector<std::string>{"X-Debug"});
  CHECK(route.response_headers.set[0].first == "Strict-Transport-Security");
  CHECK(route_of(with("upstream_host: 'App.internal:81'")).action.index() == 0);
  CHECK(std::get<Upstream>(route_of(with("upstream_host: 'App.internal:81'")).action).host.name ==
        "app.internal:81");
}

TEST_CASE("hosts are exact, one label, or any") {
  CHECK(route_of("host: '*', redirect: 'https://{host}{uri}'").host == "*");
  CHECK(route_of("host: '*.Example.com', redirect: 'https://x.com'").host == "*.example.com");
  const std::string rest = ", redirect: 'https://x.com'";
  check_rows({{"host: 'a.example.com:443'" + rest, "host name"},
              {"host: 'https://a.example.com'" + rest, "host name"},
              {"host: 'a.*.com'" + rest, "host name"},
              {"host: '*.com'" + rest, "host name"},
              {"host: 'a*.example.com'" + rest, "host name"},
              {"host: 'b\xC3\xBC.example.com'" + rest, "host name"},
              {"host: ''" + rest, "host name"},
              {"host: [a.com]" + rest, "single value"},
              {"redirect: 'https://x.com'", "routes.host: is missing"}});
}

TEST_CASE("paths are prefixes of whole segments or exact") {
  CHECK(route_of(with("path: /")).path == PathPattern{});
  CHECK(route_of(with("path: {exact: /x}")).path == PathPattern{"/x", PathMatch::exact});
  CHECK(route_of(with("path: {exact: /x/}")).path == PathPattern{"/x/", PathMatch::exact});
  check_rows({{with("path: x"), "begins with /"},
              {with("path: '/a?b'"), "without query"},
              {with("path: '/a b'"), "expected a path"},
              {with("path: /a%2Fb"), "expected a path"},
              {with("path: /../a"), "expected a path"},
              {with("path: {}"), "{exact: /path}"},
              {with("path: {exact: /x, exat: /x}"), "did you mean \"exact\""}});
}

TEST_CASE("exactly one thing answers") {
  check_rows(
      {{"host: a.example.com, policy: staff", "exactly one of to, redirect and respond"},
       {"host: a.example.com, to: 'http://a', redirect: 'https://x.com', policy: staff", "exactly one of"},
       {"host: a.example.com, respond: {status: 200}, redirect: 'https://x.com'", "exactly one of"}});
}

TEST_CASE("a route with an upstream needs exactly one access rule") {
  check_rows({{"host: a.example.com, to: 'http://app'", "exactly one of public: true, policy and authorize"},
              {"host: a.example.com, to: 'http://app', public: true, policy: staff", "exclude each other"},
              {"host: a.example.com, to: 'http://app', public: false", "expected true"},
              {"host: a.example.com, to: 'http://app', public: yes", "true or false"},
              {"host: a.example.com, to: 'http://app', policy: stuff", "did you mean \"staff\""},
              {"host: a.example.com, to: 'http://app', policy: [staff]", "single value"}});
  CHECK(route_of("host: a.example.com, to: 'http://app', public: true").access.kind == AccessKind::open);
  CHECK(route_of("host: a.example.com, redirect: 'https://x.com'").access.kind == AccessKind::open);
  CHECK(route_of("host: a.example.com, redirect: 'https://x.com', policy: staff").access.kind ==
        AccessKind::policy);
}

TEST_CASE("an upstream is one http or https origin") {
  const std::string rest = ", policy: staff";
  check_rows({{"host: a.example.com, to: 'http://app/x'" + rest, "host and port only"},
              {"host: a.example.com, to: 'app:80'" + rest, "expected a URL"},
              {"host: a.example.com, to: 'ftp://app'" + rest, "expected a URL"},
              {"host: a.example.com, to: {url: x}" + rest, "expected a URL"},
              {with("tls: {server_name: a.com}"), "the upstream has no TLS"},
              {"host: a.example.com, to: 'https://app', tls: {client_certificate: x}" + rest,
               "client_certificate: expected"},
              {"host: a.example.com, to: 'https://app', tls: {ca: /nonexistent}" + rest, "cannot read"},
              {with("upstream_host: 'a b'"), "preserve, upstream or a name"}});
}

TEST_CASE("a redirect's authority is literal or the request's own host") {
  const auto target = [](std::string_view to) {
    return load_route("host: a.example.com, redirect: '" + std::string(to) + "'");
  };
  for (const std::string to :
       {"https://new.example.com{uri}", "https://{host}{uri}", "https://{host}/x{path}", "http://x.com",
        "https://x.com:8443/a?b={path}", "https://[::1]/x", "https://{host}"}) {
    CAPTURE(to);
    const LoadOutcome outcome = target(to);
    CAPTURE(all_of(outcome.errors));
    CHECK(outcome.config);
  }
  for (const std::string to :
       {"{uri}", "//evil.com{uri}", "/x", "https://{host}.evil.com", "https://x{host}/", "https://{path}",
        "https://{uri}", "https://x.com{host}", "https://u@x.com/", "https://", "https:///x",
        "{host}://x.com", "javascript:alert(1)", "https://x.com\\@y.com", "https://x.com/{user}",
        "https://x.com/{", "https://x.com/ y", "https://{{host}/", "https://{host:ascii}x/"}) {
    CAPTURE(to);
    CHECK_FALSE(target(to).config);
  }
}

TEST_CASE("a redirect's status and a fixed answer") {
  const auto redirect = std::get<Redirect>(
      route_of("host: a.example.com, redirect: {to: 'https://x.com', status: 302}").action);
  CHECK(redirect.status == 302);
  CHECK(redirect.to.text == "https://x.com");
  CHECK(std::get<Redirect>(route_of("host: a.example.com, redirect: 'https://x.com'").action).status == 308);
  const auto respond = std::get<Respond>(
      route_of("host: a.example.com, respond: {status: 404, body: \"no\\n\", content_type: text/html}")
          .action);
  CHECK(respond.status == 404);
  CHECK(respond.body == "no\n");
  CHECK(respond.content_type == "text/html");
  check_rows({{"host: a.example.com, redirect: {to: 'https://x.com', status: 200}", "301, 302"},
              {"host: a.example.com, redirect: {status: 302}", "to: is missing"},
              {"host: a.example.com, respond: {status: 100}", "200 to 599"},
              {"host: a.example.com, respond: {status: 600}", "200 to 599"},
              {"host: a.example.com, respond: {status: 204, body: x}", "no body"},
              {"host: a.example.com, respond: {content_type: ''}", "not empty"},
              {"host: a.example.com, respond: ok", "expected a map"},
              {"host: a.example.com, respond: {}, timeouts: {idle: 1s}", "without an upstream"},
              {"host: a.example.com, respond: {}, identity: grafana", "without an upstream"}});
}

TEST_CASE("excepts have a rule of their own inside the route's path") {
  const Route route = route_of(
      "host: a.example.com, path: /m, to: 'http://app', policy: staff, unauthenticated: redirect, "
      "except: [{path: /m/rest, public: true}, {path: {exact: /m/x}, unauthenticated: '401'}, {path: {exact: "
      "/m}, public: true}]");
  REQUIRE(route.excepts.size() == 3);
  CHECK(route.excepts[0].path.path == "/m/rest");
  CHECK(route.excepts[0].access.kind == AccessKind::open);
  CHECK(route.excepts[0].unauthenticated == Unauthenticated::redirect);
  CHECK(route.excepts[1].access == route.access);
  CHECK(route.excepts[1].unauthenticated == Unauthenticated::refuse);
  const std::string rest = "host: a.example.com, path: /m, to: 'http://app', policy: staff, except: ";
  check_rows(
      {{rest + "[{path: /rest, public: true}]", "is not below the route's path"},
       {rest + "[{path: /mrest, public: true}]", "is not below the route's path"},
       {rest + "[{path: /m, public: true}]", "is not below the route's path"},
       {rest + "[{path: /m/x}]", "changes nothing"},
       {rest + "[{public: true}]", "path: is missing"},
       {rest + "[{path: /m/x, authorize: {url: 'http://engine/'}, public: true}]", "exclude each other"},
       {rest + "[{path: /m/x, policy: nobody}]", "there is no policy"},
       {rest + "[{path: /m/x, public: true}, {path: /m/x/, policy: staff}]", "never be reached"},
       {rest + "{path: /m/x, public: true}", "expected a list"}});
}

TEST_CASE("another decision engine is asked alone or with a policy") {
  const std::string route = "host: a.example.com, to: 'http://app', ";
  const Access alone = route_of(route + "authorize: {url: 'http://engine:9091/api/authz/ext-authz/'}").access;
  CHECK(alone.kind == AccessKind::engine);
  CHECK(alone.authorize->convention == EngineConvention::ext_authz);
  CHECK(alone.authorize->send ==
        std::vector<std::string>{"Cookie", "Authorization", "Accept", "X-Requested-With"});
  CHECK(alone.authorize->timeout == 2s);
  CHECK(alone.authorize->recheck == 1min);
  const Access both =
      route_of(route +
               "policy: staff, authorize: {url: 'https://engine/check?x', send: [], identity: "
               "[Remote-User], timeout: 500ms, recheck: 1h}")
          .access;
  CHECK(both.kind == AccessKind::policy);
  CHECK(both.authorize->convention == EngineConvention::forward_auth);
  CHECK(both.authorize->identity == std::vector<std::string>{"Remote-User"});
  CHECK(both.authorize->timeout == 500ms);
  CHECK(both.authorize->recheck == 1h);
  const auto engine = [&route](const std::string& keys) { return route + "authorize: {" + keys + "}"; };
  const std::string url = "url: 'http://engine/'";
  check_rows(
      {{engine(""), "authorize.url: is missing"},
       {engine("url: engine"), "expected an http or https URL"},
       {route + "authorize: 'http://engine'", "expected a map"},
       {engine(url + ", convention: envoy"), "expected one of forward_auth, auth_request, ext_authz"},
       {engine("url: 'http://engine/a/?x'"), "the query is the request's own"},
       {engine(url + ", timeout: 0s"), "expected 1ms to 60s"},
       {engine(url + ", timeout: 61s"), "expected 1ms to 60s"},
       {engine(url + ", recheck: 999ms"), "expected 1s to 1h"},
       {engine(url + ", recheck: 61m"), "expected 1s to 1h"},
       {engine(url + ", send: [Host]"), "upstream_host's business"},
       {engine(url + ", send: [Content-Length]"), "authorize.send: Content-Length"},
       {engine(url + ", send: [X-Forwarded-For]"), "authorize.send: X-Forwarded-For"},
       {engine(url + ", send: [Remote-User]"), "it carries the identity"},
       {engine(url + ", send: [X-A, x_a]"), "is there twice"},
       {engine(url + ", send: ['a b']"), "the name of a header field"},
       {engine(url + ", identity: [Cookie]"), "cookies cannot carry the identity"},
       {engine(url + ", identity: [Authorization]"), "authorize.identity: Authorization"},
       {engine(url + ", urll: x"), "did you mean \"url\""},
       {route + "public: true, authorize: {" + url + "}", "public and authorize exclude each other"},
       {route + "policy: staff, identity: remote-user, authorize: {" + url + ", identity: [remote_user]}",
        "is set by the route's own identity"},
       {route + "policy: staff, request_headers: {set: {X-Who: x}}, authorize: {" + url +
            ", identity: [X-Who]}",
        "carries the identity on a route"}});
}

TEST_CASE("methods are in upper case and each once") {
  check_rows({{with("methods: [get]"), "in upper case"},
              {with("methods: ['G T']"), "in upper case"},
              {with("methods: [CONNECT]"), "not CONNECT"},
              {with("methods: [GET, GET]"), "stands twice"},
              {with("methods: []"), "1 to 32"}});
}

TEST_CASE("a wrong key of a route is refused") {
  check_rows({{with("unauthenticated: 403"), "expected one of auto, redirect, 401"},
              {with("encoded_slashes: true"), "refuse, keep"},
              {with("websocket: {lifetime: 0s}"), "routes.websocket.lifetime: expected more than nothing"},
              {with("websocket: {lifetime: forever}"), "routes.websocket.lifetime: expected"},
              {with("websocket: {lifetmie: 1h}"), "did you mean \"lifetime\""},
              {with("websocket: {origins: []}"), "1 to 100"},
              {with("websocket: {origins: ['https://a.com/x']}"), "host and port only"},
              {with("compress: gzip"), "expected one of off, on"},
              {with("limits: {rate: 50}"), "expected a rate"},
              {with("limits: {rate: 0/s}"), "expected a rate"},
              {with("limits: {rate: 50/d}"), "expected a rate"},
              {with("limits: {rate: 050/s}"), "expected a rate"},
              {with("limits: {rate: 1.5/s}"), "expected a rate"},
              {with("limits: {rate: 100001/s}"), "at most 100000/s"},
              {with("limits: {rate: 1000001/h}"), "expected a rate"},
              {with("limits: {rate: {burst: 5}}"), "routes.limits.rate.requests: is missing"},
              {with("limits: {rate: {requests: 5/s, burst: 0}}"), "routes.limits.rate.burst: expected 1 to"},
              {with("limits: {rate: {requests: 1/h, burst: 25}}"), "longer than a day"},
              {with("limits: {rate: {requests: 5/s, per: host}}"), "expected one of address, user, route"},
              {with("limits: {rate: {requests: 5/s, brst: 9}}"), "did you mean \"burst\""},
              {with("limits: {body: 10}"), "a size"},
              {with("timeouts: {conect: 1s}"), "did you mean \"connect\""},
              {with("timeouts: {idle: 0s}"), "more than nothing"},
              {with("sign_in: {provider: nobody}"), "there is no provider"},
              {with("sign_in: {provider: []}"), "expected at least one provider"},
              {with("sign_in: {acr_values: ' gold'}"), "with a blank between"},
              {with("sign_in: {prompt: none}"), "login, consent"},
              {with("polcy: staff"), "did you mean \"policy\""}});
}

TEST_CASE("a route's keys of later versions are refused by name") {
  for (const std::string key : {"external"}) {
    CAPTURE(key);
    CHECK(fails_with(load_route(with(key + ": true")), "routes." + key + ": not supported yet"));
  }
}

TEST_CASE("routes are a list that is not empty") {
  Sample sample;
  sample.routes = "routes: []\n";
  CHECK(fails_with(sample.load(), "1 to 20000 routes"));
  sample.routes = "routes: {host: a.com}\n";
  CHECK(fails_with(sample.load(), "expected a list"));
  sample.routes = "routes: [a]\n";
  CHECK(fails_with(sample.load(), "expected a map"));
}
