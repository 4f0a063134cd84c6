#include "gateway/model/identity_headers.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace gateway {
namespace {

std::shared_ptr<Identity> alice() {
  auto identity = std::make_shared<Identity>();
  identity->provider = "company";
  identity->subject = "sub-1";
  identity->user = "sub-1";
  identity->email = "alice@example.com";
  identity->email_counts = true;
  identity->name = "Alice Ädams";
  identity->preferred_username = "alice";
  identity->groups = {"admins", "a,b", "staff"};
  identity->claims =
      core::Json::parse(R"({"realm":{"roles":["x","y"]},"level":3,"odd":"a\r\nX-Role: admin","yes":true})",
                        core::Side::provider)
          .value();
  return identity;
}

config::Identity fields_of(std::vector<std::pair<std::string, std::string>> pairs) {
  config::Identity identity;
  identity.preset = config::IdentityPreset::fields;
  for (auto& [name, value] : pairs) identity.fields.push_back({name, {value, {}}});
  return identity;
}

std::map<std::string, std::string> sent(const config::Identity& configured,
                                        const std::shared_ptr<Identity>& identity) {
  IdentityHeaders headers = IdentityHeaders::make(configured).value();
  core::Fields fields;
  headers.append_to(fields, identity, Request());
  std::map<std::string, std::string> result;
  for (const core::Field& field : fields) {
    CHECK_FALSE(result.contains(std::string(field.name)));
    result.emplace(field.name, field.value);
  }
  return result;
}

TEST_CASE("the oauth2-proxy preset sends what oauth2-proxy sends") {
  config::Identity preset;
  preset.preset = config::IdentityPreset::oauth2_proxy;
  const auto fields = sent(preset, alice());
  CHECK(fields.at("X-Auth-Request-User") == "sub-1");
  CHECK(fields.at("X-Auth-Request-Email") == "alice@example.com");
  CHECK(fields.at("X-Auth-Request-Preferred-Username") == "alice");
  CHECK(fields.at("X-Auth-Request-Groups") == "admins,staff");
}

TEST_CASE("templates take claims, lists, numbers and booleans") {
  const auto fields = sent(fields_of({{"A", "{claim.realm.roles}"},
                                      {"B", "{claim.level}-{user}"},
                                      {"C", "{claim.yes}"},
                                      {"D", "{provider}"},
                                      {"E", "{name}"},
                                      {"F", "{name:ascii}"}}),
                           alice());
  CHECK(fields.at("A") == "x,y");
  CHECK(fields.at("B") == "3-sub-1");
  CHECK(fields.at("C") == "true");
  CHECK(fields.at("D") == "company");
  CHECK(fields.at("E") == "Alice Ädams");
  CHECK(fields.at("F") == "Alice %C3%84dams");
}

TEST_CASE("a missing claim, a claim with line breaks, an e-mail that does not count: the field is absent") {
  const auto identity = alice();
  identity->email_counts = false;
  const auto fields =
      sent(fields_of(
               {{"A", "{claim.none}"}, {"B", "x{claim.odd}"}, {"C", "{email}"}, {"D", "{sub} {claim.none}"}}),
           identity);
  CHECK(fields.empty());
}

TEST_CASE("text that came from a claim is not expanded again") {
  const auto identity = alice();
  identity->name = "{email} ${HOME} {{";
  CHECK(sent(fields_of({{"A", "{name}"}}), identity).at("A") == "{email} ${HOME} {{");
}

TEST_CASE("two people on one worker each get their own values") {
  IdentityHeaders headers = IdentityHeaders::make(fields_of({{"Who", "{email}"}})).value();
  std::vector<std::shared_ptr<Identity>> people;
  for (int i = 0; i < 500; ++i) {
    people.push_back(alice());
    people.back()->email = "user" + std::to_string(i) + "@example.com";
  }
  for (int round = 0; round < 3; ++round) {
    for (const auto& person : people) {
      core::Fields fields;
      headers.append_to(fields, person, Request());
      REQUIRE(fields.size() == 1);
      CHECK(fields.begin()->value == person->email);
    }
  }
}

TEST_CASE("nobody's identity is no field") {
  IdentityHeaders headers = IdentityHeaders::make(fields_of({{"Who", "{email}"}})).value();
  core::Fields fields;
  headers.append_to(fields, nullptr, Request());
  CHECK(fields.empty());
}

TEST_CASE("an e-mail that does not count reaches no header as a plain claim either") {
  const auto identity = alice();
  identity->claims.set("email", "alice@example.com");
  CHECK(sent(fields_of({{"A", "{claim.email}"}}), identity).at("A") == "alice@example.com");
  identity->email_counts = false;
  CHECK(sent(fields_of({{"A", "{claim.email}"}, {"B", "x-{claim.email}"}}), identity).empty());
  identity->email_counts = true;
  identity->email = "other@example.com";
  CHECK(sent(fields_of({{"A", "{claim.email}"}}), identity).empty());
}

}  // namespace
}  // namespace gateway
