#include "gateway/oidc/metadata.h"

#include <algorithm>

#include "gateway/oidc/provider_fetch.h"
#include "tests/gateway/support/fake_provider.h"
#include "tests/gateway/support/sessions_fixture.h"
#include "tests/support/doctest.h"

namespace {

core::Json document(const std::string& issuer) {
  core::Json json = core::Json::object();
  json.set("issuer", issuer);
  json.set("authorization_endpoint", issuer + "/authorize");
  json.set("token_endpoint", issuer + "/token");
  json.set("jwks_uri", issuer + "/keys");
  return json;
}

config::Provider provider_at(const std::string& issuer) {
  config::Provider provider = test_support::provider_named("corp");
  provider.issuer = issuer;
  provider.issuer_url = core::parse_url(issuer).value();
  return provider;
}

}  // namespace

TEST_CASE("the discovery address is below the issuer, with a path or a slash at its end too") {
  CHECK(gateway::discovery_url(provider_at("https://id.example.com")).text() ==
        "https://id.example.com/.well-known/openid-configuration");
  CHECK(gateway::discovery_url(provider_at("https://id.example.com/realms/x")).text() ==
        "https://id.example.com/realms/x/.well-known/openid-configuration");
  CHECK(gateway::discovery_url(provider_at("https://id.example.com/realms/x/")).text() ==
        "https://id.example.com/realms/x/.well-known/openid-configuration");
}

TEST_CASE("K24: another issuer than the configured one is refused, however alike") {
  const config::Provider provider = provider_at("https://id.example.com");
  CHECK(gateway::parse_metadata(document("https://id.example.com").text(), provider).has_value());
  for (const char* issuer : {"https://id.example.com/", "https://ID.example.com", "http://id.example.com",
                             "https://id.example.com:443", "https://evil.example.com"}) {
    core::Json json = document("https://id.example.com");
    json.set("issuer", issuer);
    CHECK_FALSE(gateway::parse_metadata(json.text(), provider).has_value());
  }
}

TEST_CASE(
    "K23: endpoints that we fetch are https, of the issuer's site, and never an address of the inside") {
  const config::Provider provider = provider_at("https://id.example.com");
  const char* const bad[] = {"http://id.example.com/x",
                             "http://169.254.169.254/x",
                             "https://169.254.169.254/x",
                             "https://127.0.0.1/x",
                             "https://[::1]/x",
                             "https://localhost/x",
                             "https://id.localhost/x",
                             "file:///etc/passwd",
                             "https://evil.tld/x",
                             "https://badexample.com/x",
                             "https://example.com.evil.tld/x",
                             "https://example.com@evil.tld/x",
                             "gopher://id.example.com/",
                             "",
                             "/keys"};
  for (const char* endpoint : bad) {
    for (const char* name : {"token_endpoint", "jwks_uri", "userinfo_endpoint"}) {
      CAPTURE(endpoint);
      core::Json json = document("https://id.example.com");
      json.set(name, endpoint);
      CHECK_FALSE(gateway::parse_metadata(json.text(), provider).has_value());
    }
  }
  for (const char* endpoint : {"https://id.example.com/x", "https://api.example.com/x",
                               "https://example.com/x", "https://id.example.com:8443/x"}) {
    core::Json json = document("https://id.example.com");
    json.set("jwks_uri", endpoint);
    CHECK(gateway::parse_metadata(json.text(), provider).has_value());
  }
}

TEST_CASE("loopback endpoints are for loopback issuers, and plain http too") {
  const config::Provider local = provider_at("http://127.0.0.1:5556/dex");
  CHECK(gateway::parse_metadata(document("http://127.0.0.1:5556/dex").text(), local).has_value());
  core::Json json = document("http://127.0.0.1:5556/dex");
  json.set("jwks_uri", "http://192.168.0.1/keys");
  CHECK_FALSE(gateway::parse_metadata(json.text(), local).has_value());
  for (const char* elsewhere :
       {"https://evil.tld/keys", "https://127.evil.tld/keys", "http://127.0.0.1.evil.tld/keys"}) {
    CAPTURE(elsewhere);
    json.set("jwks_uri", elsewhere);
    CHECK_FALSE(gateway::parse_metadata(json.text(), local).has_value());
  }
}

