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
  identity.user = "alice";
  identity.groups = {"staff", "a,b", "Acme", "Acme:Platform"};
  identity.roles = {"editor"};
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
Rule with_network(const std::string& network) {
  Rule rule;
  rule.networks = std::vector<core::Network>{core::Network::parse(network).value()};
  return rule;
}
/// A rule with one list of texts.
Rule with(std::optional<std::vector<std::string>> Rule::* test, const std::string& text) {
  Rule rule;
  rule.*test = std::vector<std::string>{text};
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

/// What the first of the policies says about a GET from 192.0.2.7.
Decision judged(const std::vector<config::Policy>& policies, const Identity& identity) {
  const core::IpAddress client = core::IpAddress::parse("192.0.2.7").value();
  return gateway::judge(gateway::Policies(policies), 0, {identity, client, "GET"});
}

bool allows(const Rule& rule, const Identity& identity) {
  config::Policy policy;
  policy.allow.push_back(rule);
  return judged({policy}, identity) == Decision::admitted;
}

bool denies(const Rule& rule, const Identity& identity) {
  config::Policy policy;
  policy.deny.push_back(rule);
  policy.allow.push_back(everybody());
  return judged({policy}, identity) == Decision::denied;
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
      {"user", with(&Rule::users, "alice"), true},
      {"another user", with(&Rule::users, "bob"), false},
      {"part of a user", with(&Rule::users, "ali"), false},
      {"role", with(&Rule::roles, "editor"), true},
      {"another role", with(&Rule::roles, "admin"), false},
      {"a group is no role", with(&Rule::roles, "staff"), false},
      {"a role is no group", with_group("editor"), false},
      {"organisation, whatever its case", with(&Rule::orgs, "acme"), true},
      {"another organisation", with(&Rule::orgs, "acm"), false},
      {"team", with(&Rule::teams, "acme:platform"), true},
      {"another team", with(&Rule::teams, "acme:plat"), false},
      {"the same team of another organisation", with(&Rule::teams, "other:platform"), false},
      {"address", with_network("192.0.2.7"), true},
      {"network", with_network("192.0.2.0/24"), true},
      {"another network", with_network("192.0.3.0/24"), false},
      {"an address of the other kind", with_network("2001:db8::/32"), false},
      {"method", with(&Rule::methods, "GET"), true},
      {"another method", with(&Rule::methods, "POST"), false},
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
  CHECK(judged({policy}, alice()) == Decision::admitted);
}

TEST_CASE("user is exact in allow, and means whatever spelling and the e-mail too in deny") {
  Identity identity = alice();
  CHECK_FALSE(allows(with(&Rule::users, "Alice"), identity));
  CHECK(denies(with(&Rule::users, "Alice"), identity));
  CHECK_FALSE(allows(with(&Rule::users, "alice@example.com"), identity));
  CHECK(denies(with(&Rule::users, "alice@example.com"), identity));
  identity.email.clear();
  identity.several_emails = {"a@example.com", "B@example.com"};
  CHECK(denies(with(&Rule::users, "b@example.com"), identity));
  CHECK_FALSE(denies(with(&Rule::users, "c@example.com"), identity));
}

TEST_CASE("a policy that a rule names admits whom it would admit by itself") {
  config::Policy outer;
  outer.allow.emplace_back().policies = std::vector<std::size_t>{1, 2};
  config::Policy first;
  first.allow = {with_group("others")};
  first.otherwise = config::Otherwise::pending;
  config::Policy second;
  second.allow = {with_group("staff")};
  CHECK(judged({outer, first, second}, alice()) == Decision::admitted);
  second.deny = {with_email("alice@example.com")};
  CHECK(judged({outer, first, second}, alice()) == Decision::denied);
  second.deny = {with_email("bob@example.com")};
  CHECK(judged({outer, first, second}, alice()) == Decision::admitted);

  config::Policy denying;
  denying.deny.emplace_back().policies = std::vector<std::size_t>{1};
  denying.allow = {everybody()};
  CHECK(judged({denying, first}, alice()) == Decision::admitted);
  CHECK(judged({denying, second}, alice()) == Decision::denied);
  CHECK(judged({denying}, alice()) == Decision::admitted);  // the policy that is not there admits nobody
}

TEST_CASE(
    "K11: a policy that deny names is read for the worse: an e-mail that does not count takes nobody out") {
  Identity unverified = alice();
  unverified.email_counts = false;
  config::Policy outer;
  outer.deny.emplace_back().policies = std::vector<std::size_t>{1};
  outer.allow = {everybody()};
  config::Policy contractors;
  contractors.allow = {with_group("staff")};
  contractors.deny = {with_email("alice@example.com")};
  CHECK(judged({outer, contractors}, alice()) == Decision::admitted);
  CHECK(judged({outer, contractors}, unverified) == Decision::denied);
  // And what allows there is looked at as deny looks: any e-mail is one.
  contractors.deny.clear();
  contractors.allow = {with_domain("example.com")};
  CHECK(judged({outer, contractors}, unverified) == Decision::denied);
  // Neither can be told of an address that cannot be read.
  unverified.email = "no address";
  CHECK(judged({outer, contractors}, unverified) == Decision::denied);
}

TEST_CASE("policies in a circle, which no configuration has, admit nobody and end") {
  config::Policy first;
  first.allow.emplace_back().policies = std::vector<std::size_t>{1, 1};
  config::Policy second;
  second.allow.emplace_back().policies = std::vector<std::size_t>{0, 0};
  CHECK(judged({first, second}, alice()) == Decision::denied);
  CHECK(gateway::Policies({first, second}).depends_on_request(0));
}

TEST_CASE("a policy depends on the request if it, or one that it names, asks for address or method") {
  config::Policy plain;
  plain.allow = {with_group("staff")};
  config::Policy asking;
  asking.deny = {with_network("192.0.2.0/24")};
  config::Policy outer;
  outer.allow.emplace_back().policies = std::vector<std::size_t>{0};
  config::Policy over_asking;
  over_asking.allow.emplace_back().policies = std::vector<std::size_t>{2, 1};
  const gateway::Policies policies({plain, asking, outer, over_asking});
  CHECK_FALSE(policies.depends_on_request(0));
  CHECK(policies.depends_on_request(1));
  CHECK_FALSE(policies.depends_on_request(2));
  CHECK(policies.depends_on_request(3));
  CHECK(policies.depends_on_request(4));  // there is none
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
  CHECK(judged({policy}, alice()) == Decision::denied);
  policy.deny.clear();
  policy.allow = {with_group("others")};
  CHECK(judged({policy}, alice()) == Decision::denied);
  policy.otherwise = config::Otherwise::pending;
  CHECK(judged({policy}, alice()) == Decision::pending);
  policy.otherwise = config::Otherwise::redirect;
  CHECK(judged({policy}, alice()) == Decision::redirected);
  policy.allow.clear();
  CHECK(judged({policy}, alice()) == Decision::redirected);
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
    return judged({policy}, several);
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
  CHECK(email->text() == "mixed.case@sub.example.com");
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
