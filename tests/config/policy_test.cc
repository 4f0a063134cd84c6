// policies: one row a rule.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

struct Row {
  std::string text;
  std::string why;
};

Policy policy_of(std::string_view text) {
  const LoadOutcome outcome = load_policy(text);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->policies[0];
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("rules hold what was written") {
  const Policy policy = policy_of(
      "deny: [{email: [Left@Example.com]}], "
      "allow: [{provider: corp, email_domain: Example.com}, {group: [admins, sre]}, {authenticated: true}]");
  CHECK(policy.name == "staff");
  REQUIRE(policy.deny.size() == 1);
  CHECK(policy.deny[0].emails == Texts{"left@example.com"});
  REQUIRE(policy.allow.size() == 3);
  CHECK(policy.allow[0].providers == Texts{"corp"});
  CHECK(policy.allow[0].email_domains == Texts{"example.com"});
  CHECK_FALSE(policy.allow[0].groups);
  CHECK(policy.allow[1].groups == Texts{"admins", "sre"});
  CHECK(policy.allow[2].authenticated);
}

TEST_CASE("a claim's value keeps its JSON type") {
  const Policy policy = policy_of(
      "allow: [{claim: {resource_access.oauth2-proxy.roles: user, level: 3, ratio: 1.5, admin: true, zip: "
      "'123', "
      "any: [a, 2]}}]");
  const std::vector<ClaimTest>& claims = policy.allow[0].claims;
  REQUIRE(claims.size() == 6);
  CHECK(claims[0].path.literal == "resource_access.oauth2-proxy.roles");
  CHECK(claims[0].path.steps == Texts{"resource_access", "oauth2-proxy", "roles"});
  CHECK(claims[0].any_of == std::vector<ClaimValue>{"user"});
  CHECK(claims[1].any_of == std::vector<ClaimValue>{std::int64_t{3}});
  CHECK(claims[2].any_of == std::vector<ClaimValue>{1.5});
  CHECK(claims[3].any_of == std::vector<ClaimValue>{true});
  CHECK(claims[4].any_of == std::vector<ClaimValue>{"123"});
  CHECK(claims[5].any_of == std::vector<ClaimValue>{"a", std::int64_t{2}});
}

TEST_CASE("a claim's value from a variable is text") {
  Sample sample;
  sample.environment.variables["N"] = "3";
  sample.policies = "policies:\n  staff: {allow: [{claim: {level: \"${N}\"}}]}\n";
  CHECK(sample.load().config->policies[0].allow[0].claims[0].any_of == std::vector<ClaimValue>{"3"});
}

TEST_CASE("approval names those who decide, also further below, and who is told") {
  Sample sample;
  sample.environment.variables["KEY"] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  sample.policies =
      "policies:\n"
      "  staff: {allow: [{group: a}], otherwise: pending, approval: {admins: boss, webhook: {url: "
      "'https://hooks.example.com/x', key: {env: KEY}}}}\n"
      "  boss: {allow: [{group: b}], approval: {admins: boss, webhook: 'http://hooks.example.com/y'}}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const std::optional<Approval>& staff = outcome.config->policies[0].approval;
  REQUIRE(staff);
  CHECK(staff->admins == 1);
  CHECK(staff->webhook == "https://hooks.example.com/x");
  CHECK(staff->webhook_key.value.reveal().size() == 32);
  CHECK(outcome.config->policies[1].approval->webhook == "http://hooks.example.com/y");
  CHECK(all_of(outcome.warnings).contains("approval.webhook: plain http may cross a public network"));
}

TEST_CASE("otherwise says what the others see") {
  CHECK(policy_of("allow: [{group: a}]").otherwise == Otherwise::denied);
  CHECK(policy_of("allow: [{group: a}], otherwise: denied").otherwise == Otherwise::denied);
  CHECK(policy_of("allow: [{group: a}], otherwise: pending").otherwise == Otherwise::pending);
  const Policy policy = policy_of("allow: [{group: a}], otherwise: 'https://help.example.com/x?y'");
  CHECK(policy.otherwise == Otherwise::redirect);
  CHECK(policy.otherwise_url == "https://help.example.com/x?y");
}

TEST_CASE("an e-mail file is one address a line with comments") {
  Sample sample;
  const std::string path =
      sample.folder.write("staff.txt", "# staff\nB@example.com\r\n\n  a@example.com # boss\na@example.com");
  sample.policies = "policies:\n  staff: {allow: [{email: {file: " + path + "}}]}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->policies[0].allow[0].emails == Texts{"a@example.com", "b@example.com"});
  CHECK(outcome.config->policies[0].allow[0].email_file == path);
  CHECK(all_of(sample.load().errors).empty());
  sample.folder.write("staff.txt", "a@example.com\nnobody\n");
  CHECK(fails_with(sample.load(), "line 2: expected an e-mail address"));
  sample.folder.write("staff.txt", "# nobody yet\n");
  const auto emails = sample.load().config->policies[0].allow[0].emails;
  REQUIRE(emails);
  CHECK(emails->empty());
  sample.policies = "policies:\n  staff: {allow: [{email: {file: /nonexistent}}]}\n";
  CHECK(fails_with(sample.load(), "cannot read /nonexistent"));
}

TEST_CASE("a wrong policy is refused") {
  const std::vector<Row> rows{
      {"", "allow: is missing"},
      {"allow: []", "the list is empty"},
      {"allow: {group: a}", "expected a list of rules"},
      {"allow: [{}]", "the rule is empty"},
      {"allow: [admins]", "expected a map"},
      {"allow: [{authenticated: false}]", "expected true"},
      {"allow: [{authenticated: yes}]", "true or false"},
      {"allow: [{group: []}]", "matches nobody"},
      {"allow: [{group: [[a]]}]", "single value"},
      {"allow: [{email: me}]", "e-mail address"},
      {"allow: [{email: 'a b@c'}]", "e-mail address"},
      {"allow: [{email: '@example.com'}]", "e-mail address"},
      {"allow: [{email: 'a@b@c'}]", "e-mail address"},
      {"allow: [{email_domain: '@example.com'}]", "without @"},
      {"allow: [{email_domain: '*.example.com'}]", "without @ and *"},
      {"allow: [{email_domain: com}]", "such as example.com"},
      {"allow: [{claim: roles}]", "a map from a claim"},
      {"allow: [{claim: {}}]", "a map from a claim"},
      {"allow: [{claim: {roles: []}}]", "a value or a list"},
      {"allow: [{claim: {a..b: c}}]", "name of a claim"},
      {"allow: [{claim: {a: {b: c}}}]", "single value"},
      {"allow: [{provider: crop}]", "did you mean \"corp\""},
      {"deny: [{provider: nobody}], allow: [{group: a}]", "there is no provider \"nobody\""},
      {"allow: [{client: ci}]", "there is no client"},
      {"allow: [{gruop: a}]", "did you mean \"group\""},
      {"allow: [{group: a}], otherwise: deny", "denied, pending or an https URL"},
      {"allow: [{group: a}], otherwise: 'http://x.com'", "denied, pending or an https URL"},
      {"allow: [{group: a}], otherwise: 'javascript:x'", "denied, pending or an https URL"},
      {"allow: [{group: a}], approval: {admins: me}", "approval.admins: there is no policy \"me\""},
      {"allow: [{group: a}], approval: {}", "approval.admins: is missing"},
      {"allow: [{group: a}], approval: staff", "expected a map"},
      {"allow: [{group: a}], approval: {admins: staff, admin: x}", "did you mean \"admins\""},
      {"allow: [{group: a}], approval: {admins: staff, webhook: 'ftp://x.com'}", "expected an https URL"},
      {"allow: [{group: a}], approval: {admins: staff, webhook: {key: {env: CLIENT_SECRET}}}",
       "webhook.url: is missing"},
      {"allow: [{group: a}], approval: {admins: staff, webhook: {url: 'https://x.com', key: {env: "
       "CLIENT_SECRET}}}",
       "24 to 64 random bytes"},
      {"allow: [{group: a}], otherwise: 'https://x.com', approval: {admins: staff}",
       "means nothing beside a URL in otherwise"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LoadOutcome outcome = load_policy(row.text);
    CAPTURE(all_of(outcome.errors));
    CHECK_FALSE(outcome.config);
    CHECK(all_of(outcome.errors).contains(row.why));
  }
}

TEST_CASE("a file of groups is one group a line, byte for byte") {
  Sample sample;
  const std::string path =
      sample.folder.write("groups.txt", "# groups\n/realm/Team #1 # who is in it\r\n\n c#  \nb c\n");
  sample.policies = "policies:\n  staff: {allow: [{group: {file: " + path + "}}]}\n";
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->policies[0].allow[0].groups == Texts{"/realm/Team", "b c", "c#"});
  CHECK(outcome.config->policies[0].allow[0].group_file == path);
  sample.folder.write("groups.txt", "a\x01\n");
  CHECK(fails_with(sample.load(), "line 1: expected a group"));
}

TEST_CASE("a policy's name is a plain word") {
  Sample sample;
  sample.policies = "policies:\n  staff: {allow: [{group: a}]}\n  'a b': {allow: [{group: a}]}\n";
  CHECK(fails_with(sample.load(), "a name of letters"));
}

namespace {

constexpr std::string_view kGithub =
    "    hub: {type: github, client_id: a, client_secret: {env: CLIENT_SECRET}}\n";

/// The sample with these policies, and a provider of type github besides the one of type oidc.
LoadOutcome load_policies(std::string_view policies, std::string_view providers = kGithub) {
  Sample sample;
  sample.login += providers;
  sample.policies = "policies:\n" + std::string(policies);
  return sample.load();
}

}  // namespace

TEST_CASE("every kind of test is read") {
  const Policy policy = policy_of(
      "allow: [{user: [alice, bob]}, {role: admin}, {ip: [10.0.0.0/8, '2001:db8::1']}, {method: [GET, HEAD], "
      "group: a}]");
  CHECK(policy.allow[0].users == Texts{"alice", "bob"});
  CHECK(policy.allow[1].roles == Texts{"admin"});
  REQUIRE(policy.allow[2].networks);
  CHECK(policy.allow[2].networks->at(0).text() == "10.0.0.0/8");
  CHECK(policy.allow[2].networks->at(1).text() == "2001:db8::1/128");
  CHECK(policy.allow[3].methods == Texts{"GET", "HEAD"});
}

TEST_CASE("a wrong value of a test is refused") {
  const Row rows[] = {
      {"allow: [{ip: 10.0.0.1/8}]", "expected a network"},
      {"allow: [{ip: corp}]", "expected a network"},
      {"allow: [{ip: []}]", "an empty list matches nobody"},
      {"allow: [{method: get}]", "a method in upper case"},
      {"allow: [{user: {a: b}}]", "policies.staff.allow.user"},
      {"allow: [{team: platform}]", "expected organisation/team"},
      {"allow: [{team: a/b/c}]", "expected organisation/team"},
      {"allow: [{org: 'a b'}]", "a name as GitHub's URLs have it"},
      {"allow: [{org: 'a:b'}]", "a name as GitHub's URLs have it"},
      {"allow: [{policy: stuff}]", "there is no policy \"stuff\" | did you mean \"staff\""},
      {"allow: [{policy: elsewhere}]", "add it under policies"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(all_of(load_policy(row.text).errors).contains(row.why));
  }
}

TEST_CASE("a rule may name policies, also those further below") {
  const LoadOutcome outcome = load_policies(
      "  staff: {allow: [{policy: [admins, readers]}]}\n  admins: {allow: [{group: a}]}\n"
      "  readers: {deny: [{policy: admins}], allow: [{group: b}]}\n");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->policies[0].allow[0].policies == std::vector<std::size_t>{1, 2});
  CHECK(outcome.config->policies[2].deny[0].policies == std::vector<std::size_t>{1});
}

TEST_CASE("policies that name one another in a circle are refused, and so is a tower of them") {
  CHECK(fails_with(load_policies("  staff: {allow: [{policy: staff}]}\n"), "in a circle: staff > staff"));
  CHECK(fails_with(
      load_policies("  staff: {allow: [{policy: b}]}\n  b: {deny: [{policy: c}], allow: [{group: x}]}\n"
                    "  c: {allow: [{policy: staff}]}\n"),
      "in a circle: staff > b > c > staff"));
  const auto tower = [](std::size_t height) {
    std::string policies;
    for (std::size_t i = 1; i < height; ++i) {
      policies += "  p" + std::to_string(i) + ": {allow: [{policy: p" + std::to_string(i + 1) + "}]}\n";
    }
    return load_policies(policies + "  p" + std::to_string(height) + ": {allow: [{group: a}]}\n" +
                         "  staff: {allow: [{group: a}]}\n");
  };
  CHECK(tower(kMaxPolicyDepth).config);
  CHECK(fails_with(tower(kMaxPolicyDepth + 1), "more than 8 deep"));
}

TEST_CASE("organisations and teams are GitHub's, and nobody else's groups pass for them") {
  const LoadOutcome outcome =
      load_policies("  staff: {allow: [{org: Example, team: [Example/Platform, a/b]}]}\n");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Rule& rule = outcome.config->policies[0].allow[0];
  CHECK(rule.orgs == Texts{"example"});
  CHECK(rule.teams == Texts{"example:platform", "a:b"});
  CHECK(rule.providers == Texts{"hub"});
  CHECK(fails_with(load_policies("  staff: {allow: [{provider: [hub, corp], org: example}]}\n"),
                   "which corp is not"));
  CHECK(fails_with(load_policies("  staff: {allow: [{org: example}]}\n", ""),
                   "need a provider of type: github"));
}

TEST_CASE("where roles are follows from the provider's type, and is settled only if a policy asks") {
  constexpr std::string_view keycloak =
      "    kc: {type: keycloak, issuer: 'https://kc.example.com', client_id: a, client_secret: {env: "
      "CLIENT_SECRET}}\n    own: {type: oidc, issuer: 'https://o.example.com', client_id: a, client_secret: "
      "{env: "
      "CLIENT_SECRET}, claims: {roles: [app, roles]}}\n";
  const LoadOutcome asked = load_policies("  staff: {allow: [{role: admin}]}\n", keycloak);
  CAPTURE(all_of(asked.errors));
  REQUIRE(asked.config);
  const std::vector<Provider>& providers = asked.config->login.providers;
  CHECK(providers[0].claims.roles->literal == "roles");
  CHECK(providers[1].claims.roles->literal == "realm_access.roles");
  CHECK(providers[2].claims.roles->steps == Texts{"app", "roles"});
  const LoadOutcome not_asked = load_policies("  staff: {allow: [{group: admin}]}\n", keycloak);
  CHECK_FALSE(not_asked.config->login.providers[1].claims.roles);
}

TEST_CASE("a user of whichever provider is warned about") {
  CHECK(warns_of(load_policies("  staff: {allow: [{user: alice}]}\n"),
                 "another person at each of the providers"));
  CHECK_FALSE(
      warns_of(load_policies("  staff: {allow: [{user: alice, provider: corp}]}\n"), "another person"));
  CHECK_FALSE(warns_of(load_policies("  staff: {allow: [{user: alice}]}\n", ""), "another person"));
}
