// Sign-outs that begin at the provider, seen from sessions on two hosts.
#include "core/text/form.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

const std::string kBackChannel = kAuth + "/backchannel_logout";

core::Json logout_claims(const LoginFixture& f) {
  const std::int64_t now = core::unix_seconds(f.clock.wall());
  core::Json events = core::Json::object();
  events.set("http://schemas.openid.net/event/backchannel-logout", core::Json::object());
  core::Json claims = core::Json::object();
  claims.set("iss", f.provider.issuer());
  claims.set("aud", "gateway");
  claims.set("iat", now);
  claims.set("exp", now + 120);
  claims.set("jti", "token-1");
  claims.set("events", events);
  return claims;
}

std::string body_of(const std::string& token) {
  core::FormWriter form;
  form.add("logout_token", token);
  return form.text();
}

gateway::Reply post(LoginFixture& f, const std::string& body, const std::string& url = kBackChannel,
                    const std::string& type = "application/x-www-form-urlencoded") {
  OwnedRequest request("POST", url, f.clock.wall());
  request.with("Content-Type", type);
  return f.serve(request, body);
}

gateway::Reply send(LoginFixture& f, const core::Json& claims) {
  return post(f, body_of(f.provider.sign(claims.text())));
}

/// With one sign-in, sessions on both hosts.
void sign_in_twice(LoginFixture& f, const std::string& provider_session) {
  f.provider.claims.set("sid", provider_session);
  f.sign_in(kAppUrl);
  f.follow(f.visit(kWikiUrl).answer);
  REQUIRE(f.visit(kAppUrl).admitted.has_value());
  REQUIRE(f.visit(kWikiUrl).admitted.has_value());
}

bool is_in(LoginFixture& f, const std::string& url) {
  const auto request = f.browser.navigate(url);
  return f.guard->admit_now(request->request())->admitted.has_value();
}

gateway::Reply frame(LoginFixture& f, const std::string& iss, const std::string& sid) {
  core::FormWriter query;
  query.add("iss", iss).add("sid", sid);
  return f.get(kAuth + "/frontchannel_logout?" + query.text(), "cross-site");
}

}  // namespace

TEST_CASE("a logout token by session ends that sign-in on every host, and no other") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  core::Json claims = logout_claims(f);
  claims.set("sid", "s-2");
  CHECK(send(f, claims).status == 200);
  CHECK(is_in(f, kAppUrl));
  claims.set("sid", "s-1");
  claims.set("jti", "token-2");
  const gateway::Reply reply = send(f, claims);
  CHECK(reply.status == 200);
  CHECK(field_of(reply, "Cache-Control") == "no-store");
  CHECK_FALSE(is_in(f, kAppUrl));
  CHECK_FALSE(is_in(f, kWikiUrl));
}

TEST_CASE("a logout token by subject ends all of that person, and a sign-in after it stands") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  core::Json claims = logout_claims(f);
  claims.set("sub", "alice");
  const std::string body = body_of(f.provider.sign(claims.text()));
  CHECK(post(f, body).status == 200);
  CHECK_FALSE(is_in(f, kAppUrl));
  CHECK_FALSE(is_in(f, kWikiUrl));
  f.clock.advance(1s);
  f.sign_in(kAppUrl);
  CHECK(is_in(f, kAppUrl));
  // The same token once more is refused, and would not mean this session anyway.
  CHECK(post(f, body).status == 400);
  CHECK(is_in(f, kAppUrl));
}

TEST_CASE("a logout that outlives its sign-in's cache entry still acts, also after a restart") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  core::Json claims = logout_claims(f);
  claims.set("sid", "s-1");
  CHECK(send(f, claims).status == 200);
  f.build();
  CHECK_FALSE(is_in(f, kAppUrl));
  CHECK(send(f, claims).status == 400);
}

TEST_CASE("K08 K26: a logout token that does not count ends nothing and gets 400") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  core::Json good = logout_claims(f);
  good.set("sid", "s-1");
  const auto changed = [&](const std::string& name, const core::Json& value) {
    core::Json claims = good;
    claims.set(name, value);
    return body_of(f.provider.sign(claims.text()));
  };
  const std::string token = f.provider.sign(good.text());
  core::JwsSigner stranger{core::PrivateKey::generate(core::KeyKind::p256), core::SignatureAlgorithm::es256,
                           f.provider.signer().key_id, "JWT"};
  const std::pair<const char*, std::string> rows[] = {
      {"other issuer", changed("iss", "https://evil.example.net")},
      {"other audience", changed("aud", "other")},
      {"no event", changed("events", core::Json::object())},
      {"with nonce", changed("nonce", "n")},
      {"another's signature", body_of(core::sign_jws(good.text(), stranger))},
      {"cut signature", body_of(token.substr(0, token.size() - 8))},
      {"no token", "logout_token="},
      {"another parameter", "token=" + token},
      {"twice", body_of(token) + "&" + body_of(token)},
      {"twice, the second empty", body_of(token) + "&logout_token="},
      {"not a form", token},
      {"empty", ""},
  };
  for (const auto& [why, body] : rows) {
    CAPTURE(why);
    const gateway::Reply reply = post(f, body);
    CHECK(reply.status == 400);
    CHECK(field_of(reply, "Cache-Control") == "no-store");
  }
  CHECK(post(f, body_of(token), kBackChannel, "application/json").status == 400);
  CHECK(post(f, body_of(token), kBackChannel + "?logout_token=" + token).status == 400);
  CHECK(post(f, body_of(token), "https://app.example.com/oauth2/backchannel_logout").status == 404);
  CHECK(f.get(kBackChannel + "?" + body_of(token)).status == 405);
  CHECK(is_in(f, kAppUrl));
  CHECK(post(f, body_of(token)).status == 200);
}

