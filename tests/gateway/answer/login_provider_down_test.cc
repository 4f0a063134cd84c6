// A provider that is down, slow or one of two, seen from the browser.
#include "core/text/percent.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

/// Signs in with whatever the provider was told to say.
gateway::Reply attempt(LoginFixture& f) {
  return f.get(f.provider.consent(f.to_provider(kAppUrl)));
}

}  // namespace

TEST_CASE("a provider that is down at the start delays sign-ins, then is found without a restart") {
  LoginFixture f;
  f.provider.instead.emplace(
      "/.well-known/openid-configuration",
      core::failure(core::ErrorKind::unreachable, core::Side::provider, "no connection"));
  f.build();
  const gateway::Reply page = f.follow(f.visit(kAppUrl).answer);
  CHECK(page.status == 503);
  CHECK(field_of(page, "Retry-After") == "5");
  CHECK(page.body.find("no connection") == std::string::npos);
  const std::size_t before = f.provider.count("/.well-known/openid-configuration");
  f.clock.advance(60s);
  f.turn();
  CHECK(f.provider.count("/.well-known/openid-configuration") == before + 1);
  f.provider.instead.clear();
  f.clock.advance(60s);
  f.turn();
  CHECK(f.sign_in(kAppUrl) == kAppUrl);
}

TEST_CASE("a provider that goes down later ends no session") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  f.provider.instead.emplace("/.well-known/openid-configuration", response_of(500, "text/plain", ""));
  f.provider.instead.emplace("/keys", response_of(500, "text/plain", ""));
  f.clock.advance(90min);
  f.turn();
  CHECK(f.visit(kAppUrl).admitted.has_value());
  CHECK(f.follow(f.visit(kWikiUrl).answer).status == 303);
}

TEST_CASE("a sign-in cancelled at any of its waits leaves nothing behind, and the next one works") {
  for (const char* path : {"/token", "/keys", "/userinfo"}) {
    CAPTURE(path);
    LoginFixture f;
    if (std::string(path) == "/keys") f.provider.rotate();
    f.provider.held[path] = true;
    const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
    {
      const auto request = f.browser.navigate(callback);
      core::Flow<gateway::Reply> flow = f.system->endpoints().serve(request->request(), "");
      flow.start();
      f.turn();
      CHECK_FALSE(flow.has_ended());
    }
    f.provider.release();
    f.turn();
    CHECK(f.sign_in(kAppUrl) == kAppUrl);
  }
}

TEST_CASE("a token request that fails on the way ends in a page that says to try again") {
  for (const core::ErrorKind kind :
       {core::ErrorKind::timed_out, core::ErrorKind::unreachable, core::ErrorKind::closed}) {
    LoginFixture f;
    f.provider.instead.emplace("/token", core::failure(kind, core::Side::provider, "secret detail"));
    const gateway::Reply reply = attempt(f);
    CHECK(reply.status == 503);
    CHECK(reply.body.find("secret detail") == std::string::npos);
  }
}

TEST_CASE("two providers: the page lets choose, and K21: the same subject of both is two people") {
  LoginFixture f;
  f.config.login.providers.push_back(provider_named("other"));
  f.build();
  const gateway::Reply page = f.follow(f.visit(kAppUrl).answer);
  CHECK(page.status == 200);
  CHECK(page.body.find("The other") != std::string::npos);
  const std::size_t at = page.body.find("https://auth.example.com/oauth2/start?provider=other");
  REQUIRE(at != std::string::npos);
  std::string link = page.body.substr(at, page.body.find('"', at) - at);
  for (std::size_t amp = link.find("&amp;"); amp != std::string::npos; amp = link.find("&amp;"))
    link.replace(amp, 5, "&");
  const std::string to = field_of(f.get(link), "Location");
  REQUIRE(to.starts_with("https://other.example.net/authorize?"));
  SUBCASE("the chosen one signs in") {
    CHECK(field_of(f.follow(f.get(f.second.consent(to))), "Location") == kAppUrl);
    CHECK(f.visit(kAppUrl).admitted->identity()->issuer == "https://other.example.net");
  }
  SUBCASE("K30: a code of the one with the state of the other is not sent anywhere") {
    f.provider.consent(to);
    const std::string mixed = kAuth + "/callback?code=the-code&state=" + parameter_of(to, "state") +
                              "&iss=" + core::percent_encode(f.provider.issuer());
    CHECK(f.get(mixed).status == 400);
    CHECK(f.provider.count("/token") + f.second.count("/token") == 0);
  }
}
