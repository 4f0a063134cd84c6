// keep_fragment: what stands behind the "#" of a URL comes through a sign-in, and nothing else does that way.
#include "gateway/oidc/fragment.h"

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

struct Fixture : LoginFixture {
  Fixture() {
    config.login.keeps_fragment = true;
    build();
  }
  /// The page that login.host shows after a visit to `url`; its address goes to `asked`.
  gateway::Reply page_after(const std::string& url) {
    asked = field_of(visit(url).answer, "Location");
    return get(asked);
  }
  /// What the script of that page does.
  gateway::Reply hand_in(const std::string& body) {
    const auto request = browser.navigate(asked, "POST", "same-origin");
    gateway::Reply reply = serve(*request, body);
    browser.take(asked, reply);
    return reply;
  }
  /// From the page to the last redirect that the gateway itself writes a fragment into.
  std::string delivered(const std::string& url, const std::string& body) {
    REQUIRE(page_after(url).status == 200);
    const std::string at_provider = field_of(hand_in(body), "Location");
    return field_of(get(provider.consent(at_provider)), "Location");
  }
  std::string asked;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a fragment is handed in by a page of login.host and stands in the last redirect") {
  Fixture f;
  const std::string body = "fragment=%2Fd%2Fabc%3Fa%3Db%26c";
  SUBCASE("on another host, whose redirect takes it along") {
    const std::string back = f.delivered(kWikiUrl, body);
    CHECK(back.starts_with("https://wiki.example.org/oauth2/return?ticket="));
    CHECK(back.ends_with("#/d/abc?a=b&c"));
    const gateway::Reply last = f.get(back.substr(0, back.find('#')));
    CHECK(last.status == 303);
    CHECK(field_of(last, "Location") == kWikiUrl);
  }
  SUBCASE("on login.host itself") {
    CHECK(f.delivered("https://auth.example.com/page", body) == "https://auth.example.com/page#/d/abc?a=b&c");
  }
  SUBCASE("on a host that shares the cookie") {
    f.config.login.session.cookie_domain = "example.com";
    f.build();
    CHECK(f.delivered(kAppUrl, body) == kAppUrl + "#/d/abc?a=b&c");
  }
}

TEST_CASE("the page has one script, of its own host, and goes on without scripts") {
  Fixture f;
  const gateway::Reply page = f.page_after(kWikiUrl);
  CHECK(page.status == 200);
  const std::string policy = field_of(page, "Content-Security-Policy");
  CHECK(holds(policy, "default-src 'none'"));
  CHECK(holds(policy, "; script-src 'self'"));
  CHECK_FALSE(holds(policy, "unsafe"));
  CHECK(holds(page.body, "<script src=\"/oauth2/static/keep_fragment.js\"></script>"));
  CHECK(holds(page.body, "<noscript><meta http-equiv=\"refresh\" content=\"0;url=/oauth2/start?"));
  CHECK(field_of(page, "Location").empty());
  const gateway::Reply script = f.get(kAuth + "/static/keep_fragment.js");
  CHECK(script.status == 200);
  CHECK(field_of(script, "Content-Type").starts_with("text/javascript"));
  CHECK(holds(script.body, "location.hash"));
  const gateway::Reply plain = f.get(f.asked + "&fragment=");
  CHECK(plain.status == 302);
  CHECK(field_of(plain, "Location").starts_with("https://corp.example.net/authorize?"));
}

TEST_CASE("what is no fragment, or too long, is lost and nothing else") {
  for (const std::string& body :
       {std::string("fragment="), std::string(), std::string("fragment=a%0D%0AX: y"),
        std::string("fragment=a%0D%0AX-Y"), std::string("fragment=%C3%BC"), std::string("fragment=a%3Cb"),
        std::string("fragment=a&fragment=b"), std::string("other=a"), std::string("%"),
        "fragment=" + std::string(gateway::kMaxFragmentBytes + 1, 'a')}) {
    CAPTURE(body.substr(0, 40));
    Fixture f;
    const std::string back = f.delivered(kWikiUrl, body);
    CHECK(back.starts_with("https://wiki.example.org/oauth2/return?ticket="));
    CHECK_FALSE(holds(back, "#"));
  }
}

TEST_CASE("a long target leaves no room for a fragment, and the sign-in works") {
  Fixture f;
  const std::string url = "https://wiki.example.org/" + std::string(gateway::kMaxTargetBytes - 30, 'p');
  const std::string back = f.delivered(url, "fragment=" + std::string(gateway::kMaxFragmentBytes, 'a'));
  CHECK_FALSE(holds(back, "#"));
  CHECK(field_of(f.get(back), "Location") == url);
}

TEST_CASE("the choice among several providers keeps the fragment") {
  Fixture f;
  f.config.login.providers.push_back(provider_named("other"));
  f.build();
  f.page_after(kWikiUrl);
  const gateway::Reply choice = f.hand_in("fragment=%2Fd");
  CHECK(choice.status == 200);
  CHECK(holds(choice.body, "#/d\""));
}

TEST_CASE("with a session there is no page, for the browser itself keeps the fragment through redirects") {
  Fixture f;
  f.delivered(kWikiUrl, "fragment=x");
  const gateway::Reply reply = f.page_after(kAppUrl);
  CHECK(reply.status == 302);
  CHECK(field_of(reply, "Location").starts_with("https://app.example.com/oauth2/return?ticket="));
}

TEST_CASE("without keep_fragment nothing is asked, posted or run") {
  LoginFixture f;
  CHECK(f.to_provider(kWikiUrl).starts_with("https://corp.example.net/authorize?"));
  CHECK(f.serve(*f.browser.navigate(kAuth + "/start", "POST"), "fragment=a").status == 405);
  CHECK(f.get(kAuth + "/static/keep_fragment.js").status == 404);
}