TEST_CASE("two hosts are of one site when they share a registrable domain") {
  CHECK(gateway::is_same_site("a.example.com", "b.example.com"));
  CHECK(gateway::is_same_site("a.example.co.uk", "b.example.co.uk"));
  CHECK_FALSE(gateway::is_same_site("a.other.co.uk", "b.example.co.uk"));
  CHECK(gateway::is_same_site("x.abc.io", "y.abc.io"));
  CHECK_FALSE(gateway::is_same_site("com", "example.com"));
  CHECK_FALSE(gateway::is_same_site("a.com", "b.com"));
  CHECK_FALSE(gateway::is_same_site("1.2.3.4", "5.2.3.4"));
  CHECK(gateway::is_same_site("1.2.3.4", "1.2.3.4"));
  CHECK_FALSE(gateway::is_same_site("idp", "other"));
}

TEST_CASE("Google keeps its endpoints on googleapis.com") {
  const config::Provider google = provider_at("https://accounts.google.com");
  core::Json json = document("https://accounts.google.com");
  json.set("token_endpoint", "https://oauth2.googleapis.com/token");
  json.set("jwks_uri", "https://www.googleapis.com/oauth2/v3/certs");
  CHECK(gateway::parse_metadata(json.text(), google).has_value());
  json.set("jwks_uri", "https://googleapis.com.evil.tld/");
  CHECK_FALSE(gateway::parse_metadata(json.text(), google).has_value());
}

TEST_CASE(
    "documents without a needed endpoint, of another shape, or with no way to authenticate are refused") {
  const config::Provider provider = provider_at("https://id.example.com");
  for (const char* body : {"", "[]", "null", "<html>", "{}", R"({"issuer":"https://id.example.com"})"}) {
    CHECK_FALSE(gateway::parse_metadata(body, provider).has_value());
  }
  core::Json json = document("https://id.example.com");
  json.set("token_endpoint_auth_methods_supported", core::Json::array({core::Json("private_key_jwt")}));
  CHECK_FALSE(gateway::parse_metadata(json.text(), provider).has_value());
  json.set("token_endpoint_auth_methods_supported", core::Json::array({core::Json("client_secret_post")}));
  CHECK(gateway::parse_metadata(json.text(), provider)->client_authentication ==
        gateway::ClientAuthentication::secret_post);
}

TEST_CASE("connect_to changes where the issuer is reached, not its name, and no other host") {
  config::Provider provider = provider_at("https://id.example.com/dex");
  provider.connect_to = core::parse_url("http://dex.default.svc:5556").value();
  const core::Url url = core::parse_url("https://id.example.com/dex/token").value();
  const core::FetchRequest request = gateway::request_to(provider, url);
  CHECK(request.url == url);
  REQUIRE(request.reached_at.has_value());
  CHECK(request.reached_at->authority.host == "dex.default.svc");
  const core::Url elsewhere = core::parse_url("https://api.example.com/userinfo").value();
  CHECK_FALSE(gateway::request_to(provider, elsewhere).reached_at.has_value());
  const auto says = [](const core::FetchRequest& asked, const std::string& name, const std::string& value) {
    return std::ranges::find(asked.fields, std::pair(name, value)) != asked.fields.end();
  };
  CHECK(says(request, "X-Forwarded-Proto", "https"));
  CHECK(says(request, "X-Forwarded-Host", "id.example.com"));
  CHECK_FALSE(says(gateway::request_to(provider, elsewhere), "X-Forwarded-Proto", "https"));
}

TEST_CASE("RFC 8414: the way to authenticate is the one that the endpoint asked takes") {
  config::Provider provider = provider_at("https://id.example.com");
  provider.use = config::ProviderUse::tokens;
  provider.client_id = "gateway";
  core::Json json = document("https://id.example.com");
  json.set("introspection_endpoint", "https://id.example.com/introspect");
  json.set("token_endpoint_auth_methods_supported", core::Json::array({core::Json("client_secret_basic")}));
  const auto chosen = [&] { return gateway::parse_metadata(json.text(), provider)->client_authentication; };
  CHECK(chosen() == gateway::ClientAuthentication::secret_basic);
  json.set("introspection_endpoint_auth_methods_supported",
           core::Json::array({core::Json("client_secret_post")}));
  CHECK(chosen() == gateway::ClientAuthentication::secret_post);
}
