// login and login.providers: one row a rule.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/issuer.h"
#include "core/crypto/key.h"
#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using namespace std::chrono_literals;

namespace {

const std::string kTenant = "11111111-2222-3333-4444-555555555555";

struct Row {
  std::string text;
  std::string why;
};

/// The sample with these keys in its login section.
LoadOutcome load_login(std::string_view keys) {
  Sample sample;
  sample.login += "  " + std::string(keys) + "\n";
  return sample.load();
}

/// The sample with its provider written out as a whole.
LoadOutcome load_whole_provider(std::string_view provider) {
  Sample sample;
  sample.login = "login:\n  providers:\n    corp: {" + std::string(provider) + "}\n";
  return sample.load();
}

Provider provider_with(std::string_view keys) {
  const LoadOutcome outcome = load_provider(keys);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->login.providers[0];
}

}  // namespace

TEST_CASE("a session's settings are read") {
  const LoadOutcome outcome = load_login(
      "session: {lifetime: 7d, idle: 1d, refresh: off, cookie_domain: example.com, cookie_name: gw, "
      "same_site: none, "
      "store: cookie}");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const SessionSettings& session = outcome.config->login.session;
  CHECK(session.lifetime == 168h);
  CHECK(session.idle == 24h);
  CHECK(session.cookie_domain == "example.com");
  CHECK(session.cookie_name == "gw");
  CHECK(session.same_site == SameSite::none);
}

TEST_CASE("without idle a short lifetime bounds it") {
  CHECK(load_login("session: {lifetime: 1h}").config->login.session.idle == 1h);
}

TEST_CASE("login's own keys are read") {
  const Config config =
      *load_login(
           "host: Auth.Example.com\n  prefix: /auth/\n  return_to: ['https://Other.example.org:443']\n"
           "  keep_fragment: off\n  pages: {title: Example Labs, directory: /etc/pages, logo: logo.svg, "
           "support: help@example.com}")
           .config;
  CHECK(config.login.host == "auth.example.com");
  CHECK(config.login.prefix == "/auth");
  CHECK(config.login.return_to == std::vector<std::string>{"https://other.example.org"});
  CHECK(config.login.pages.title == "Example Labs");
  CHECK(config.login.pages.directory == "/etc/pages");
  CHECK(config.login.pages.logo == "logo.svg");
  CHECK(config.login.pages.support == "help@example.com");
}

