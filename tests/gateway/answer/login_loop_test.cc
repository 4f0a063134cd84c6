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
