#include "gateway/guard/policy.h"

#include "gateway/guard/email.h"
#include "tests/support/doctest.h"

namespace {

using config::ClaimPath;
using config::ClaimTest;
using config::Rule;
using gateway::Decision;
using gateway::Identity;

Identity alice() {
  Identity identity;
  identity.provider = "corp";
  identity.issuer = "https://corp";
  identity.subject = "alice";
  identity.email = "Alice@Example.com";
  identity.email_counts = true;
  identity.groups = {"staff", "a,b"};
  identity.claims = core::Json::parse(R"({"level":3,"ratio":0.5,"admin":true,"org":"acme","roles":["x","y"],
    "a.b":"literal","a":{"b":"nested"},"teams":[{"name":"red"},{"name":"blue"}],"text":"3","list":["3"]})",
                                      core::Side::us)
                        .value();
  return identity;
}

Rule rule() {
  return {};
}
Rule with_email(const std::string& email) {
  Rule rule;
  rule.emails = std::vector<std::string>{email};
  return rule;
}
Rule with_domain(const std::string& domain) {
  Rule rule;
  rule.email_domains = std::vector<std::string>{domain};
  return rule;
}
Rule with_group(const std::string& group) {
  Rule rule;
  rule.groups = std::vector<std::string>{group};
  return rule;
}
Rule with_provider(const std::string& provider) {
  Rule rule;
  rule.providers = std::vector<std::string>{provider};
  return rule;
}
Rule everybody() {
  Rule rule;
  rule.authenticated = true;
  return rule;
}
Rule with_claim(ClaimPath path, config::ClaimValue value) {
  Rule rule;
  rule.claims.push_back(ClaimTest{std::move(path), {std::move(value)}});
  return rule;
}

bool allows(const Rule& rule, const Identity& identity) {
  config::Policy policy;
  policy.allow.push_back(rule);
  return gateway::judge(policy, identity) == Decision::admitted;
}

bool denies(const Rule& rule, const Identity& identity) {
  config::Policy policy;
  policy.deny.push_back(rule);
  policy.allow.push_back(everybody());
  return gateway::judge(policy, identity) == Decision::denied;
}

}  // namespace