TEST_CASE("a wrong login section is refused") {
  const std::vector<Row> rows{
      {"host: auth.example.com:8443", "without a port"},
      {"host: 'https://auth.example.com'", "host name"},
      {"host: '*.example.com'", "host name"},
      {"prefix: oauth2", "begins with /"},
      {"prefix: /", "every path"},
      {"prefix: '/a b'", "expected a path"},
      {"keep_fragment: yes", "expected one of off, on"},
      {"return_to: ['http://a.example.org']", "https origin"},
      {"return_to: ['https://a.example.org/x']", "host and port only"},
      {"return_to: [a.example.org]", "expected a URL"},
      {"session: {lifetime: 10s}", "from 1m to 400d"},
      {"session: {lifetime: 401d}", "from 1m to 400d"},
      {"session: {lifetime: 1h, idle: 2h}", "longer than the lifetime"},
      {"session: {lifetime: 90500ms}", "whole seconds"},
      {"session: {refresh: 10m}",
       "login.session.refresh: needs a store: with store: cookie the provider's tokens are dropped at "
       "sign-in, so "
       "nobody is checked again, groups and claims are as old as the session, and sign-out at the provider "
       "has no "
       "id_token_hint"},
      {"session: {store: cookie, refresh: 10m}", "login.session.refresh: needs a store"},
      {"session: {store: memory, refresh: 10s}", "login.session.refresh: expected a duration from 1m"},
      {"session: {store: memory, lifetime: 1h, refresh: 2h}",
       "login.session.refresh: expected a duration from 1m"},
      {"session: {store: disk}", "login.session.store: expected"},
      {"session: {store: 'http://x'}", "login.session.store: expected redis://HOST"},
      {"session: {store: {redis: 'redis://x', user: u}}", "login.session.store.user: without a password"},
      {"session: {store: {redis: 'redis://x', size: 1}}", "login.session.store.size"},
      {"session: {cookie_domain: .example.com}", "host name"},
      {"session: {cookie_domain: 10.0.0.1}", "no domain"},
      {"session: {cookie_domain: '[::1]'}", "no domain"},
      {"session: {cookie_name: 'a;b'}", "a name of letters"},
      {"session: {same_site: strict}", "expected one of lax, none"},
      {"session: {lifetme: 1h}", "did you mean \"lifetime\""},
      {"pages: {directory: ''}", "login.pages.directory: "},
      {"pages: {support: nobody}", "login.pages.support: expected an e-mail address or an https URL"},
      {"pages: {support: 'http://help.example.com/'}", "login.pages.support: expected"},
      {"pages: {support: 'a b@example.com'}", "login.pages.support: expected"},
      {"pages: {support: 'javascript:alert(1)//@example.com'}", "login.pages.support: expected"},
      {"pages: {title: ''}", "not empty"},
      {"auth_check: {}", "login.auth_check.from: is missing"},
      {"auth_check: {from: []}", "login.auth_check.from: is missing"},
      {"auth_check: {from: [10.0.0.300]}", "login.auth_check.from"},
      {"auth_check: {from: [10.0.0.1], policy: nobody}", "there is no policy \"nobody\""},
      {"auth_check: {from: [10.0.0.1], to: [10.0.0.1]}", "unknown key"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LoadOutcome outcome = load_login(row.text);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
  }
}

TEST_CASE("a provider's keys are read") {
  const Provider provider = provider_with(
      "title: Corp, scopes: [openid, groups], prompt: select_account, extra: {audience: x, response_mode: "
      "form_post}, email: trusted, "
      "claims_from: [id_token], connect_to: 'http://dex.default.svc:5556', "
      "claims: {groups: realm_access.roles, user: [a, b.c, d]}");
  CHECK(provider.name == "corp");
  CHECK(provider.title == "Corp");
  CHECK(provider.issuer == "https://id.example.com");
  CHECK(provider.issuer_url.authority.host == "id.example.com");
  CHECK(provider.client_id == "gateway");
  CHECK(provider.client_secret.origin == "env:CLIENT_SECRET");
  CHECK(provider.scopes == std::vector<std::string>{"openid", "groups"});
  CHECK(provider.prompt == "select_account");
  CHECK(provider.extra ==
        std::vector<std::pair<std::string, std::string>>{{"audience", "x"}, {"response_mode", "form_post"}});
  CHECK(provider.email == EmailTrust::trusted);
  CHECK(provider.claims_from == std::vector<ClaimSource>{ClaimSource::id_token});
  CHECK(provider.connect_to->origin() == "http://dex.default.svc:5556");
  CHECK(provider.claims.groups == ClaimPath{"realm_access.roles", {"realm_access", "roles"}});
  CHECK(provider.claims.user == ClaimPath{"", {"a", "b.c", "d"}});
  CHECK(provider.claims.email == ClaimPath{"email", {"email"}});
}

TEST_CASE("an issuer keeps its spelling, because tokens are compared with it") {
  for (const std::string issuer :
       {"https://id.example.com/", "https://ID.example.com/realms/x", "http://localhost:8080",
        "http://127.0.0.1:8080/dex", "http://[::1]:1", "http://id.localhost"}) {
    CAPTURE(issuer);
    const LoadOutcome outcome = load_whole_provider("type: oidc, issuer: '" + issuer +
                                                    "', client_id: a, client_secret: {env: CLIENT_SECRET}");
    REQUIRE(outcome.config);
    CHECK(outcome.config->login.providers[0].issuer == issuer);
  }
}

TEST_CASE("google is its own issuer") {
  const LoadOutcome outcome = load_whole_provider(
      "type: google, client_id: a, client_secret: {env: CLIENT_SECRET}, hosted_domain: example.com");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Provider& provider = outcome.config->login.providers[0];
  CHECK(provider.issuer == "https://accounts.google.com");
  CHECK(provider.issuer_url.authority.host == "accounts.google.com");
  CHECK(provider.hosted_domain == "example.com");
  CHECK(provider.claims.user.literal == "email");
  CHECK(fails_with(
      load_whole_provider(
          "type: google, issuer: 'https://x.com', client_id: a, client_secret: {env: CLIENT_SECRET}"),
      "fixed for google"));
}

TEST_CASE("keycloak is an issuer whose access token is read as well") {
  const std::string rest =
      ", issuer: 'https://id.x.com/realms/a', client_id: a, client_secret: {env: CLIENT_SECRET}";
  const LoadOutcome outcome = load_whole_provider("type: keycloak" + rest);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Provider& provider = outcome.config->login.providers[0];
  CHECK(provider.issuer == "https://id.x.com/realms/a");
  using enum ClaimSource;
  CHECK(provider.claims_from == std::vector<ClaimSource>{id_token, userinfo, access_token});
  const LoadOutcome chosen =
      load_whole_provider("type: keycloak, claims_from: [access_token, id_token]" + rest);
  REQUIRE(chosen.config);
  CHECK(chosen.config->login.providers[0].claims_from == std::vector<ClaimSource>{access_token, id_token});
}

TEST_CASE("github has its own issuer, scopes and user, and may be an instance of one's own") {
  const std::string rest = ", client_id: a, client_secret: {env: CLIENT_SECRET}";
  const LoadOutcome outcome = load_whole_provider("type: github" + rest);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Provider& provider = outcome.config->login.providers[0];
  CHECK(provider.issuer == "https://github.com");
  CHECK(provider.scopes == std::vector<std::string>{"read:user", "user:email", "read:org"});
  CHECK(provider.claims.user.literal == "login");
  const LoadOutcome own = load_whole_provider("type: github, issuer: 'https://Git.example.com:443/'" + rest);
  REQUIRE(own.config);
  CHECK(own.config->login.providers[0].issuer == "https://git.example.com");
}

TEST_CASE("gitlab is an issuer with a default") {
  const std::string rest = ", client_id: a, client_secret: {env: CLIENT_SECRET}";
  const LoadOutcome outcome = load_whole_provider("type: gitlab" + rest);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.config->login.providers[0].issuer == "https://gitlab.com");
  CHECK(outcome.config->login.providers[0].claims.user.literal == "preferred_username");
  const LoadOutcome own = load_whole_provider("type: gitlab, issuer: 'https://git.x.com'" + rest);
  CHECK(own.config->login.providers[0].issuer == "https://git.x.com");
}

