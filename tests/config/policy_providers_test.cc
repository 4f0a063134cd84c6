// Where people have to sign in to be admitted by a policy.
#include "config/policy_providers.h"

#include <doctest/doctest.h>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

using Names = std::vector<std::string>;

/// The providers of the policy p, which `rules` make, of a file with corp, hub and lab.
Names admitted(const std::string& rules, const std::string& others = "") {
  Sample sample;
  const std::string rest = ", client_id: a, client_secret: {env: CLIENT_SECRET}}\n";
  sample.login = "login:\n  providers:\n";
  for (const std::string name : {"corp", "hub", "lab"}) {
    sample.login += "    " + name + ": {type: oidc, issuer: 'https://" + name + ".example.com'" + rest;
  }
  sample.login += "  clients:\n    robot: {issuer: 'https://m.example.com', audience: here}\n";
  sample.policies += "  p: {" + rules + "}\n" + others;
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const auto found = std::ranges::find(outcome.config->policies, "p", &Policy::name);
  return providers_admitted(*outcome.config,
                            static_cast<std::size_t>(found - outcome.config->policies.begin()));
}

}  // namespace

TEST_CASE("only those without which no rule admits are named, in the order of the file") {
  CHECK(admitted("allow: [{provider: hub, email: a@x.com}, {provider: corp}]") == Names{"corp", "hub"});
  CHECK(admitted("allow: [{provider: [hub]}, {email: a@x.com}]").empty());
  CHECK(admitted("allow: [{authenticated: true}]").empty());
  CHECK(admitted("allow: [{provider: [corp, hub, lab]}]").empty());
  CHECK(admitted("deny: [{provider: corp}], allow: [{authenticated: true}]").empty());
  CHECK(admitted("allow: [{client: robot}, {provider: lab}]") == Names{"lab"});
}

TEST_CASE("what other policies admit counts as far as the rule does") {
  const std::string crew = "  crew: {allow: [{provider: [corp, hub]}]}\n";
  CHECK(admitted("allow: [{policy: crew}]", crew) == Names{"corp", "hub"});
  CHECK(admitted("allow: [{policy: crew, provider: [hub, lab]}]", crew) == Names{"hub"});
  CHECK(admitted("allow: [{policy: crew}, {provider: lab}]", crew).empty());
}

TEST_CASE("whom administrators approve may be of any provider") {
  const std::string crew = "  crew: {allow: [{provider: corp}]}\n";
  CHECK(admitted("otherwise: pending, approval: {admins: crew}, allow: [{provider: hub}]", crew).empty());
}

TEST_CASE("a route that sends people where its policy admits nobody is warned about") {
  const auto warns = [](const std::string& provider) {
    Sample sample;
    const std::string rest = ", client_id: a, client_secret: {env: CLIENT_SECRET}}\n";
    sample.login = "login:\n  providers:\n    corp: {type: oidc, issuer: 'https://corp.example.com'" + rest +
                   "    hub: {type: oidc, issuer: 'https://hub.example.com'" + rest;
    sample.policies += "  p: {allow: [{provider: corp}]}\n";
    sample.routes +=
        "  - {host: app.example.com, path: /p, to: 'http://p:1', policy: p, sign_in: {provider: " + provider +
        "}}\n";
    const LoadOutcome outcome = sample.load();
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    return warns_of(outcome, "admits nobody who signs in there");
  };
  CHECK(warns("hub"));
  CHECK_FALSE(warns("corp"));
  CHECK_FALSE(warns("[hub, corp]"));
}
