#include "gateway/oidc/claims.h"

#include "gateway/session/session.h"

#include "tests/gateway/support/sessions_fixture.h"
#include "tests/support/doctest.h"

namespace {

core::Json json(const std::string& text) {
  return core::Json::parse(text, core::Side::us).value();
}

}  // namespace

TEST_CASE("a session keeps what the configuration names of the claims, each in its place") {
  const core::Json claims = json(R"({"a":{"b":1,"c":2},"a.b":3,"list":[{"x":1,"y":2}],"other":"big"})");
  CHECK(gateway::pruned(claims, {{"a.c", {"a", "c"}}}).text() == R"({"a":{"c":2}})");
  CHECK(gateway::pruned(claims, {{"a.b", {"a", "b"}}}).text() == R"({"a.b":3})");
  CHECK(gateway::pruned(claims, {{"", {"a", "b"}}, {"", {"a", "c"}}}).text() == R"({"a":{"b":1,"c":2}})");
  CHECK(gateway::pruned(claims, {{"", {"list", "x"}}}).text() == R"({"list":[{"x":1,"y":2}]})");
  CHECK(gateway::pruned(claims, {{"none.at", {"none", "at"}}, {"", {"a", "b", "c"}}}).text() ==
        R"({"a":{"b":1}})");
  CHECK(gateway::pruned(claims, {}).text() == "{}");
}

TEST_CASE("policies, identity templates and header templates name the claims to keep") {
  config::Config config;
  config.policies.emplace_back().allow.emplace_back().claims.push_back(
      {{"org", {"org"}}, {std::string("x")}});
  config::Route route;
  route.identity.preset = config::IdentityPreset::fields;
  route.identity.fields.push_back({"X-Team", {"{claim.team.name}", {}}});
  route.request_headers.set.emplace_back("X-Level", config::Located{"{claim.level}-{user}", {}});
  config.routes.push_back(route);
  const gateway::ClaimPaths paths = gateway::named_claims(config);
  REQUIRE(paths.size() == 3);
  CHECK(paths[0].steps == std::vector<std::string>{"org"});
  CHECK(paths[1].steps == std::vector<std::string>{"team", "name"});
  CHECK(paths[2].literal == "level");
}