TEST_CASE("entra's tenants are one issuer, or several behind a shared one") {
  struct Tenants {
    std::string written;
    std::string issuer;
    std::string published;
  };
  const std::string base = "https://login.microsoftonline.com/";
  const std::string consumers = "9188040d-6c67-4c5b-b112-36a304b66dad";
  const std::vector<Tenants> rows{
      {kTenant, base + kTenant + "/v2.0", base + kTenant + "/v2.0"},
      {"[" + kTenant + ", 66666666-7777-8888-9999-AAAAAAAAAAAA]", base + "organizations/v2.0",
       base + "{tenantid}/v2.0"},
      {"[" + kTenant + ", " + consumers + "]", base + "common/v2.0", base + "{tenantid}/v2.0"},
      {"organizations", base + "organizations/v2.0", base + "{tenantid}/v2.0"},
      {"consumers", base + "consumers/v2.0", base + consumers + "/v2.0"},
  };
  for (const Tenants& row : rows) {
    CAPTURE(row.written);
    const LoadOutcome outcome = load_whole_provider("type: entra, tenant: " + row.written +
                                                    ", client_id: a, client_secret: {env: CLIENT_SECRET}");
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    const Provider& provider = outcome.config->login.providers[0];
    CHECK(provider.issuer == row.issuer);
    CHECK(provider.issuer_url.text() == row.issuer);
    CHECK(published_issuer(provider) == row.published);
    CHECK(is_issuer_of(provider, base + kTenant + "/v2.0") == (row.written != "consumers"));
    CHECK_FALSE(is_issuer_of(provider, base + "{tenantid}/v2.0"));
    CHECK_FALSE(is_issuer_of(provider, base + "common/v2.0"));
  }
}

TEST_CASE("the gateway proves itself to a provider in one of three ways") {
  Sample sample;
  const std::string certificate = sample.folder.write("client.pem", "-");
  const std::string key =
      sample.folder.write("key.pem", core::PrivateKey::generate(core::KeyKind::p256).to_pem().reveal());
  const auto load = [&sample](const std::string& client) {
    sample.login =
        "login:\n  providers:\n    corp: {type: oidc, issuer: 'https://id.example.com', client_id: a" +
        client + "}\n";
    return sample.load();
  };
  const LoadOutcome by_key = load(", client_key: {file: " + key + "}, client_key_id: k1");
  CAPTURE(all_of(by_key.errors));
  REQUIRE(by_key.config);
  CHECK(by_key.config->login.providers[0].client_key_id == "k1");
  CHECK(core::PrivateKey::from_pem(by_key.config->login.providers[0].client_key.value).has_value());
  const std::string shown = ", client_certificate: {certificate: " + certificate + ", key: " + key + "}";
  const LoadOutcome by_certificate = load(shown);
  CAPTURE(all_of(by_certificate.errors));
  REQUIRE(by_certificate.config);
  CHECK(by_certificate.config->login.providers[0].certificate_file == certificate);
  const std::string secret = ", client_secret: {env: CLIENT_SECRET}";
  CHECK(fails_with(load(secret + shown), "exclude one another"));
  CHECK(fails_with(load(secret + ", client_key: {file: " + key + "}"), "exclude one another"));
  CHECK(fails_with(load(secret + ", client_key_id: k1"), "there is no client_key"));
  CHECK(fails_with(load(", client_key: {file: " + certificate + "}"), "expected a private key in PEM"));
}

