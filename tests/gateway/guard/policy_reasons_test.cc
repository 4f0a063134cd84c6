// Who explains and who serves ask two functions; over policies and people by chance both decide the same.
#include <random>

#include "gateway/guard/policy.h"
#include "tests/support/doctest.h"

namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t kPolicies = 4;

/// Small words, so that rules meet people often.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  bool one_in(std::size_t bound) { return below(bound) == 0; }
  /// Some of them, perhaps none.
  Texts some_of(std::initializer_list<const char*> words) {
    Texts some;
    for (const char* word : words)
      if (one_in(3)) some.emplace_back(word);
    return some;
  }
  std::string one_of(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }

 private:
  std::mt19937 engine_;
};

config::Rule rule_by(Chance& chance, std::size_t policy) {
  config::Rule rule;
  rule.authenticated = chance.one_in(6);
  if (chance.one_in(6)) rule.providers = chance.some_of({"p", "q"});
  if (chance.one_in(6)) rule.clients = chance.some_of({"robot", "cron"});
  if (chance.one_in(4)) rule.emails = chance.some_of({"a@x.test", "b@x.test"});
  if (chance.one_in(4)) rule.email_domains = chance.some_of({"x.test", "y.test"});
  if (chance.one_in(6)) rule.users = chance.some_of({"a", "B"});
  if (chance.one_in(4)) rule.groups = chance.some_of({"g", "h"});
  if (chance.one_in(8)) rule.roles = chance.some_of({"r"});
  if (chance.one_in(8)) rule.orgs = chance.some_of({"g"});
  if (chance.one_in(6)) rule.networks = std::vector{core::Network::parse("192.0.2.0/24").value()};
  if (chance.one_in(6)) rule.methods = chance.some_of({"GET", "POST"});
  if (chance.one_in(6)) rule.claims.push_back({{"level", {"level"}}, {std::int64_t{3}}});
  if (policy + 1 < kPolicies && chance.one_in(4)) rule.policies = std::vector{policy + 1};
  return rule;
}

std::vector<config::Policy> policies_by(Chance& chance) {
  std::vector<config::Policy> policies(kPolicies);
  for (std::size_t i = 0; i < kPolicies; ++i) {
    for (std::size_t count = chance.below(3); count > 0; --count)
      policies[i].deny.push_back(rule_by(chance, i));
    for (std::size_t count = chance.below(4); count > 0; --count)
      policies[i].allow.push_back(rule_by(chance, i));
    policies[i].otherwise = static_cast<config::Otherwise>(chance.below(3));
  }
  return policies;
}

gateway::Identity identity_by(Chance& chance) {
  gateway::Identity identity;
  identity.provider = chance.one_of({"p", "q"});
  if (chance.one_in(5)) identity.client = chance.one_of({"robot", "cron"});
  identity.subject = chance.one_of({"", "1"});
  identity.user = chance.one_of({"a", "b", "B"});
  // One that is none: what cannot be decided.
  identity.email = chance.one_of({"", "a@x.test", "b@y.test", "no address", "a@@x.test"});
  identity.email_counts = !chance.one_in(3);
  if (chance.one_in(5)) identity.several_emails = chance.some_of({"a@x.test", "no address", "b@x.test"});
  identity.groups = chance.some_of({"g", "h"});
  identity.roles = chance.some_of({"r"});
  identity.claims = core::Json::object();
  if (chance.one_in(2)) identity.claims.set("level", static_cast<std::int64_t>(chance.below(4)));
  return identity;
}

}  // namespace

TEST_CASE("whoever asks for the reason gets the decision that is served, and a rule that is there") {
  std::size_t decisions[5] = {};
  std::size_t unsure = 0;
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    CAPTURE(seed);
    Chance chance(seed);
    const std::vector<config::Policy> list = policies_by(chance);
    const gateway::Policies policies(list);
    const gateway::Identity identity = identity_by(chance);
    const core::IpAddress client =
        core::IpAddress::parse(chance.one_of({"192.0.2.1", "198.51.100.1", "2001:db8::1"})).value();
    const std::string method = chance.one_of({"GET", "POST", "PUT"});
    const std::size_t index = chance.below(kPolicies + 1);
    const gateway::Question question{identity, client, method};
    const gateway::Decision served = gateway::judge(policies, index, question);
    const gateway::Reasoned said = gateway::judge_and_say_why(policies, index, question);
    REQUIRE(said.decision == served);
    const config::Policy& policy = policies.at(index);
    if (said.ground == gateway::Ground::deny) REQUIRE(said.rule < policy.deny.size());
    if (said.ground == gateway::Ground::allow) REQUIRE(said.rule < policy.allow.size());
    REQUIRE((said.ground == gateway::Ground::allow) == (served == gateway::Decision::admitted));
    ++decisions[static_cast<std::size_t>(served)];
    unsure += said.is_certain ? 0 : 1;
  }
  // Chance reached each of them, so that the comparison says something.
  for (std::size_t decision = 1; decision < 5; ++decision) CHECK(decisions[decision] > 100);
  CHECK(unsure > 10);
}
