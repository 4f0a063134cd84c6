// Personal tokens before a whole guard, from the page that makes them to the page that ends them.
#include "core/text/form.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

const std::string kPage = "https://auth.example.com/oauth2/tokens";

/// A bed in which everybody may have tokens, and alice alone enters.
struct TokenFixture : LoginFixture {
  TokenFixture() {
    config.login.tokens = config::PersonalTokenSettings{};
    build();
    sign_in(kAppUrl);
  }
  /// What the page posts with the token of its form that does as `body` says.
  gateway::Reply post(const std::string& body, const std::string& site = "same-origin") {
    const bool revokes = body.starts_with("action=revoke");
    const std::string form = form_of(get(kPage), revokes ? "value=\"revoke\"" : "value=\"create\"");
    return post_as_it_is(body + form, site);
  }
  gateway::Reply post_as_it_is(const std::string& body, const std::string& site = "same-origin") {
    const auto request = browser.navigate(kPage, "POST", site);
    return serve(*request, body);
  }
  /// Makes a token for app.example.com and gives its text.
  std::string made(const std::string& more = "") {
    const gateway::Reply reply = post("action=create&name=build&days=7&place=app.example.com%2F" + more);
    CHECK(reply.status == 200);
    const std::size_t at = reply.body.find("gwt_");
    REQUIRE(at != std::string::npos);
    return reply.body.substr(at, 47);
  }
  bool has_one_on_page() { return get(kPage).body.find("value=\"revoke\"") != std::string::npos; }
  gateway::Verdict bring(const std::string& token, const std::string& url = kAppUrl) {
    Browser nobody(clock);
    const auto request = nobody.fetch(url);
    request->with("Authorization", "Bearer " + token);
    return judge(*request);
  }
};

}  // namespace

TEST_CASE(
    "a token is shown once, opens what its owner may open, and is listed "
    "by name") {
  TokenFixture f;
  const std::string token = f.made();
  const gateway::Verdict verdict = f.bring(token);
  REQUIRE(verdict.admitted);
  CHECK(verdict.took_authorization);
  CHECK(verdict.cookies.empty());
  CHECK(verdict.admitted->identity()->subject == "alice");
  CHECK(verdict.admitted->identity()->is_by_token());
  const gateway::Reply page = f.get(kPage);
  CHECK(page.status == 200);
  CHECK(page.body.find("build") != std::string::npos);
  CHECK(page.body.find(token) == std::string::npos);
  CHECK(field_of(page, "Cache-Control") == "no-store");
  CHECK(f.sink.text.find(token) == std::string::npos);
}

TEST_CASE("M17: a token opens nothing but its places, and no endpoint of ours") {
  TokenFixture f;
  const std::string token = f.made();
  const gateway::Verdict elsewhere = f.bring(token, kWikiUrl);
  CHECK(elsewhere.answer.status == 403);
  const std::string challenge = field_of(elsewhere.answer, "WWW-Authenticate");
  CHECK(challenge.find("insufficient_scope") != std::string::npos);
  CHECK(challenge.find("made for other places") != std::string::npos);
  CHECK(f.sink.text.find("\"act\":\"denied\"") != std::string::npos);
  Browser nobody(f.clock);
  const auto request = nobody.fetch(kPage);
  request->with("Authorization", "Bearer " + token);
  CHECK(f.serve(*request).status == 401);
}

TEST_CASE(
    "a token that was revoked, has ended or never was is 401, also "
    "beside a good cookie") {
  TokenFixture f;
  const std::string token = f.made();
  REQUIRE(f.bring(token).admitted);
  SUBCASE("revoked") {
    CHECK(f.post("action=revoke").status == 200);
    CHECK_FALSE(f.has_one_on_page());
  }
  SUBCASE("ended") {
    f.clock.advance(std::chrono::hours(24 * 7));
  }
  SUBCASE("older than tokens may be by now") {
    f.config.login.tokens->lifetime = std::chrono::hours(24);
    f.build();
    f.clock.advance(std::chrono::hours(24));
  }
  SUBCASE("its owner's provider is not configured any more") {
    f.config.login.providers[0].issuer = "https://another.example.net";
    f.build();
  }
  CHECK(f.bring(token).answer.status == 401);
  CHECK(f.bring(token + "x").answer.status == 401);
  CHECK(f.bring("gwt_").answer.status == 401);
  const auto both = f.browser.fetch(kAppUrl);
  both->with("Authorization", "Bearer gwt_nobodys");
  CHECK(f.judge(*both).answer.status == 401);
}

TEST_CASE("K31: policies judge the owner of a token as in a session") {
  TokenFixture f;
  const std::string token = f.made();
  REQUIRE(f.bring(token).admitted);
  f.config.policies[0].deny.emplace_back().emails = std::vector<std::string>{"alice@example.com"};
  f.build();
  CHECK(f.bring(token).answer.status == 403);
}

