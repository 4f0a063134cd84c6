// listen, workers, resolver, tls, storage, limits, shutdown, log, defaults: one row a rule.
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

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LoadOutcome outcome = load_with(row.text + "\n");
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
  }
}

}  // namespace

TEST_CASE("listen takes an address or a list, and off for http") {
  const auto listen = [](std::string_view text) {
    const LoadOutcome outcome = load_with("listen: " + std::string(text) + "\n");
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    return outcome.config->listen;
  };
  CHECK(listen("{https: ':8443'}").https[0].port == 8443);
  CHECK(listen("{https: ['10.0.0.1:443', '[::1]:443']}").https.size() == 2);
  CHECK(listen("{http: off}").http.empty());
  CHECK(listen("{http: 'off'}").http.empty());
  CHECK(listen("{plain: off, admin: 'off', control: off}").https.size() == 1);
  CHECK(listen("{}").admin.empty());
  CHECK(listen("{admin: ['127.0.0.1:9901', '[::1]:9901']}").admin.size() == 2);
  CHECK(listen("{public_port: 8443}").public_port == 8443);
  CHECK_FALSE(listen("{public_port: auto}").public_port);
  CHECK(listen("{health_path: /healthz}").health_path == "/healthz");
  CHECK(listen("{health_path: off}").health_path.empty());
}

TEST_CASE("a wrong listen section is refused") {
  check_rows({{"listen: {https: []}", "the list is empty"},
              {"listen: {https: '443'}", "expected an address"},
              {"listen: {https: [':443', ':443']}", "stands twice"},
              {"listen: {https: {port: 443}}", "expected a single value"},
              {"listen: {https: 443}", "expected an address"},
              {"listen: {public_port: 0}", "a port from 1"},
              {"listen: {public_port: [1]}", "a single value"},
              {"listen: {health_path: healthz}", "begins with /"},
              {"listen: {health_path: /}", "every site"},
              {"listen: {control: control.sock}", "the absolute path of a socket"},
              {"listen: {control: /run/gateway/}", "the absolute path of a socket"},
              {"listen: {control: /" + std::string(100, 'x') + "}", "at most 100 bytes"},
              {"listen: {htps: ':443'}", "did you mean \"https\""},
              {"listen: ':443'", "expected a map"}});
}

TEST_CASE("a deployment behind a proxy needs neither https nor certificates, but somebody to answer") {
  Sample sample;
  sample.tls.clear();
  sample.top = "listen: {https: off, plain: ':8080', trusted_proxies: 127.0.0.1}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->listen.https.empty());
  check_rows({{"listen: {https: off}", "nothing serves the routes"}});
}

TEST_CASE("hsts is off, on, or as it is written") {
  const auto load_hsts = [](std::string_view hsts) {
    Sample sample;
    sample.tls.replace(sample.tls.find('{'), 1, "{hsts: " + std::string(hsts) + ", ");
    return sample.load();
  };
  CHECK_FALSE(load_hsts("off").config->tls.strict_transport);
  CHECK(load_hsts("on").config->tls.strict_transport == StrictTransport());
  const auto written = load_hsts("{max_age: 1d, subdomains: true}").config->tls.strict_transport;
  CHECK(written->max_age == std::chrono::hours(24));
  CHECK(written->includes_subdomains);
  CHECK(fails_with(load_hsts("yes"), "expected off, on or"));
  CHECK(fails_with(load_hsts("{max_age: 1500ms}"), "whole seconds"));
  CHECK(fails_with(load_hsts("{preload: true}"), "browsers' lists"));
  CHECK(fails_with(load_hsts("{preload: true, subdomains: true, max_age: 30d}"), "browsers' lists"));
  CHECK(fails_with(load_hsts("{maxage: 1d}"), "did you mean"));
}

TEST_CASE("listen.admin takes addresses and one socket, and a token that cannot be guessed") {
  const auto errors = [](const std::string& text) {
    Sample sample;
    sample.environment.variables["GOOD"] = "0123456789abcdef";
    sample.environment.variables["SHORT"] = "0123456789abcde";
    sample.top = "listen: " + text + "\n";
    return all_of(sample.load().errors);
  };
  CHECK(errors("{admin: /run/gateway/admin.sock}").empty());
  CHECK(errors("{admin: ['127.0.0.1:9901', /run/gateway/admin.sock], admin_token: {env: GOOD}}").empty());
  CHECK(errors("{admin: [/run/a.sock, /run/b.sock]}").contains("one socket is enough"));
  CHECK(errors("{admin: ['127.0.0.1:9901', '127.0.0.1:9901']}").contains("stands twice"));
  CHECK(errors("{admin: relative.sock}").contains("expected an address"));
  CHECK(errors("{admin: ':9901', admin_token: {env: SHORT}}").contains("shorter than 16 bytes"));
  CHECK(errors("{admin: /run/a.sock, admin_token: {env: GOOD}}").contains("no address of listen.admin"));
  CHECK(errors("{admin_token: {env: GOOD}}").contains("no address of listen.admin"));
}

TEST_CASE("what is a key of login is refused elsewhere with its place") {
  CHECK(fails_with(load_with("tokens: {}\n"), "write it as login.tokens"));
  CHECK(fails_with(load_with("client_certificates: {}\n"), "write it as login.client_certificates"));
  CHECK(fails_with(load_with("break_glass: {}\n"), "write it as login.break_glass"));
}