TEST_CASE("M04: each kind of rule admits who it names and nobody else, in allow and in deny") {
  struct Row {
    const char* what;
    Rule rule;
    bool holds;
  };
  const Row rows[] = {
      {"e-mail", with_email("alice@example.com"), true},
      {"another e-mail", with_email("bob@example.com"), false},
      {"domain", with_domain("example.com"), true},
      {"another domain", with_domain("example.org"), false},
      {"a parent domain", with_domain("com"), false},
      {"a sub-domain", with_domain("sub.example.com"), false},
      {"group", with_group("staff"), true},
      {"part of a group", with_group("sta"), false},
      {"a group with a comma is one group", with_group("a"), false},
      {"provider", with_provider("corp"), true},
      {"another provider", with_provider("other"), false},
      {"any person", everybody(), true},
      {"no test at all", rule(), false},
      {"number", with_claim({"level", {"level"}}, std::int64_t{3}), true},
      {"number as double", with_claim({"level", {"level"}}, 3.0), true},
      {"another number", with_claim({"level", {"level"}}, std::int64_t{4}), false},
      {"a number is no text", with_claim({"level", {"level"}}, std::string("3")), false},
      {"text is no number", with_claim({"text", {"text"}}, std::int64_t{3}), false},
      {"fraction", with_claim({"ratio", {"ratio"}}, 0.5), true},
      {"boolean", with_claim({"admin", {"admin"}}, true), true},
      {"the other boolean", with_claim({"admin", {"admin"}}, false), false},
      {"true is not 1", with_claim({"admin", {"admin"}}, std::int64_t{1}), false},
      {"text", with_claim({"org", {"org"}}, std::string("acme")), true},
      {"part of a text", with_claim({"org", {"org"}}, std::string("ac")), false},
      {"member of an array", with_claim({"roles", {"roles"}}, std::string("y")), true},
      {"no member", with_claim({"roles", {"roles"}}, std::string("z")), false},
      {"the literal name wins", with_claim({"a.b", {"a", "b"}}, std::string("literal")), true},
      {"not the nested one", with_claim({"a.b", {"a", "b"}}, std::string("nested")), false},
      {"a list path is nested", with_claim({"", {"a", "b"}}, std::string("nested")), true},
      {"through an array", with_claim({"teams.name", {"teams", "name"}}, std::string("blue")), true},
      {"missing", with_claim({"none", {"none"}}, std::string("")), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(allows(row.rule, alice()) == row.holds);
    CHECK(denies(row.rule, alice()) == row.holds);
  }
}

TEST_CASE("within a rule every test must hold, between rules any") {
  Rule both = with_provider("corp");
  both.groups = std::vector<std::string>{"staff"};
  CHECK(allows(both, alice()));
  both.groups = std::vector<std::string>{"others"};
  CHECK_FALSE(allows(both, alice()));
  both.groups = std::vector<std::string>{"others", "staff"};
  CHECK(allows(both, alice()));
  both.claims.push_back(ClaimTest{{"org", {"org"}}, {std::string("other")}});
  CHECK_FALSE(allows(both, alice()));

  config::Policy policy;
  policy.allow = {with_group("others"), with_group("staff")};
  CHECK(gateway::judge(policy, alice()) == Decision::admitted);
}

TEST_CASE("an empty list matches nobody") {
  Rule empty;
  empty.emails.emplace();
  CHECK_FALSE(allows(empty, alice()));
  CHECK_FALSE(denies(empty, alice()));
}

TEST_CASE("deny wins over allow, and otherwise says what the rest sees") {
  config::Policy policy;
  policy.deny = {with_email("alice@example.com")};
  policy.allow = {everybody()};
  CHECK(gateway::judge(policy, alice()) == Decision::denied);
  policy.deny.clear();
  policy.allow = {with_group("others")};
  CHECK(gateway::judge(policy, alice()) == Decision::denied);
  policy.otherwise = config::Otherwise::pending;
  CHECK(gateway::judge(policy, alice()) == Decision::pending);
  policy.otherwise = config::Otherwise::redirect;
  CHECK(gateway::judge(policy, alice()) == Decision::redirected);
  policy.allow.clear();
  CHECK(gateway::judge(policy, alice()) == Decision::redirected);
}

TEST_CASE("an unverified e-mail admits nobody, and still denies") {
  Identity unverified = alice();
  unverified.email_counts = false;
  CHECK_FALSE(allows(with_email("alice@example.com"), unverified));
  CHECK_FALSE(allows(with_domain("example.com"), unverified));
  CHECK(denies(with_email("alice@example.com"), unverified));
  CHECK(denies(with_domain("example.com"), unverified));
}

TEST_CASE(
    "K10: only the plain form of an address is of a domain; what cannot be read is denied and never "
    "admitted") {
  const std::string addresses[] = {"a@evil@company.com",
                                   "\"a@company.com\"@evil",
                                   "a@company.com.evil",
                                   "a@evil%company.com",
                                   "<a@company.com>",
                                   "a@company.com.",
                                   std::string("a@company.com\0", 14),
                                   "a@company.com\n",
                                   "a@evil.com,a@company.com",
                                   "a@evil.com a@company.com",
                                   "a@\xEF\xBD\x83ompany.com",
                                   "a@compan\xC4\xB1y.com",
                                   "@company.com",
                                   "a@.company.com",
                                   "a@-company.com",
                                   "a(x)@company.com",
                                   "a%b@company.com",
                                   ".a@company.com",
                                   "a..b@company.com",
                                   std::string(65, 'a') + "@company.com",
                                   "company.com",
                                   " a@company.com"};
  for (const std::string& address : addresses) {
    CAPTURE(address);
    Identity identity = alice();
    identity.email = address;
    CHECK_FALSE(allows(with_domain("company.com"), identity));
    const bool is_plain = address == "a@company.com.evil";  // an address, but of another domain
    CHECK(allows(with_email(address), identity) == is_plain);
    CHECK(denies(with_domain("elsewhere.org"), identity) == !is_plain);
  }
  Identity plain = alice();
  for (const char* address : {"a@company.com", "A.b+c@COMPANY.com", "o'neil@company.com"}) {
    plain.email = address;
    CHECK(allows(with_domain("company.com"), plain));
  }
}

TEST_CASE("K11: of several e-mails each denies, and none admits") {
  Identity several = alice();
  several.email.clear();
  several.email_counts = false;
  several.several_emails = {"a@example.com", "Mallory@Evil.org"};
  const auto decision = [&several](std::vector<Rule> deny, Rule allow) {
    config::Policy policy;
    policy.deny = std::move(deny);
    policy.allow = {std::move(allow)};
    return gateway::judge(policy, several);
  };
  CHECK(decision({with_email("mallory@evil.org")}, everybody()) == Decision::denied);
  CHECK(decision({with_domain("evil.org")}, everybody()) == Decision::denied);
  CHECK(decision({with_email("b@example.com")}, everybody()) == Decision::admitted);
  CHECK(decision({}, with_email("a@example.com")) == Decision::denied);
  CHECK(decision({}, with_domain("example.com")) == Decision::denied);
  several.several_emails = {"a@example.com", "no address"};
  CHECK(decision({with_email("b@example.com")}, everybody()) == Decision::denied);
}

TEST_CASE("somebody without an e-mail is neither admitted nor denied by one") {
  Identity nobody = alice();
  nobody.email.clear();
  CHECK_FALSE(allows(with_domain("example.com"), nobody));
  CHECK_FALSE(denies(with_domain("example.com"), nobody));
}

TEST_CASE("the e-mail parser lower-cases and keeps the parts apart") {
  const auto email = gateway::parse_email("Mixed.Case@Sub.Example.COM");
  REQUIRE(email.has_value());
  CHECK(email->text == "mixed.case@sub.example.com");
  CHECK(email->domain() == "sub.example.com");
  CHECK_FALSE(gateway::parse_email("").has_value());
  CHECK_FALSE(gateway::parse_email("a@localhost").has_value());
  CHECK_FALSE(gateway::parse_email("a@" + std::string(300, 'x') + ".com").has_value());
}

TEST_CASE("K11: a claim rule about the e-mail admits nobody by one that does not count, and still denies") {
  Identity identity = alice();
  identity.claims.set("email", identity.email);
  const Rule rule = with_claim({"email", {"email"}}, identity.email);
  CHECK(allows(rule, identity));
  CHECK(denies(rule, identity));
  identity.email_counts = false;
  CHECK_FALSE(allows(rule, identity));
  CHECK(denies(rule, identity));
}