TEST_CASE("a socket of a token ends when the token is revoked") {
  TokenFixture f;
  const auto request = f.browser.fetch(kAppUrl);
  const gateway::Verdict verdict = f.bring(f.made());
  REQUIRE(verdict.admitted);
  const auto owner = verdict.admitted->shared_identity();
  CHECK(f.guard->still_admits(request->request(), owner, f.clock.wall()));
  CHECK_FALSE(f.guard->still_admits(request->request(), owner, owner->expires_at));
  CHECK(f.post("action=revoke").status == 200);
  CHECK_FALSE(f.guard->still_admits(request->request(), owner, f.clock.wall()));
}

TEST_CASE("K26: what an operator ended on another replica ends tokens that this one was making meanwhile") {
  TokenFixture f;
  const std::string token = f.made();
  const gateway::Verdict verdict = f.bring(token);
  REQUIRE(verdict.admitted);
  const auto owner = verdict.admitted->shared_identity();
  const auto request = f.browser.fetch(kAppUrl);
  const std::string issuer = f.config.login.providers[0].issuer;
  const core::WallTime now = f.clock.wall();
  // As RevocationList reads it: the token is in no snapshot of who ended the sessions.
  const auto hears = [&](gateway::RevocationKind kind, const std::string& name) {
    core::Flow<> hearing =
        f.revocations->revoke({kind, name, issuer, now, now + std::chrono::hours(24 * 90)});
    hearing.start();
    REQUIRE(hearing.has_ended());
  };
  SUBCASE("by e-mail") {
    hears(gateway::RevocationKind::name, "alice@example.com");
  }
  SUBCASE("by subject") {
    hears(gateway::RevocationKind::person, "alice");
  }
  SUBCASE("everybody") {
    core::Flow<> hearing = f.revocations->cut_off(issuer, now);
    hearing.start();
  }
  CHECK(f.bring(token).answer.status == 401);
  CHECK_FALSE(f.guard->still_admits(request->request(), owner, f.clock.wall()));
  f.clock.advance(std::chrono::seconds(1));
  f.browser.forget("auth.example.com");
  f.browser.forget("app.example.com");
  f.sign_in(kAppUrl);
  CHECK(f.bring(f.made()).admitted);
}

TEST_CASE("what ends one session leaves the tokens that were made in it") {
  TokenFixture f;
  const std::string token = f.made();
  const gateway::Verdict verdict = f.bring(token);
  REQUIRE(verdict.admitted);
  gateway::Revocation revocation = gateway::revocation_of(*verdict.admitted->identity());
  revocation.kind = gateway::RevocationKind::subject;
  revocation.name = "alice";
  core::Flow<> hearing = f.revocations->revoke(revocation);
  hearing.start();
  CHECK(f.bring(token).admitted);
}

TEST_CASE("only the page itself makes and ends tokens") {
  TokenFixture f;
  for (const char* site : {"cross-site", "same-site", "none"}) {
    CHECK(f.post("action=create&name=build&days=7&place=app.example.com%2F", site).status == 403);
  }
  CHECK_FALSE(f.has_one_on_page());
  f.made();
  CHECK(f.post("action=revoke", "cross-site").status == 403);
  CHECK(f.has_one_on_page());
}

TEST_CASE(
    "P04: a script on login.host makes and ends no tokens, nor does a form of another session or kind") {
  TokenFixture f;
  const std::string wish = "action=create&name=build&days=7&place=app.example.com%2F";
  CHECK(f.post_as_it_is(wish).status == 403);
  CHECK(f.post_as_it_is(wish + "&form=x").status == 403);
  const std::string form = TokenFixture::form_of(f.get(kPage), "value=\"create\"");
  const auto script = f.browser.fetch(kPage, "POST");
  script->with("Sec-Fetch-Site", "same-origin");
  CHECK(f.serve(*script, wish + form).status == 403);
  CHECK_FALSE(f.has_one_on_page());
  CHECK(f.post_as_it_is(wish + form).status == 200);
  // Each form does what it is for.
  CHECK(f.post_as_it_is("action=revoke" + form).status == 403);
  const std::string revoking = TokenFixture::form_of(f.get(kPage), "value=\"revoke\"");
  CHECK(f.post_as_it_is(wish + revoking).status == 403);
  CHECK(f.sink.text.find("tokens: no form of ours") != std::string::npos);
  // It may come twice: it ends one token, which has ended then.
  CHECK(f.post_as_it_is("action=revoke" + revoking).status == 200);
  CHECK(f.post_as_it_is("action=revoke" + revoking).status == 404);
  f.browser.forget("auth.example.com");
  f.browser.forget("app.example.com");
  f.sign_in(kAppUrl);
  CHECK(f.post_as_it_is(wish + form).status == 403);
  CHECK_FALSE(f.has_one_on_page());
}

