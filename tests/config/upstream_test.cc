// What stands behind a route: its origins and how requests are spread over them, right and wrong.
#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

std::string with(const std::string& keys) {
  return "host: a.example.com, policy: staff, " + keys;
}

Upstream upstream_of(const std::string& keys) {
  const LoadOutcome outcome = load_route(with(keys));
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return std::get<Upstream>(outcome.config->routes.at(0).action);
}

struct Row {
  std::string keys;
  std::string part;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.keys);
    const LoadOutcome outcome = load_route(with(row.keys));
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.part));
  }
}

}  // namespace

TEST_CASE("an upstream is one origin or a list of them, each with its weight") {
  const Upstream one = upstream_of("to: 'http://a'");
  CHECK(one.text() == "http://a");
  CHECK(one.balancing == Balancing());
  const Upstream list = upstream_of("to: ['http://a', {url: 'http://b:81', weight: 3}]");
  CHECK(list.text() == "http://a, http://b:81");
  CHECK(list.origins[0].weight == 1);
  CHECK(list.origins[1].weight == 3);
}

TEST_CASE("origins of every protocol are read, each in its normal form") {
  struct Read {
    std::string to;
    std::string text;
    OriginProtocol protocol;
    bool is_tls;
    bool is_http2;
  };
  for (const Read& row : std::vector<Read>{
           {"'http://A:80'", "http://a", OriginProtocol::http, false, false},
           {"'https://a:443'", "https://a", OriginProtocol::https, true, false},
           {"'h2c://a:80'", "h2c://a", OriginProtocol::h2c, false, true},
           {"'h2c://A.svc:50051'", "h2c://a.svc:50051", OriginProtocol::h2c, false, true},
           {"'h2://a:8443'", "h2://a:8443", OriginProtocol::h2, true, true},
           {"'unix:/run/app.sock'", "unix:/run/app.sock", OriginProtocol::unix_socket, false, false}}) {
    CAPTURE(row.to);
    const Upstream read = upstream_of("to: " + row.to);
    CHECK(read.text() == row.text);
    CHECK(read.protocol() == row.protocol);
    CHECK(read.is_tls() == row.is_tls);
    CHECK(read.is_http2() == row.is_http2);
  }
  CHECK(upstream_of("to: 'unix:/run/app.sock'").origins[0].unix_path == "/run/app.sock");
  CHECK(upstream_of("to: 'http://a', proxy_protocol: v2").proxy_header == SentProxyHeader::v2);
}

TEST_CASE("a service of the cluster is named by namespace, name and port") {
  const Upstream named = upstream_of("to: 'kubernetes://shop/web:http'");
  CHECK(named.origins[0].service == core::KubernetesService{"shop", "web", "http", 0});
  CHECK(named.origins[0].text() == "kubernetes://shop/web:http");
  CHECK(named.origins[0].url.origin() == "http://web.shop.svc");
  CHECK(named.protocol() == OriginProtocol::http);
  const Upstream numbered = upstream_of("to: 'kubernetes+h2c://shop/api:50051'");
  CHECK(numbered.origins[0].service == core::KubernetesService{"shop", "api", "", 50051});
  CHECK(numbered.origins[0].text() == "kubernetes+h2c://shop/api:50051");
  CHECK(numbered.origins[0].url.origin() == "http://api.shop.svc:50051");
  CHECK(numbered.is_http2());
  const Upstream secure = upstream_of("to: 'kubernetes+https://shop/web:443'");
  CHECK(secure.origins[0].text() == "kubernetes+https://shop/web:443");
  CHECK(secure.origins[0].url.origin() == "https://web.shop.svc");
  CHECK(secure.is_tls());
  CHECK(upstream_of("to: 'kubernetes+h2://shop/web:9443'").origins[0].text() ==
        "kubernetes+h2://shop/web:9443");
}

