// Claims from an access token (type: keycloak): what they add, and when the token is worth nothing.
#include <functional>

#include "core/text/base64.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

/// Signs in with whatever the provider was told to say.
bool accepts(LoginFixture& f) {
  f.get(f.provider.consent(f.to_provider(kAppUrl)));
  return f.visit("https://auth.example.com/").admitted.has_value();
}

std::string unsigned_token(const std::string& payload, const std::string& header) {
  return core::base64url_encode(header) + "." + core::base64url_encode(payload) + ".";
}

/// A provider of type keycloak, whose access token says `change`d things about alice.
void give_roles(LoginFixture& f, const std::function<void(core::Json&)>& change) {
  config::Provider& provider = f.config.login.providers[0];
  provider.type = config::ProviderType::keycloak;
  provider.claims_from.push_back(config::ClaimSource::access_token);
  provider.claims.groups = {"realm_access.roles", {"realm_access", "roles"}};
  f.build();
  f.provider.edit_token_response = [&f, change](core::Json& response) {
    core::Json roles = core::Json::object();
    roles.set("roles", core::Json::array({core::Json("admin")}));
    core::Json token = core::Json::object();
    token.set("iss", f.provider.issuer());
    token.set("sub", "alice");
    token.set("azp", "gateway");
    token.set("aud", "account");
    token.set("exp", core::unix_seconds(f.clock.wall()) + 300);
    token.set("realm_access", roles);
    token.set("email", "mallory@evil.example");
    change(token);
    response.set("access_token", f.provider.sign(token.text()));
  };
}

}  // namespace

TEST_CASE("keycloak's access token adds what ID token and userinfo lack, and replaces nothing") {
  LoginFixture f;
  give_roles(f, [](core::Json&) {});
  REQUIRE(accepts(f));
  const gateway::Verdict verdict = f.visit("https://auth.example.com/");
  CHECK(verdict.admitted->identity()->groups == std::vector<std::string>{"admin"});
  CHECK(verdict.admitted->identity()->email == "alice@example.com");
}

TEST_CASE("an access token counts only if it is our provider's, in time, for our login and this person") {
  const std::function<void(core::Json&)> changes[] = {
      [](core::Json& token) { token.set("iss", "https://evil.example"); },
      [](core::Json& token) { token.set("azp", "other"); },
      [](core::Json& token) { token.set("azp", core::Json()); },
      [](core::Json& token) { token.set("sub", "bob"); },
      [](core::Json& token) { token.set("sub", ""); },
      [](core::Json& token) { token.set("exp", kNoon - 61); },
      [](core::Json& token) { token.set("nbf", kNoon + 120); },
  };
  for (const auto& change : changes) {
    LoginFixture f;
    give_roles(f, change);
    CHECK_FALSE(accepts(f));
  }
  LoginFixture f;
  give_roles(f, [](core::Json&) {});
  SUBCASE("opaque") {
    f.provider.edit_token_response = [](core::Json&) {};
  }
  SUBCASE("unsigned") {
    f.provider.edit_token_response = [](core::Json& response) {
      response.set("access_token",
                   unsigned_token(R"({"iss":"https://corp.example.net","sub":"alice","azp":"gateway",)"
                                  R"("exp":2000000000})",
                                  R"({"alg":"none"})"));
    };
  }
  CHECK_FALSE(accepts(f));
  CHECK(f.sink.text.find("checking the access token") != std::string::npos);
}