TEST_CASE("workers and resolver") {
  CHECK(load_with("workers: auto\n").config);
  CHECK(load_with("workers: 4\n").config->workers == 4U);
  CHECK(load_with("resolver: system\n").config->resolver.empty());
  CHECK(load_with("resolver: [10.0.0.10:53, '[fd00::1]']\n").config->resolver.size() == 2);
  check_rows({{"workers: 0", "1 to 1024"},
              {"workers: 1025", "1 to 1024"},
              {"workers: -1", "whole number"},
              {"workers: [1]", "single value"},
              {"resolver: dns.example.com", "name server"},
              {"resolver: []", "1 to 8"}});
}

TEST_CASE("tls names certificate files that can be opened") {
  Sample sample;
  sample.tls.replace(sample.tls.find('{'), 1, "{min_version: '1.3', ");
  const LoadOutcome good = sample.load();
  REQUIRE(good.config);
  CHECK(good.config->tls.min_version == TlsVersion::tls_1_3);
  CHECK(good.config->tls.certificates[0].key.ends_with("/tls.key"));
  const std::vector<Row> rows{
      {"tls: {certificates: []}\n", "tls.certificates: is missing"},
      {"", "tls.certificates: is missing"},
      {"tls: {certificates: [{certificate: /nonexistent/crt, key: /dev/null}]}\n", ""},
      {"tls: {certificates: [{certificate: " + sample.folder.path("tls.crt") + "}]}\n", "key: is missing"},
      {"tls: {certificates: {certificate: x, key: y}}\n", "expected a list"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Sample bad;
    bad.tls = row.text;
    const LoadOutcome outcome = bad.load();
    CHECK_FALSE(outcome.config);
    CHECK(all_of(outcome.errors).contains(row.why));
  }
  Sample old;
  old.tls.replace(old.tls.find('{'), 1, "{min_version: '1.1', ");
  CHECK(fails_with(old.load(), "expected one of 1.2, 1.3"));
}

TEST_CASE("limits have a range") {
  const LoadOutcome outcome = load_with(
      "limits: {header_bytes: 16KiB, headers: 64, uri: 4KiB, header_time: 5s, body_rate: 2KiB/s, keep_alive: "
      "30s, streams: 50, "
      "connections: 1000}\n");
  REQUIRE(outcome.config);
  CHECK(outcome.config->limits.http.header_bytes == 16384);
  CHECK(outcome.config->limits.http.header_count == 64);
  CHECK(outcome.config->limits.http.uri_bytes == 4096);
  CHECK(outcome.config->limits.http.header_time == 5s);
  CHECK(outcome.config->limits.http.body_rate == 2048);
  CHECK(outcome.config->limits.http.keep_alive == 30s);
  CHECK(outcome.config->limits.http.streams == 50);
  CHECK(outcome.config->limits.connections == 1000U);
  check_rows({{"limits: {header_bytes: 1GiB}", "from 1024 to"},
              {"limits: {header_bytes: 1B}", "from 1024 to"},
              {"limits: {headers: 1}", "from 16 to"},
              {"limits: {uri: 1MiB}", "from 256 to"},
              {"limits: {header_time: 0s}", "from 1 to"},
              {"limits: {keep_alive: 7d}", "from 1 to"},
              {"limits: {body_rate: 0B/s}", "from 1 to"},
              {"limits: {body_rate: 1KiB}", "a rate"},
              {"limits: {streams: 0}", "from 1 to"},
              {"limits: {streams: 5000}", "from 1 to"},
              {"limits: {connections: 0}", "from 8 to"},
              {"limits: {connections: few}", "whole number"}});
}

TEST_CASE("shutdown and log") {
  const Config config = *load_with(
                             "shutdown: {delay: 10s, timeout: 30s}\n"
                             "log: {format: combined, access: /var/log/a, level: debug, audit: /var/log/b}\n")
                             .config;
  CHECK(config.shutdown.delay == 10s);
  CHECK(config.shutdown.timeout == 30s);
  CHECK(config.log.format == LogStyle::combined);
  CHECK(config.log.access == AccessLogTarget::file);
  CHECK(config.log.access_file == "/var/log/a");
  CHECK(config.log.level == core::LogLevel::debug);
  CHECK(config.log.audit_file == "/var/log/b");
  CHECK(load_with("log: {access: off}\n").config->log.access == AccessLogTarget::off);
  CHECK(load_with("log: {access: stderr}\n").config->log.access == AccessLogTarget::standard_error);
  check_rows({{"log: {format: xml}", "auto, text, json, combined"},
              {"log: {level: trace}", "error, warn, info, debug"},
              {"log: {access: stdot}", "absolute path"},
              {"log: {audit: x}", "absolute path"},
              {"shutdown: {delay: 10}", "a duration"},
              {"storage: relative/path", "absolute path"},
              {"storage: ''", "path of a file"}});
}

TEST_CASE("defaults reach every route, a route overrides them key by key") {
  Sample sample;
  sample.top = "defaults: {timeouts: {response: 10s, idle: 1m}, limits: {body: 1MiB}}\n";
  sample.routes =
      "routes:\n"
      "  - {host: a.example.com, to: 'http://a', policy: staff}\n"
      "  - {host: a.example.com, path: /b, to: 'http://a', policy: staff, timeouts: {response: 20s}, limits: "
      "{body: off}}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->routes[0].timeouts.connect == 5s);
  CHECK(outcome.config->routes[0].timeouts.response == 10s);
  CHECK(outcome.config->routes[0].limits.body == 1048576U);
  CHECK(outcome.config->routes[1].timeouts.response == 20s);
  CHECK(outcome.config->routes[1].timeouts.idle == 1min);
  CHECK_FALSE(outcome.config->routes[1].limits.body);
  check_rows({{"defaults: {timeouts: {connect: 0s}}", "more than nothing"}});
}