TEST_CASE("a wrong provider is refused") {
  const std::string rest = ", client_id: a, client_secret: {env: CLIENT_SECRET}";
  const std::vector<Row> rows{
      {"issuer: 'https://x.com'" + rest, "type: is missing"},
      {"type: keycloak" + rest, "issuer: is missing"},
      {"type: keycloak, issuer: 'https://x.com', hosted_domain: a.com" + rest, "only type: google"},
      {"type: github, issuer: 'https://git.x.com/path'" + rest, "scheme, host and port only"},
      {"type: github, scopes: [a], claims_from: [id_token]" + rest, "no tokens with claims"},
      {"type: github, client_id: a", "client_secret: is missing"},
      {"type: entra" + rest, "tenant: is missing"},
      {"type: entra, tenant: contoso.com" + rest, "expected a directory (tenant) id"},
      {"type: entra, tenant: [" + kTenant + ", common]" + rest, "different tenant ids"},
      {"type: entra, tenant: [" + kTenant + ", " + kTenant + "]" + rest, "different tenant ids"},
      {"type: entra, tenant: common, email: trusted" + rest, "claim any address"},
      {"type: okta, issuer: 'https://x.com'" + rest, "expected one of oidc, google, keycloak"},
      {"type: oidc" + rest, "issuer: is missing"},
      {"type: oidc, issuer: x.com" + rest, "https URL"},
      {"type: oidc, issuer: 'http://x.com'" + rest, "http only on localhost"},
      {"type: oidc, issuer: 'https://x.com?a'" + rest, "no query"},
      {"type: oidc, issuer: 'https://x.com#a'" + rest, "no fragment"},
      {"type: oidc, issuer: 'https://x.com', client_secret: {env: CLIENT_SECRET}", "client_id: is missing"},
      {"type: oidc, issuer: 'https://x.com', client_id: a", "client_secret: is missing"},
      {"type: oidc, issuer: 'https://x.com', tenant: a" + rest, "only type: entra"},
      {"type: oidc, issuer: 'https://x.com', hosted_domain: a.com" + rest, "only type: google"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LoadOutcome outcome = load_whole_provider(row.text);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
  }
}

TEST_CASE("a wrong key of a provider is refused") {
  const std::vector<Row> rows{
      {"scopes: [email]", "openid is missing"},
      {"scopes: [openid, 'a b']", "one word"},
      {"scopes: []", "openid is missing"},
      {"prompt: none", "login, consent"},
      {"prompt: 'login '", "login, consent"},
      {"acr_values: 'a  b'", "with a blank between"},
      {"acr_values: ' a'", "with a blank between"},
      {"extra: {acr_values: x}", "the gateway's own"},
      {"extra: {state: x}", "the gateway's own"},
      {"extra: {response_mode: fragment}", "expected query or form_post"},
      {"extra: {redirect_uri: x}", "the gateway's own"},
      {"extra: [a]", "expected a map"},
      {"email: maybe", "verified, trusted, ignored"},
      {"claims: {sub: x}", "unknown key"},
      {"claims: {groups: a..b}", "name of a claim"},
      {"claims: {groups: []}", "one to 16 names"},
      {"claims_from: [id_token, access_token]", "only for type: keycloak"},
      {"claims_from: [header]", "id_token, userinfo"},
      {"claims_from: [id_token, id_token]", "stands twice"},
      {"claims_from: []", "empty"},
      {"ca: /nonexistent/ca.pem", "cannot read"},
      {"connect_to: dex:5556", "expected a URL"},
      {"connect_to: 'http://dex/path'", "host and port only"},
      {"clientid: x", "did you mean \"client_id\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LoadOutcome outcome = load_provider(row.text);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
  }
  CHECK(provider_with("prompt: login consent").prompt == "login consent");
}

TEST_CASE("a session store is this process, the storage, or a Redis server of its own") {
  const auto settings = [](std::string_view keys) {
    const LoadOutcome outcome = load_login("session: {" + std::string(keys) + "}");
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    return outcome.config->login.session;
  };
  CHECK(settings("lifetime: 1h").store == SessionStoreKind::cookie);
  CHECK_FALSE(settings("store: memory").refresh.has_value());
  CHECK(settings("store: memory, refresh: 10m").refresh == 10min);
  CHECK(settings("store: storage, refresh: off").store == SessionStoreKind::storage);
  const SessionSettings redis = settings("store: 'rediss://r.svc:6380/3', refresh: 1m");
  CHECK(redis.store == SessionStoreKind::redis);
  CHECK(redis.store_redis.host == "r.svc");
  CHECK(redis.store_redis.is_tls);
  CHECK(redis.store_redis.database == 3);
  CHECK(settings("store: {redis: 'redis://r', prefix: p}").store_redis.prefix == "p");
}