TEST_CASE(
    "an e-mail counts when email_verified is true for that very address, or the operator trusts the "
    "provider") {
  struct Row {
    const char* claims;
    config::EmailTrust trust;
    const char* email;
    bool counts;
  };
  const Row rows[] = {
      {R"({"sub":"a","email":"a@x.org","email_verified":true})", config::EmailTrust::verified, "a@x.org",
       true},
      {R"({"sub":"a","email":"a@x.org","email_verified":false})", config::EmailTrust::verified, "a@x.org",
       false},
      {R"({"sub":"a","email":"a@x.org","email_verified":"true"})", config::EmailTrust::verified, "a@x.org",
       false},
      {R"({"sub":"a","email":"a@x.org","email_verified":1})", config::EmailTrust::verified, "a@x.org", false},
      {R"({"sub":"a","email":"a@x.org"})", config::EmailTrust::verified, "a@x.org", false},
      {R"({"sub":"a","email":"a@x.org"})", config::EmailTrust::trusted, "a@x.org", true},
      {R"({"sub":"a","email":"a@x.org","email_verified":true})", config::EmailTrust::ignored, "a@x.org",
       false},
      {R"({"sub":"a","email":["a@x.org","b@x.org"],"email_verified":true})", config::EmailTrust::verified, "",
       false},
      {R"({"sub":"a","email":7})", config::EmailTrust::trusted, "", false},
      {R"({"sub":"a"})", config::EmailTrust::trusted, "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.claims);
    config::Provider provider = test_support::provider_named("corp");
    provider.email = row.trust;
    const auto identity = gateway::make_identity(provider, json(row.claims), {});
    REQUIRE(identity.has_value());
    CHECK(identity->email == row.email);
    CHECK(identity->email_counts == row.counts);
  }
}

TEST_CASE("several e-mails are nobody's e-mail, and all of them are kept for rules that deny") {
  config::Provider provider = test_support::provider_named("corp");
  provider.email = config::EmailTrust::trusted;
  const auto emails = [&provider](const std::string& claim) {
    const auto identity = gateway::make_identity(provider, json(R"({"sub":"a","email":)" + claim + "}"), {});
    REQUIRE(identity.has_value());
    CHECK(identity->email_counts == !identity->email.empty());
    CHECK(identity->email.empty() == !identity->several_emails.empty());
    return identity->several_emails;
  };
  CHECK(emails(R"(["a@x.org","b@x.org"])") == std::vector<std::string>{"a@x.org", "b@x.org"});
  CHECK(emails(R"(["a@x.org",7])") == std::vector<std::string>{"a@x.org", ""});
  CHECK(emails(R"(["a@x.org"])").empty());
  std::string many = R"("a@x.org")";
  for (int i = 0; i < 16; ++i) many.append(R"(,"a@x.org")");
  CHECK_FALSE(
      gateway::make_identity(provider, json(R"({"sub":"a","email":[)" + many + "]}"), {}).has_value());
}

TEST_CASE("email_verified says nothing about a claim that the operator chose instead of email") {
  config::Provider provider = test_support::provider_named("corp");
  provider.claims.email = {"upn", {"upn"}};
  const auto identity = gateway::make_identity(
      provider, json(R"({"sub":"a","email":"a@x.org","email_verified":true,"upn":"boss@x.org"})"), {});
  CHECK(identity->email == "boss@x.org");
  CHECK_FALSE(identity->email_counts);
}

TEST_CASE("claims of another shape leave their part of the identity empty") {
  config::Provider provider = test_support::provider_named("corp");
  provider.claims.groups = {"realm_access.roles", {"realm_access", "roles"}};
  provider.claims.user = {"preferred_username", {"preferred_username"}};
  const auto identity = gateway::make_identity(
      provider, json(R"({"sub":"a","name":{"x":1},"realm_access":{"roles":["r",7,"",null,["s"]]}})"), {});
  REQUIRE(identity.has_value());
  CHECK(identity->user == "a");
  CHECK(identity->name.empty());
  CHECK(identity->groups == std::vector<std::string>{"r", "s"});
  CHECK_FALSE(gateway::make_identity(provider, json(R"({"sub":7})"), {}).has_value());
  CHECK_FALSE(gateway::make_identity(provider, json("{}"), {}).has_value());
}

TEST_CASE("roles are read where a policy asks for them") {
  config::Provider provider = test_support::provider_named("corp");
  const core::Json claims = json(R"({"sub":"a","realm_access":{"roles":["r","s"]},"groups":["g"]})");
  CHECK(gateway::make_identity(provider, claims, {})->roles.empty());
  CHECK_FALSE(gateway::lacks_claims(json(R"({"sub":"a","email":"a@x.org","email_verified":true,"name":"A",
    "preferred_username":"a","groups":[["g"]]})"),
                                    provider, {}));
  provider.claims.roles = config::ClaimPath{"realm_access.roles", {"realm_access", "roles"}};
  CHECK(gateway::make_identity(provider, claims, {})->roles == std::vector<std::string>{"r", "s"});
  CHECK(gateway::make_identity(provider, claims, {})->groups == std::vector<std::string>{"g"});
  CHECK(gateway::lacks_claims(json(R"({"sub":"a","email":"a@x.org","email_verified":true,"name":"A",
    "preferred_username":"a","groups":["g"]})"),
                              provider, {}));
}