TEST_CASE("a form that asks for what is not offered makes no token") {
  TokenFixture f;
  for (const char* body : {
           "action=create&days=7&place=app.example.com%2F",
           "action=create&name=a&place=app.example.com%2F",
           "action=create&name=a&days=0&place=app.example.com%2F",
           "action=create&name=a&days=91&place=app.example.com%2F",
           "action=create&name=a&days=7x&place=app.example.com%2F",
           "action=create&name=a&days=7",
           "action=create&name=a&days=7&place=evil.example%2F",
           "action=create&name=a&name=b&days=7&place=app.example.com%2F",
           "action=create&name=a%E2%80%AEb&days=7&place=app.example.com%2F",
           "action=create&name=a%E2%80%8Bb&days=7&place=app.example.com%2F",
           "action=other",
           "name=a",
           "%",
       }) {
    CAPTURE(body);
    CHECK(f.post(body).status == 400);
  }
  CHECK_FALSE(f.has_one_on_page());
}

TEST_CASE(
    "who is not signed in is sent to sign in, and whom the policy does "
    "not name has no tokens") {
  TokenFixture f;
  f.browser.forget("auth.example.com");
  CHECK(f.get(kPage).status == 302);
  Browser nobody(f.clock);
  CHECK(f.serve(*nobody.fetch(kPage)).status == 401);
  TokenFixture g;
  g.config.login.tokens->policy = 1;
  config::Policy others;
  others.allow.emplace_back().emails = std::vector<std::string>{"bob@example.com"};
  g.config.policies.push_back(others);
  g.build();
  CHECK(g.get(kPage).status == 403);
  CHECK(g.sink.text.find("tokens: policy") != std::string::npos);
  CHECK(g.post("action=create&name=build&days=7&place=app.example.com%2F").status == 403);
}

TEST_CASE("the page shows each place that a token opens, and marks what it had to cut") {
  TokenFixture f;
  const std::string deep = "/" + std::string(300, 'x');
  for (const char* host : {"one.example.com", "two.example.com", "three.example.com", "four.example.com"}) {
    config::Route route = f.config.routes[0];
    route.host = host;
    route.path.path = deep;
    f.config.routes.push_back(route);
  }
  f.build();
  std::string places;
  for (const char* host : {"one", "two", "three", "four"})
    places += "&place=" + std::string(host) + ".example.com" + "%2F" + deep.substr(1);
  f.made(places);
  const std::string page = f.get(kPage).body;
  CHECK(page.find("<dd>app.example.com/</dd>") != std::string::npos);
  for (const char* host : {"one", "two", "three", "four"}) {
    const std::size_t at = page.find("<dd>" + std::string(host) + ".example.com/x");
    REQUIRE(at != std::string::npos);
    CHECK(page.substr(at, page.find("</dd>", at) - at).ends_with("…"));
  }
}

TEST_CASE("only places that the person may enter are offered") {
  TokenFixture f;
  config::Policy others;
  others.name = "others";
  others.allow.emplace_back().emails = std::vector<std::string>{"bob@example.com"};
  f.config.policies.push_back(others);
  f.config.routes[1].access.policy = 1;
  f.build();
  const std::string page = f.get(kPage).body;
  CHECK(page.find("app.example.com/") != std::string::npos);
  CHECK(page.find("wiki.example.org") == std::string::npos);
  CHECK(f.post("action=create&name=a&days=7&place=wiki.example.org%2F").status == 400);
}

TEST_CASE("the audit tells of a token whose client hung up before it was shown") {
  TokenFixture f;
  const std::string form = f.form_of(f.get(kPage), "value=\"create\"");
  const auto request = f.browser.navigate(kPage, "POST", "same-origin");
  {
    core::Flow<gateway::Reply> flow = f.system->endpoints().serve(
        request->request(), "action=create&name=build&days=7&place=app.example.com%2F" + form);
    flow.start();
    REQUIRE_FALSE(flow.has_ended());
  }
  for (int turns = 0; turns < 50; ++turns) f.loop.turn(false);
  CHECK(f.has_one_on_page());
  CHECK(f.sink.text.find("token_created") != std::string::npos);
}

TEST_CASE("the audit tells who made a token and who ended it, and never the token") {
  TokenFixture f;
  const std::string token = f.made();
  CHECK(f.sink.text.find("token_created") != std::string::npos);
  CHECK(f.sink.text.find("\"by\":\"corp\"") != std::string::npos);
  CHECK(f.sink.text.find("token_revoked") == std::string::npos);
  f.post("action=revoke");
  CHECK(f.sink.text.find("token_revoked") != std::string::npos);
  CHECK(f.sink.text.find(token) == std::string::npos);
}

TEST_CASE("a storage that cannot keep a token makes none") {
  TokenFixture f;
  f.storage.is_full = true;
  CHECK(f.post("action=create&name=build&days=7&place=app.example.com%2F").status == 503);
  CHECK_FALSE(f.has_one_on_page());
}

TEST_CASE(
    "without login.tokens nothing is there, and such a token is the "
    "app's own") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  CHECK(f.get(kPage).status == 404);
  const auto request = f.browser.fetch(kAppUrl);
  request->with("Authorization", "Bearer gwt_of-the-app");
  CHECK(f.judge(*request).admitted);
}
