#include "gateway/run/self_test.h"

#include <fmt/format.h>

#include "config/loader.h"
#include "tests/support/doctest.h"

namespace {

class NoVariables final : public config::Environment {
 public:
  [[nodiscard]] std::optional<std::string> variable(const std::string&) const override { return {}; }
};

constexpr std::string_view kHead = R"(storage: /nowhere/at/all
tls: {certificates: [{certificate: /etc/passwd, key: /etc/passwd}]}
login:
  host: auth.example.com
  session: {store: memory}
  providers: {p: {type: oidc, issuer: "https://id.example.com", client_id: x, client_secret: y}}
  clients: {ci: {issuer: "https://ci.example.com", audience: gateway}}
policies:
  staff: {deny: [{email: [left@example.com]}], allow: [{email_domain: example.com}]}
  office: {allow: [{ip: [192.0.2.0/24], group: [office]}, {client: [ci]}]}
)";

config::Config config_of(const std::string& routes) {
  const NoVariables none;
  config::LoadOutcome outcome = config::load_text(std::string(kHead) + "routes:\n" + routes, none);
  const std::string error = outcome.errors.empty() ? "" : outcome.errors.front().message;
  CAPTURE(error);
  REQUIRE(outcome.config);
  return std::move(*outcome.config);
}

/// One of each kind of access, identity and path change.
constexpr std::string_view kOfEachKind = R"yaml(
  - {host: a.example.com, to: "http://127.0.0.1:1", policy: staff, identity: grafana}
  - {host: b.example.com, to: "https://b.internal", policy: office, identity: oauth2-proxy, basic: {user: u, password: p}}
  - {host: c.example.com, to: "h2c://c.internal:1", policy: staff, identity: signed-jwt, upstream_host: upstream}
  - {host: "*.d.example.com", path: /x, strip_prefix: true, to: "unix:/run/d.sock", policy: staff, identity: remote-user}
  - {host: e.example.com, path: {regex: "/u/([a-z]+)"}, rewrite: "/{1}", to: "http://127.0.0.1:1", policy: staff}
  - {host: f.example.com, path: {exact: /f}, methods: [POST], to: "http://127.0.0.1:1", policy: staff}
  - host: g.example.com
    to: http://127.0.0.1:1
    policy: staff
    identity: {X-App-Person: "{email}", X-App-Where: "{claim.a.b}"}
    request_headers: {set: {X-Static: yes}, remove: [X-Gone]}
    except: [{path: /public, public: true}]
  - {host: h.example.com, to: "http://127.0.0.1:1", authorize: {url: "https://engine.internal/", identity: [X-Engine-User]}}
  - {host: i.example.com, to: "http://127.0.0.1:1", policy: staff, authorize: {url: "https://engine.internal/", identity: [X-Engine-User]}}
  - {host: j.example.com, headers: {X-Version: ["2"]}, to: "http://127.0.0.1:1", policy: staff}
  - {host: j.example.com, to: "http://127.0.0.1:2", public: true}
  - {host: k.example.com, to: "http://127.0.0.1:1", public: true}
  - {host: k.example.com, path: /admin/panel, to: "http://127.0.0.1:3", policy: staff, encoded_slashes: keep}
  - {host: l.example.com, redirect: "https://k.example.com{uri}"}
)yaml";

/// Lets nobody in.
class Nobody final : public gateway::Guard {
 public:
  std::optional<gateway::Verdict> admit_now(const gateway::Request& /*request*/) override {
    gateway::Verdict verdict;
    verdict.answer.status = 403;
    return verdict;
  }
  core::Flow<gateway::Verdict> admit(const gateway::Request& /*request*/) override {
    co_return gateway::Verdict();
  }
  bool still_admits(const gateway::Request& /*request*/,
                    const std::shared_ptr<const gateway::Identity>& /*identity*/,
                    core::WallTime /*now*/) override {
    return false;
  }
};

std::string refused(const config::Config& config, const std::function<void(gateway::Site&)>& change) {
  const auto tested = gateway::self_test(config, change);
  return tested ? std::string() : tested.error().text;
}

}  // namespace

