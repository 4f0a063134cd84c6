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
      {"allow: [{org: example}]", "org: not supported yet"},
      {"allow: [{team: example/x}]", "team: not supported yet"},
      {"allow: [{client: ci}]", "client: not supported yet"},
      {"allow: [{gruop: a}]", "did you mean \"group\""},
      {"allow: [{group: a}], otherwise: deny", "denied, pending or an https URL"},
      {"allow: [{group: a}], otherwise: 'http://x.com'", "denied, pending or an https URL"},
      {"allow: [{group: a}], otherwise: 'javascript:x'", "denied, pending or an https URL"},
      {"allow: [{group: a}], approval: {admins: me}", "approval: not supported yet"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LoadOutcome outcome = load_policy(row.text);
    CAPTURE(all_of(outcome.errors));
    CHECK_FALSE(outcome.config);
    CHECK(all_of(outcome.errors).contains(row.why));
  }
}

TEST_CASE("a policy's name is a plain word") {
  Sample sample;
  sample.policies = "policies:\n  staff: {allow: [{group: a}]}\n  'a b': {allow: [{group: a}]}\n";
  CHECK(fails_with(sample.load(), "a name of letters"));
}
