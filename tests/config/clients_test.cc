// login.clients, and the rules that name them: one row a rule.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

constexpr std::string_view kRobots = "policies:\n  staff: {allow: [{authenticated: true}, {client: ci}]}\n";
constexpr std::string_view kUsual = "issuer: 'https://id.example.com/realms/x', audience: gateway-api";

/// The sample with this client named ci, and a policy that names it.
LoadOutcome load_client(std::string_view keys, std::string_view policies = kRobots) {
  Sample sample;
  sample.login += "  clients:\n    ci: {" + std::string(keys) + "}\n";
  sample.policies = policies;
  return sample.load();
}

LoadOutcome load_rule(std::string_view rule) {
  return load_client(kUsual, "policies:\n  staff: {allow: [" + std::string(rule) + "]}\n");
}

}  // namespace

TEST_CASE("a client is read") {
  const LoadOutcome outcome = load_client(
      "issuer: 'https://id.example.com/realms/x', audience: gateway-api, scopes: [read, 'a:b'], claims: "
      "{groups: realm_access.roles}, connect_to: 'http://id:8080', introspection: {client_id: me, "
      "client_secret: {env: CLIENT_SECRET}, cache: 5s}");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  REQUIRE(outcome.config->login.clients.size() == 1);
  const Client& client = outcome.config->login.clients[0];
  CHECK(client.name == "ci");
  CHECK(client.issuer.issuer == "https://id.example.com/realms/x");
  CHECK(client.issuer.use == ProviderUse::tokens);
  CHECK(client.issuer.email == EmailTrust::ignored);
  CHECK(client.audience == "gateway-api");
  CHECK(client.scopes == std::vector<std::string>{"read", "a:b"});
  CHECK(client.issuer.claims.groups.literal == "realm_access.roles");
  CHECK(client.issuer.connect_to->origin() == "http://id:8080");
  CHECK(client.issuer.client_id == "me");
  CHECK(client.introspection_cache == std::chrono::seconds(5));
}

TEST_CASE("without introspection a client needs neither credentials nor a cache") {
  const LoadOutcome outcome = load_client(kUsual);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK_FALSE(outcome.config->login.clients[0].introspection_cache);
  CHECK(outcome.config->login.clients[0].issuer.client_id.empty());
}

TEST_CASE("K07: what would let anybody's token pass for a machine's is refused") {
  const std::string usual(kUsual);
  const std::pair<std::string, std::string> rows[] = {
      {"audience: a", "issuer: is missing"},
      {"issuer: 'https://id.example.com/realms/x'", "audience: is missing"},
      {"issuer: 'http://id.example.com', audience: a", "expected https"},
      {"issuer: 'https://id.example.com?x', audience: a", "no query"},
      {usual + ", scopes: []", "expected one to 50 scopes"},
      {usual + ", scopes: ['a b']", "a scope: one word"},
      {usual + ", client_id: x", "unknown key"},
      {usual + ", introspection: {client_secret: {env: CLIENT_SECRET}}", "client_id: is missing"},
      {usual + ", introspection: {client_id: a}", "client_secret: is missing"},
      {usual + ", introspection: {client_id: a, client_secret: {env: CLIENT_SECRET}, cache: 6m}",
       "expected at most 5m"},
  };
  for (const auto& [keys, why] : rows) {
    const LoadOutcome outcome = load_client(keys);
    CAPTURE(keys);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, why));
  }
}

TEST_CASE("K07: an audience that ID tokens of persons have is refused") {
  Sample sample;
  sample.login =
      "login:\n  providers:\n    corp: {type: oidc, issuer: 'https://id.example.com', client_id: gateway, "
      "client_secret: {env: CLIENT_SECRET}}\n"
      "  clients:\n    ci: {issuer: 'https://id.example.com', audience: gateway}\n";
  CHECK(fails_with(sample.load(), "the ID token of any person"));
  sample.login =
      "login:\n  providers:\n    corp: {type: entra, tenant: organizations, client_id: gateway, "
      "client_secret: {env: CLIENT_SECRET}}\n"
      "  clients:\n    ci: {issuer: "
      "'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0', audience: gateway}\n";
  CHECK(fails_with(sample.load(), "the ID token of any person"));
}

TEST_CASE("a rule names clients that exist, and nothing that no machine has") {
  const LoadOutcome good =
      load_rule("{client: [ci], claim: {scope: write}, group: builders, ip: 10.0.0.0/8}");
  CAPTURE(all_of(good.errors));
  REQUIRE(good.config);
  CHECK(good.config->policies[0].allow[0].clients == std::vector<std::string>{"ci"});
  CHECK(fails_with(load_rule("{client: cii}"), "did you mean \"ci\"?"));
  for (const char* rule : {"{client: ci, authenticated: true}", "{client: ci, email: a@example.com}",
                           "{client: ci, provider: corp}", "{client: ci, email_domain: example.com}"}) {
    const LoadOutcome outcome = load_rule(rule);
    CAPTURE(rule);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, "nobody fits this rule"));
  }
}

TEST_CASE("a name that a person and a machine could both have is warned about") {
  Sample sample;
  sample.login += "  clients:\n    ci: {" + std::string(kUsual) + "}\n";
  sample.routes =
      "routes:\n  - {host: app.example.com, to: 'http://app:80', policy: staff, identity: oauth2-proxy}\n";
  sample.policies = kRobots;
  CHECK(warns_of(sample.load(), "both could give one name to two persons"));
  sample.policies =
      "policies:\n  staff: {allow: [{email_domain: example.com}, {policy: inner}]}\n"
      "  inner: {allow: [{client: ci}]}\n";
  CHECK(warns_of(sample.load(), "both could give one name to two persons"));
  const std::string both = sample.policies;
  sample.policies = "policies:\n  staff: {allow: [{client: ci}]}\n";
  CHECK_FALSE(warns_of(sample.load(), "both could give one name to two persons"));
  sample.policies = both;
  sample.routes =
      "routes:\n  - {host: app.example.com, to: 'http://app:80', policy: staff, "
      "identity: {X-Id: '{provider}:{sub}', X-Email: '{email}'}}\n";
  CHECK_FALSE(warns_of(sample.load(), "both could give one name to two persons"));
}

TEST_CASE(
    "personal tokens need a policy that exists, and a life that is "
    "neither too short nor too long") {
  const auto load = [](const std::string& tokens) {
    Sample sample;
    sample.login += "  tokens: " + tokens + "\n";
    return sample.load();
  };
  const LoadOutcome good = load("{policy: staff, lifetime: 30d}");
  CAPTURE(all_of(good.errors));
  REQUIRE(good.config);
  REQUIRE(good.config->login.tokens);
  CHECK(good.config->login.tokens->policy == 0);
  CHECK(good.config->login.tokens->lifetime == std::chrono::hours(24 * 30));
  CHECK_FALSE(load("off").config->login.tokens);
  CHECK(fails_with(load("{lifetime: 30d}"), "login.tokens.policy: is missing"));
  CHECK(fails_with(load("{policy: staf}"), "did you mean \"staff\"?"));
  CHECK(fails_with(load("{policy: staff, lifetime: 23h}"), "from 1d to 366d"));
  CHECK(fails_with(load("{policy: staff, lifetime: 367d}"), "from 1d to 366d"));
  CHECK(fails_with(load("{policy: staff, days: 3}"), "unknown key"));
}