TEST_CASE("the self-test passes each kind of route, and comes to the app of each") {
  const auto tested = gateway::self_test(config_of(std::string(kOfEachKind)));
  const std::string error = tested ? "" : tested.error().text;
  CAPTURE(error);
  REQUIRE(tested);
  CHECK(tested->shapes >= 12);
  CHECK(tested->reached == tested->shapes);
}

TEST_CASE("the self-test sends malformed fields where they would reach an app") {
  for (const std::string_view access : {"public: true", "policy: staff"}) {
    CAPTURE(access);
    const auto tested = gateway::self_test(
        config_of(fmt::format("  - {{host: a.example.com, to: \"http://127.0.0.1:1\", {}}}\n", access)));
    REQUIRE(tested);
    CHECK(tested->reached == 1);
    CHECK(tested->malformed == 6);
  }
}

TEST_CASE("the self-test comes to the apps of a gateway that is reached at another port") {
  config::Config config = config_of("  - {host: a.example.com, to: \"http://127.0.0.1:1\", policy: staff}\n");
  config.listen.public_port = 8443;
  const auto tested = gateway::self_test(config);
  REQUIRE(tested);
  CHECK(tested->reached == 1);
  const std::string error = refused(
      config, [](gateway::Site& site) { site.identity_names = gateway::IdentityNames::of_an_origin(); });
  CHECK(error.find("the app would be sent") != std::string::npos);
}

TEST_CASE("a self-test that comes to no app has tested nothing, and fails") {
  const config::Config config = config_of(
      "  - {host: a.example.com, to: \"http://127.0.0.1:1\", policy: staff}\n"
      "  - {host: b.example.com, to: \"http://127.0.0.1:1\", public: true}\n");
  Nobody nobody;
  const std::string error = refused(config, [&nobody](gateway::Site& site) {
    for (const auto& route : site.routes) route->guard = &nobody;
  });
  CHECK(error.find("self-test: no request came to any app") == 0);
}

TEST_CASE("the self-test refuses a gateway that strips nothing") {
  const config::Config config = config_of(std::string(kOfEachKind));
  const std::string error = refused(
      config, [](gateway::Site& site) { site.identity_names = gateway::IdentityNames::of_an_origin(); });
  CHECK(error.find("self-test: a.example.com/: the app would be sent '") == 0);
}

TEST_CASE("the self-test refuses a gateway that strips on no public route alone") {
  const config::Config config =
      config_of("  - {host: a.example.com, to: \"http://127.0.0.1:1\", public: true}\n");
  const std::string error = refused(
      config, [](gateway::Site& site) { site.identity_names = gateway::IdentityNames::of_an_origin(); });
  CHECK(error.find("the app would be sent") != std::string::npos);
}

TEST_CASE("the self-test refuses a gateway that lets strangers into one protected route of many") {
  const config::Config config = config_of(std::string(kOfEachKind));
  for (const std::string_view name :
       {"a.example.com/", "b.example.com/", "e.example.com=/gateway-self-test/5", "h.example.com/",
        "k.example.com/admin/panel"}) {
    CAPTURE(name);
    const std::string error = refused(config, [name](gateway::Site& site) {
      for (const auto& route : site.routes)
        if (route->name == name) route->guard = site.open;
    });
    CHECK(error.find(fmt::format("self-test: {}: a request for '", name)) == 0);
    CHECK(error.find("without a session would reach an app") != std::string::npos);
  }
}

TEST_CASE("the self-test of 10,000 routes of one shape is that of one route") {
  std::string routes;
  for (int i = 0; i < 10'000; ++i) {
    routes += fmt::format(
        "  - {{host: h{0}.example.com, to: \"http://127.0.0.1:{1}\", policy: staff, identity: grafana}}\n", i,
        1 + i % 5000);
  }
  const config::Config config = config_of(routes);
  const auto tested = gateway::self_test(config);
  REQUIRE(tested);
  CHECK(tested->shapes == 1);
  CHECK(tested->requests < 1'000);
}