TEST_CASE("what names no service is refused") {
  constexpr std::string_view kForm = "kubernetes://NAMESPACE/SERVICE:PORT";
  for (const std::string_view to :
       {"kubernetes://web", "kubernetes://shop/web", "kubernetes://shop:80", "kubernetes://shop/web:80/x",
        "kubernetes:///web:80", "kubernetes://shop/:80", "kubernetes://shop/web:", "kubernetes://Shop/web:80",
        "kubernetes://shop/web_1:80", "kubernetes://shop/-web:80", "kubernetes://shop/web-:80",
        "kubernetes://shop/web.x:80", "kubernetes://shop/../web:80", "kubernetes://u@shop/web:80",
        "kubernetes+http://shop/web:80", "kubernetes+ftp://shop/web:80", "kubernetes:shop/web:80",
        "kubernetes://shop/web:80?x=1", "kubernetes://shop/%77eb:80"}) {
    check_rows({{"to: '" + std::string(to) + "'", std::string(kForm)}});
  }
  check_rows(
      {{"to: 'kubernetes://shop/web:0'", "a port from 1 to 65535"},
       {"to: 'kubernetes://shop/web:080'", "a port from 1 to 65535"},
       {"to: 'kubernetes://shop/web:65536'", "a port from 1 to 65535"},
       {"to: 'kubernetes://" + std::string(64, 'a') + "/web:80'", std::string(kForm)},
       {"to: ['kubernetes://shop/web:80', 'kubernetes://shop/web:80']", "stands twice"},
       {"to: ['kubernetes://shop/web:80', 'kubernetes+h2c://shop/web:80']", "http and h2c in one route"}});
}

TEST_CASE("who we are in the cluster is said once, and where") {
  Sample sample;
  CHECK(sample.load().config->kubernetes == Kubernetes());
  sample.top = "storage: {kubernetes: edge, service_account: /run/edge}\n";
  CHECK(sample.load().config->kubernetes.service_account == "/run/edge");
  sample.top += "kubernetes: {service_account: /run/other, zone: fr-par-1}\n";
  CHECK(sample.load().config->kubernetes == Kubernetes{"/run/other", "fr-par-1"});
  for (const auto& [top, says] : std::vector<std::pair<std::string, std::string>>{
           {"kubernetes: {zone: 'a b'}\n", "topology.kubernetes.io/zone"},
           {"kubernetes: {service_account: here}\n", "the absolute path of a directory"},
           {"kubernetes: {zones: a}\n", "did you mean \"zone\""}}) {
    sample.top = top;
    CHECK(fails_with(sample.load(), says));
  }
}

TEST_CASE("more services than are followed are refused") {
  Sample sample;
  sample.routes = "routes:\n";
  for (int i = 0; i <= 200; ++i)
    sample.routes += "  - {host: h" + std::to_string(i) + ".example.com, to: 'kubernetes://shop/s" +
                     std::to_string(i) + ":http', public: true}\n";
  CHECK(fails_with(sample.load(), "201 services by kubernetes://, at most 200"));
}

TEST_CASE("origins that cannot be of one upstream are refused") {
  check_rows({{"to: []", "1 to 100 upstreams"},
              {"to: ['http://a', 'https://b']", "http and https in one route"},
              {"to: ['http://a:80', 'http://a']", "http://a stands twice"},
              {"to: ['http://a', 'h2c://b']", "http and h2c in one route"},
              {"to: ['unix:/a', 'unix:/a']", "unix:/a stands twice"},
              {"to: 'unix:a.sock'", "the absolute path of a socket"},
              {"to: 'unix:/a/../b'", "the absolute path of a socket"},
              {"to: 'unix:/'", "the absolute path of a socket"},
              {"to: 'unix:/" + std::string(107, 'a') + "'", "at most 107 bytes"},
              {"to: 'h2c://b/x'", "host and port only"},
              {"to: 'h3://b'", "a URL such as"},
              {"to: 'h2c://b', tls: {server_name: x.com}", "the upstream has no TLS"},
              {"to: 'unix:/a', tls: {server_name: x.com}", "the upstream has no TLS"},
              {"to: 'h2://b', proxy_protocol: v2", "serves many clients"},
              {"to: 'http://b', proxy_protocol: v1", "expected one of off, v2"},
              {"to: 'https://b', tls: {client_certificate: {certificate: /etc/passwd}}",
               "client_certificate.key: is missing"},
              {"to: 'https://b', tls: {client_certificate: {certificate: /nowhere.pem, key: /etc/passwd}}",
               "client_certificate.certificate: cannot read /nowhere.pem"},
              {"to: ['http://a', 'http://b/x']", "host and port only"},
              {"to: [{weight: 2}]", "routes.to.url: is missing"},
              {"to: [{url: 'http://a', weight: 0}]", "from 1 to 100"},
              {"to: [{url: 'http://a', weight: 101}]", "from 1 to 100"},
              {"to: [{url: 'http://a', weigth: 1}]", "did you mean \"weight\""},
              {"to: ['http://a', 'http://b'], tls: {server_name: x.com}", "the upstream has no TLS"}});
}

