// How the gateway proves to a provider that it is its client: secret, signed assertion, certificate.
#include "core/crypto/jwk.h"
#include "core/crypto/jwt.h"
#include "core/text/form.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

void forget_all(Browser& browser) {
  for (const char* host : {"app.example.com", "auth.example.com"}) browser.forget(host);
}

void offer(LoginFixture& f, std::initializer_list<const char*> methods) {
  core::Json list = core::Json::array();
  for (const char* method : methods) list.push(method);
  f.provider.discovery.set("token_endpoint_auth_methods_supported", std::move(list));
}

bool signs_in(LoginFixture& f) {
  f.sign_in(kAppUrl);
  return f.visit(kAppUrl).admitted.has_value();
}

core::Form body_of(LoginFixture& f) {
  return core::Form::parse(f.provider.last("/token").body).value();
}

std::string field_of(const core::FetchRequest& request, std::string_view name) {
  for (const auto& [field, value] : request.fields) {
    if (field == name) return value;
  }
  return {};
}

/// The provider knows the gateway by a key of this kind.
core::PrivateKey give_key(LoginFixture& f, core::KeyKind kind) {
  core::PrivateKey key = core::PrivateKey::generate(kind);
  config::Provider& settings = f.config.login.providers[0];
  settings.client_secret = {};
  settings.client_key.value = key.to_pem();
  offer(f, {"client_secret_basic", "private_key_jwt"});
  f.build();
  return key;
}

}  // namespace

TEST_CASE("K26: an assertion is signed by the key, for the issuer, for a minute, and never twice the same") {
  for (const core::KeyKind kind :
       {core::KeyKind::rsa, core::KeyKind::p256, core::KeyKind::p384, core::KeyKind::ed25519}) {
    LoginFixture f;
    const core::PrivateKey key = give_key(f, kind);
    REQUIRE(signs_in(f));
    CHECK(field_of(f.provider.last("/token"), "Authorization").empty());
    const core::Form form = body_of(f);
    CHECK(form.required("client_id") == "gateway");
    CHECK(form.required("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    CHECK(form.once("client_secret").value() == std::nullopt);
    core::JwtRules rules;
    rules.issuer = "gateway";
    rules.audience = f.provider.issuer();
    const core::KeySet keys({{key.public_key(), core::thumbprint(key.public_key())}});
    const std::string token(form.required("client_assertion").value());
    const core::Result<core::Jwt> verified = core::verify_jwt(token, keys, rules, f.clock.wall());
    REQUIRE(verified.has_value());
    CHECK(verified->subject == "gateway");
    CHECK(verified->header.key_id == core::thumbprint(key.public_key()));
    CHECK(verified->expires == f.clock.wall() + std::chrono::seconds(60));
    const std::string id(verified->claims.string_at("jti").value());
    CHECK(id.size() >= 22);
    forget_all(f.browser);
    REQUIRE(signs_in(f));
    const std::string second(body_of(f).required("client_assertion").value());
    const auto again = core::verify_jwt(second, keys, rules, f.clock.wall());
    CHECK(again->claims.string_at("jti").value() != id);
  }
}

TEST_CASE("the key of an assertion is named as configured") {
  LoginFixture f;
  f.config.login.providers[0].client_key_id = "our-key";
  const core::PrivateKey key = give_key(f, core::KeyKind::p256);
  REQUIRE(signs_in(f));
  core::JwtRules rules;
  rules.issuer = "gateway";
  rules.audience = f.provider.issuer();
  const std::string token(body_of(f).required("client_assertion").value());
  const auto verified =
      core::verify_jwt(token, core::KeySet({{key.public_key(), "our-key"}}), rules, f.clock.wall());
  REQUIRE(verified.has_value());
  CHECK(verified->header.key_id == "our-key");
}

TEST_CASE("a way that the provider does not offer is not used: no sign-in begins") {
  const auto begins = [](LoginFixture& f) { return !f.to_provider(kAppUrl).empty(); };
  LoginFixture with_key;
  give_key(with_key, core::KeyKind::p256);
  CHECK(begins(with_key));
  offer(with_key, {"client_secret_basic"});
  with_key.build();
  CHECK_FALSE(begins(with_key));
  LoginFixture with_secret;
  offer(with_secret, {"private_key_jwt"});
  with_secret.build();
  CHECK_FALSE(begins(with_secret));
}

TEST_CASE("with a certificate no secret is sent, and the provider's places for it are used") {
  LoginFixture f;
  config::Provider& settings = f.config.login.providers[0];
  settings.client_secret = {};
  settings.certificate_file = "/etc/gateway/client.pem";
  offer(f, {"tls_client_auth"});
  core::Json aliases = core::Json::object();
  aliases.set("token_endpoint", "https://mtls.example.net/token");
  f.provider.discovery.set("mtls_endpoint_aliases", aliases);
  f.build();
  REQUIRE(signs_in(f));
  const core::FetchRequest& request = f.provider.last("/token");
  CHECK(request.url.text() == "https://mtls.example.net/token");
  CHECK(field_of(request, "Authorization").empty());
  CHECK(body_of(f).required("client_id") == "gateway");
  CHECK(body_of(f).once("client_assertion").value() == std::nullopt);
  aliases.set("token_endpoint", "https://evil.example/token");
  f.provider.discovery.set("mtls_endpoint_aliases", aliases);
  f.build();
  forget_all(f.browser);
  CHECK(f.to_provider(kAppUrl).empty());
}

TEST_CASE("with a secret the places for certificates are left alone") {
  LoginFixture f;
  core::Json aliases = core::Json::object();
  aliases.set("token_endpoint", "https://mtls.example.net/token");
  f.provider.discovery.set("mtls_endpoint_aliases", aliases);
  f.build();
  REQUIRE(signs_in(f));
  CHECK(f.provider.last("/token").url.text() == "https://corp.example.net/token");
}