TEST_CASE("a logout token signed by a new key has the keys fetched again") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  f.clock.advance(31s);
  f.provider.rotate();
  core::Json claims = logout_claims(f);
  claims.set("sid", "s-1");
  CHECK(send(f, claims).status == 200);
  CHECK_FALSE(is_in(f, kAppUrl));
}

TEST_CASE("K27: a logout that storage cannot keep is not acknowledged, and is taken when it comes again") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  core::Json claims = logout_claims(f);
  claims.set("sid", "s-1");
  f.storage.is_full = true;
  const gateway::Reply reply = send(f, claims);
  CHECK(reply.status == 503);
  CHECK_FALSE(field_of(reply, "Retry-After").empty());
  f.storage.is_full = false;
  CHECK(send(f, claims).status == 200);
}

TEST_CASE("a logout token before the provider was reached is not acknowledged") {
  LoginFixture f;
  core::Json claims = logout_claims(f);
  claims.set("sid", "s-1");
  f.provider.held["/keys"] = true;
  f.build();
  CHECK(send(f, claims).status == 503);
  f.provider.release();
}

TEST_CASE("two providers: a logout token of one ends nothing of the other, though names are the same") {
  LoginFixture f;
  f.config.login.providers.push_back(provider_named("other"));
  f.build();
  f.provider.claims.set("sid", "s-1");
  f.get(f.provider.consent(field_of(f.follow(f.get(kAuth + "/start?provider=corp&rd=%2F")), "Location")));
  const std::string url = "https://auth.example.com/";
  REQUIRE(is_in(f, url));
  core::Json claims = logout_claims(f);
  claims.set("sub", "alice");
  claims.set("iss", f.second.issuer());
  CHECK(post(f, body_of(f.second.sign(claims.text()))).status == 200);
  CHECK(is_in(f, url));
  CHECK(post(f, body_of(f.provider.sign(claims.text()))).status == 400);
  CHECK(is_in(f, url));
}

TEST_CASE(
    "the page that a provider frames ends the session whose cookie comes along, if iss and sid are its") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  const std::pair<std::string, std::string> strange[] = {{f.provider.issuer(), "s-2"},
                                                         {"https://evil.example.net", "s-1"},
                                                         {f.provider.issuer(), ""},
                                                         {"", "s-1"}};
  for (const auto& [iss, sid] : strange) {
    const gateway::Reply reply = frame(f, iss, sid);
    CHECK(reply.status == 200);
    CHECK(fields_of(reply, "Set-Cookie").empty());
  }
  CHECK(f.get(kAuth + "/frontchannel_logout").status == 200);
  CHECK(is_in(f, kAppUrl));
  const gateway::Reply reply = frame(f, f.provider.issuer(), "s-1");
  CHECK(reply.status == 200);
  CHECK(field_of(reply, "Cache-Control") == "no-store");
  CHECK(field_of(reply, "X-Frame-Options").empty());
  CHECK(field_of(reply, "Content-Security-Policy").find("frame-ancestors") == std::string::npos);
  CHECK_FALSE(is_in(f, kAppUrl));
  CHECK_FALSE(is_in(f, kWikiUrl));
  CHECK(frame(f, f.provider.issuer(), "s-1").status == 200);
}

TEST_CASE("nobody's session is ended by naming its sid without its cookie, nor by a prefetch") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  OwnedRequest prefetch("GET", kAuth + "/frontchannel_logout?iss=https%3A%2F%2Fcorp.example.net&sid=s-1",
                        f.clock.wall());
  prefetch.with("Sec-Purpose", "prefetch");
  prefetch.with("Cookie", "__Host-gateway=" + f.browser.cookie("auth.example.com", "__Host-gateway"));
  CHECK(f.serve(prefetch).status == 200);
  f.browser.forget("auth.example.com");
  CHECK(frame(f, f.provider.issuer(), "s-1").status == 200);
  CHECK(is_in(f, kAppUrl));
}

TEST_CASE("K27: a sign-out in a frame that storage cannot keep is no success") {
  LoginFixture f;
  sign_in_twice(f, "s-1");
  f.storage.is_full = true;
  CHECK(frame(f, f.provider.issuer(), "s-1").status == 503);
}

TEST_CASE("an ID token whose sid is unusable signs nobody in") {
  LoginFixture f;
  f.provider.claims.set("sid", 7);
  CHECK(f.get(f.provider.consent(f.to_provider(kAppUrl))).status == 502);
  f.provider.claims.set("sid", "fine");
  CHECK(f.get(f.provider.consent(f.to_provider(kAppUrl))).status == 302);
}