TEST_CASE("how requests are spread is read") {
  const Balancing read =
      upstream_of(
          "to: 'http://a', balance: client_ip, health: {path: /healthz, interval: 5s, timeout: 700ms, "
          "healthy: "
          "1, unhealthy: 2}, circuit: {connections: 10, pending: 0}, retry: {attempts: 2, budget: 20%}, "
          "slow_start: 30s")
          .balancing;
  CHECK(read.balance == Balance::client_ip);
  CHECK(read.health == HealthCheck{"/healthz", 5s, 700ms, 1, 2});
  CHECK(read.circuit == Circuit{10, 0});
  CHECK(read.retry == Retry{2, 20});
  CHECK(read.slow_start == 30s);
  CHECK(upstream_of("to: 'http://a', retry: off").balancing.retry.attempts == 0);
  CHECK(upstream_of("to: 'http://a', slow_start: off, circuit: {connections: off}").balancing == Balancing());
}

TEST_CASE("defaults hold for routes that say nothing else, key by key") {
  Sample sample;
  sample.routes =
      "routes:\n  - {host: a.example.com, to: 'http://a', policy: staff, health: off, retry: {attempts: 4}}\n"
      "  - {host: a.example.com, path: /b, to: 'http://a', policy: staff, health: {interval: 1s}}\n";
  sample.top =
      "defaults: {balance: least_requests, health: {path: /h}, retry: {budget: 5%}, slow_start: 1s, "
      "circuit: {pending: 3}, timeouts: {total: 2m}}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Balancing& first = std::get<Upstream>(outcome.config->routes[0].action).balancing;
  CHECK(first.balance == Balance::least_requests);
  CHECK_FALSE(first.health);
  CHECK(first.retry == Retry{4, 5});
  const Balancing& second = std::get<Upstream>(outcome.config->routes[1].action).balancing;
  CHECK(second.health == HealthCheck{"/h", 1s, 2s, 2, 3});
  CHECK(second.circuit.pending == 3);
  CHECK(outcome.config->routes[1].timeouts.total == 120s);
}

TEST_CASE("wrong values of what spreads requests are refused") {
  check_rows({{"to: 'http://a', balance: random", "round_robin, least_requests, client_ip, cookie"},
              {"to: 'http://a', health: {interval: 5s}", "routes.health.path: is missing"},
              {"to: 'http://a', health: /healthz", "expected a map"},
              {"to: 'http://a', health: {path: healthz}", "begins with /"},
              {"to: 'http://a', health: {path: '/a b'}", "begins with /"},
              {"to: 'http://a', health: {path: /h, interval: 99ms}", "100ms or more"},
              {"to: 'http://a', health: {path: /h, timeout: 0s}", "more than nothing"},
              {"to: 'http://a', health: {path: /h, healthy: 0}", "from 1 to 100"},
              {"to: 'http://a', health: {path: /h, intervall: 5s}", "did you mean \"interval\""},
              {"to: 'http://a', circuit: {connections: 0}", "from 1 to 1000000"},
              {"to: 'http://a', circuit: {conections: 1}", "did you mean \"connections\""},
              {"to: 'http://a', retry: {attempts: 11}", "from 0 to 10"},
              {"to: 'http://a', retry: {budget: 10}", "a share such as 10%"},
              {"to: 'http://a', retry: {budget: 101%}", "from 0% to 100%"},
              {"to: 'http://a', timeouts: {total: 0s}", "more than nothing"},
              {"redirect: 'https://x.com', balance: cookie", "means nothing without an upstream"},
              {"redirect: 'https://x.com', circuit: {pending: 1}", "means nothing without an upstream"}});
}

TEST_CASE("a route that keeps %2F is alone on each origin of its list") {
  Sample sample;
  sample.policies += "  other: {allow: [{group: a}]}\n";
  sample.routes =
      "routes:\n"
      "  - {host: a.example.com, path: /x, to: ['http://a', 'http://b'], policy: staff, encoded_slashes: "
      "keep}\n"
      "  - {host: a.example.com, path: /y, to: ['http://c', 'http://b'], policy: other}\n";
  CHECK(fails_with(sample.load(), "encoded_slashes: keep is not allowed"));
}
