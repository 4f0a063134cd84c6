// A login never loops: what counts as a failed round, and what ends it.
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

std::string location(const gateway::Reply& reply) {
  return field_of(reply, "Location");
}

}  // namespace

TEST_CASE("a login never loops: the second round without a session ends in a page that names the cause") {
  LoginFixture f;
  const auto round = [&f] {
    gateway::Reply reply = f.follow(f.visit(kAppUrl).answer);
    if (location(reply).starts_with("https://corp.example.net/"))
      reply = f.follow(f.get(f.provider.consent(location(reply))));
    return reply;
  };
  SUBCASE("the browser drops the session cookie") {
    REQUIRE(round().status == 303);
    f.browser.drop_cookie("app.example.com", "__Host-gateway");
    REQUIRE(round().status == 303);
    f.browser.drop_cookie("app.example.com", "__Host-gateway");
    const gateway::Reply page = f.visit(kAppUrl).answer;
    CHECK(page.status == 400);
    CHECK(page.body.find("did not send the session cookie") != std::string::npos);
    CHECK(page.reason == "cookie_refused");
    // The page clears what was counted, so that its button begins afresh.
    CHECK(f.visit(kAppUrl).answer.status == 302);
  }
  SUBCASE("the cookie cannot be read") {
    REQUIRE(round().status == 303);
    f.browser.set_cookie("app.example.com", "__Host-gateway", "1.garbage");
    REQUIRE(round().status == 303);
    f.browser.set_cookie("app.example.com", "__Host-gateway", "1.garbage");
    CHECK(f.visit(kAppUrl).answer.reason == "cookie_unreadable");
  }
  SUBCASE("rounds that are a minute apart are none") {
    for (int i = 0; i < 4; ++i) {
      REQUIRE(round().status == 303);
      f.browser.drop_cookie("app.example.com", "__Host-gateway");
      f.browser.drop_cookie("app.example.com", "__Host-gateway-round");  // Max-Age=60
    }
  }
  SUBCASE("starting counts nothing") {
    for (int i = 0; i < 5; ++i) CHECK(f.visit(kAppUrl).answer.status == 302);
  }
  SUBCASE("a browser that refuses all cookies ends at the callback") {
    const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
    f.browser.forget("auth.example.com");
    f.browser.forget("app.example.com");
    CHECK(f.get(callback).status == 400);
  }
}

namespace {

/// What the guard answers on app.example.com when a sibling host has planted `planted` for this path.
gateway::Reply visit_with(LoginFixture& f, const std::string& planted) {
  const auto request = f.browser.navigate(kAppUrl);
  request->with("Cookie", planted);
  gateway::Reply reply = std::move(f.guard->admit_now(request->request())->answer);
  f.browser.take(kAppUrl, reply);
  return reply;
}

}  // namespace

TEST_CASE("a login never loops over cookies that a sibling host plants for one path") {
  const char* const planted[] = {
      "gateway=1.a; gateway=1.b; gateway=1.c; gateway=1.d; gateway=1.e",  // more than are tried
      "gateway=1.a; gateway=1.b; gateway=1.c; gateway=1.d; gateway=1.e; gateway=1.f; gateway-1=x",
  };
  for (const char* cookies : planted) {
    for (const bool is_signed_in : {true, false}) {
      CAPTURE(cookies);
      CAPTURE(is_signed_in);
      LoginFixture f;
      f.config.login.session.cookie_domain = "example.com";
      f.build();
      if (is_signed_in) f.sign_in(kAppUrl);
      f.browser.drop_cookie("auth.example.com", "__Host-gateway-round");  // it was more than a minute ago
      gateway::Reply reply = visit_with(f, cookies);
      int visits = 1;
      for (int hops = 0; hops < 20 && reply.status == 302; ++hops) {
        const std::string next = location(reply);
        if (next == kAppUrl) ++visits;
        if (next == kAppUrl) {
          reply = visit_with(f, cookies);
        } else {
          reply = f.get(next.starts_with(kAuth) ? next : f.provider.consent(next));
        }
      }
      CHECK(visits == 3);
      CHECK(reply.status == 400);
      CHECK(reply.reason == "cookie_unreadable");
      CHECK(f.provider.count("/token") == 1);
    }
  }
}

TEST_CASE("asking to sign in again and again where there is a session is no failed round") {
  LoginFixture f;
  f.config.login.session.cookie_domain = "example.com";
  f.build();
  f.sign_in(kAppUrl);
  for (int i = 0; i < 5; ++i)
    CHECK(location(f.get(kAuth + "/start?rd=https://app.example.com/x")) == "https://app.example.com/x");
  CHECK(f.get(kAuth + "/start?rd=/&absence=x").status == 400);
  CHECK(f.get(kAuth + "/start?rd=/&absence=revoked&absence=none").status == 400);
}
