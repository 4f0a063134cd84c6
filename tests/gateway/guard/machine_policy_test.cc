// Machines before policies: whom a rule means that names a client, and whom all the others mean.
#include "gateway/guard/policy.h"
#include "tests/support/doctest.h"

namespace {

using config::Rule;
using gateway::Decision;
using gateway::Identity;

Identity robot() {
  Identity identity;
  identity.client = "ci";
  identity.issuer = "https://machines";
  identity.subject = "robot";
  identity.user = "robot";
  identity.email = "alice@example.com";
  identity.email_counts = true;  // whatever its token may have said
  identity.groups = {"staff"};
  identity.claims = core::Json::parse(R"({"level":3})", core::Side::us).value();
  return identity;
}

Identity person() {
  Identity identity = robot();
  identity.client.clear();
  identity.provider = "ci";
  identity.user = "ci";
  return identity;
}

/// A rule with one list of texts.
Rule with(std::optional<std::vector<std::string>> Rule::* test, const std::string& text) {
  Rule rule;
  rule.*test = std::vector<std::string>{text};
  return rule;
}

Rule for_client(const std::string& client) {
  return with(&Rule::clients, client);
}

Rule everybody() {
  Rule rule;
  rule.authenticated = true;
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

}  // namespace

TEST_CASE("K31: a machine is admitted by a rule that names it and by no other") {
  CHECK(allows(for_client("ci"), robot()));
  CHECK_FALSE(allows(for_client("cd"), robot()));
  CHECK_FALSE(allows(everybody(), robot()));
  CHECK_FALSE(allows(with(&Rule::emails, "alice@example.com"), robot()));
  CHECK_FALSE(allows(with(&Rule::email_domains, "example.com"), robot()));
  CHECK_FALSE(allows(with(&Rule::groups, "staff"), robot()));
  CHECK_FALSE(allows(with(&Rule::users, "robot"), robot()));
  Rule network;
  network.networks = std::vector<core::Network>{core::Network::parse("192.0.2.0/24").value()};
  CHECK_FALSE(allows(network, robot()));
  Rule claim;
  claim.claims.push_back({{"level", {"level"}}, {std::int64_t{3}}});
  CHECK_FALSE(allows(claim, robot()));
  Rule both = for_client("ci");
  both.groups = std::vector<std::string>{"staff"};
  CHECK(allows(both, robot()));
  both.groups = std::vector<std::string>{"others"};
  CHECK_FALSE(allows(both, robot()));
}

TEST_CASE("K31: no person is the machine of a rule, however he is called") {
  CHECK_FALSE(allows(for_client("ci"), person()));
  CHECK_FALSE(allows(for_client(""), person()));
  config::Policy policy;
  policy.deny.push_back(for_client("ci"));
  policy.allow.push_back(everybody());
  CHECK(judged({policy}, person()) == Decision::admitted);
}

TEST_CASE("K31: what denies sees machines and a policy that is named lets in those whom it names") {
  config::Policy policy;
  policy.deny.push_back(with(&Rule::groups, "staff"));
  policy.allow.push_back(for_client("ci"));
  CHECK(judged({policy}, robot()) == Decision::denied);
  config::Policy outer;
  outer.allow.emplace_back().policies = std::vector<std::size_t>{1};
  config::Policy inner;
  inner.allow.push_back(everybody());
  CHECK(judged({outer, inner}, robot()) == Decision::denied);
  inner.allow.push_back(for_client("ci"));
  CHECK(judged({outer, inner}, robot()) == Decision::admitted);
  CHECK(gateway::Policies({outer, inner}).clients_of(0) == std::set<std::string>{"ci"});
}
