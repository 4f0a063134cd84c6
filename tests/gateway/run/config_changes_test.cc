#include "gateway/run/config_changes.h"

#include "config/loader.h"
#include "tests/support/doctest.h"

namespace {

class NoVariables final : public config::Environment {
 public:
  [[nodiscard]] std::optional<std::string> variable(const std::string&) const override { return {}; }
};

config::Config config_of(const std::string& text) {
  const NoVariables none;
  const std::string head =
      "storage: /var/lib/gateway\ntls: {certificates: [{certificate: /etc/passwd, key: /etc/passwd}]}\n";
  config::LoadOutcome outcome = config::load_text(head + text, none);
  const std::string error = outcome.errors.empty() ? "" : outcome.errors.front().message;
  CAPTURE(error);
  REQUIRE(outcome.config);
  return std::move(*outcome.config);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("routes that came, went and changed are named, wherever they stand in the file") {
  const config::Config before = config_of(R"(routes:
  - {host: a.example.com, respond: {status: 200, body: a}}
  - {host: b.example.com, path: /x, respond: {status: 200, body: b}}
  - {host: c.example.com, respond: {status: 200, body: c}}
)");
  const config::Config after = config_of(R"(
routes:
  - {host: c.example.com, respond: {status: 200, body: other}}
  - {host: d.example.com, respond: {status: 200, body: d}}
  - {host: a.example.com, respond: {status: 200, body: a}}
)");
  const gateway::RouteChanges changes = gateway::route_changes(before, after);
  CHECK(changes.added == Names{"d.example.com/"});
  CHECK(changes.removed == Names{"b.example.com/x"});
  CHECK(changes.changed == Names{"c.example.com/"});
}

TEST_CASE("a route has changed when its policy has, and not when policies change places") {
  const std::string head =
      "login: {host: a.example.com, providers: {p: {type: oidc, issuer: https://id.example.com, "
      "client_id: x, client_secret: y}}}\n";
  const std::string routes =
      "routes: [{host: a.example.com, to: http://127.0.0.1:1, policy: one}, "
      "{host: a.example.com, path: /b, to: http://127.0.0.1:1, policy: two}]\n";
  const auto with = [&](const std::string& policies) { return config_of(head + policies + routes); };
  const config::Config before = with("policies: {one: {allow: [{group: x}]}, two: {allow: [{group: y}]}}\n");
  const config::Config swapped = with("policies: {two: {allow: [{group: y}]}, one: {allow: [{group: x}]}}\n");
  const config::Config changed = with("policies: {one: {allow: [{group: z}]}, two: {allow: [{group: y}]}}\n");
  CHECK(gateway::route_changes(before, swapped).changed.empty());
  CHECK(gateway::route_changes(before, changed).changed == Names{"a.example.com/"});
}

TEST_CASE("what only a start applies stays as it is, and is named") {
  const std::string one = "routes: [{host: a.example.com, respond: {status: 200, body: a}}]\n";
  const config::Config running = config_of("workers: 2\n" + one);
  config::Config wanted =
      config_of("workers: 3\nlimits: {headers: 64}\nlog: {format: text, level: debug}\n" + one);
  CHECK(gateway::keep_what_a_start_decides(running, wanted) == Names{"workers", "log"});
  CHECK(wanted.log.format == running.log.format);
  CHECK(wanted.log.level == core::LogLevel::debug);
  CHECK(wanted.workers == 2U);
  CHECK(wanted.limits.http.header_count == 64);
  CHECK(gateway::keep_what_a_start_decides(running, wanted).empty());
}