TEST_CASE("more groups or roles than are kept, and claims without measure, refuse the sign-in") {
  config::Provider provider = test_support::provider_named("corp");
  provider.claims.roles = config::ClaimPath{"roles", {"roles"}};
  const auto outcome = [&provider](const char* name, std::size_t count, const gateway::ClaimPaths& kept) {
    core::Json list = core::Json::array();
    for (std::size_t i = 0; i < count; ++i) list.push("a-value-" + std::to_string(i));
    core::Json claims = core::Json::object();
    claims.set("sub", "a");
    claims.set(name, std::move(list));
    return gateway::make_identity(provider, claims, kept);
  };
  for (const char* name : {"groups", "roles"}) {
    CAPTURE(name);
    CHECK(outcome(name, gateway::kMaxGroups, {}).has_value());
    REQUIRE_FALSE(outcome(name, gateway::kMaxGroups + 1, {}).has_value());
    CHECK(outcome(name, gateway::kMaxGroups + 1, {}).error().kind == core::ErrorKind::refused);
  }
  CHECK(outcome("big", 10'000, {}).has_value());
  CHECK_FALSE(outcome("big", 10'000, {{"big", {"big"}}}).has_value());
}

TEST_CASE("an account of another hosted domain is refused, and so is one without") {
  config::Provider provider = test_support::provider_named("corp");
  provider.hosted_domain = "example.com";
  CHECK(gateway::make_identity(provider, json(R"({"sub":"a","hd":"example.com"})"), {}).has_value());
  for (const char* claims :
       {R"({"sub":"a"})", R"({"sub":"a","hd":"evil.com"})", R"({"sub":"a","hd":["example.com"]})"}) {
    const auto identity = gateway::make_identity(provider, json(claims), {});
    REQUIRE_FALSE(identity.has_value());
    CHECK(identity.error().kind == core::ErrorKind::refused);
  }
}

TEST_CASE("K11: an e-mail that does not count is nobody's user name either") {
  config::Provider provider = test_support::provider_named("corp");
  provider.claims.user = {"email", {"email"}};
  const auto user = [&provider](const std::string& claims) {
    return gateway::make_identity(provider, json(claims), {})->user;
  };
  CHECK(user(R"({"sub":"a","email":"a@x.org","email_verified":true})") == "a@x.org");
  CHECK(user(R"({"sub":"a","email":"a@x.org","email_verified":false})") == "a");
  CHECK(user(R"({"sub":"a","email":"a@x.org"})") == "a");
  provider.email = config::EmailTrust::ignored;
  CHECK(user(R"({"sub":"a","email":"a@x.org","email_verified":true})") == "a");
  provider.email = config::EmailTrust::trusted;
  CHECK(user(R"({"sub":"a","email":"a@x.org"})") == "a@x.org");
  provider.email = config::EmailTrust::verified;
  provider.claims.user = provider.claims.email = {"upn", {"upn"}};
  CHECK(user(R"({"sub":"a","upn":"boss@x.org","email":"a@x.org","email_verified":true})") == "a");
}

TEST_CASE("email_verified speaks of the e-mail it came with, in both directions") {
  struct Row {
    const char* first;
    const char* more;
    bool counts;
  };
  const Row rows[] = {
      {R"({"sub":"a","email_verified":true})", R"({"email":"a@x.org","email_verified":false})", false},
      {R"({"sub":"a","email_verified":true})", R"({"email":"a@x.org"})", false},
      {R"({"sub":"a","email_verified":false})", R"({"email":"a@x.org","email_verified":true})", true},
      {R"({"sub":"a"})", R"({"email":"a@x.org","email_verified":true})", true},
      {R"({"sub":"a","email":"a@x.org"})", R"({"email":"a@x.org","email_verified":true})", true},
      {R"({"sub":"a","email":"a@x.org"})", R"({"email":"b@x.org","email_verified":true})", false},
      {R"({"sub":"a","email":"a@x.org"})", R"({"email_verified":true})", false},
  };
  const config::Provider provider = test_support::provider_named("corp");
  for (const Row& row : rows) {
    CAPTURE(row.first);
    CAPTURE(row.more);
    const auto identity =
        gateway::make_identity(provider, gateway::merged(json(row.first), json(row.more)), {});
    CHECK(identity->email == "a@x.org");
    CHECK(identity->email_counts == row.counts);
  }
}
