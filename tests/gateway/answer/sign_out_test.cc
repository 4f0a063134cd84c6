// Who may sign whom out, how, and what it ends.
#include "core/text/percent.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

std::string location(const gateway::Reply& reply) {
  return field_of(reply, "Location");
}

const std::string kSignOut = "https://app.example.com/oauth2/sign_out";

/// A POST of the browser's session, from a page of `site` ("": it says nothing) and `origin`.
std::unique_ptr<OwnedRequest> sign_out_post(LoginFixture& f, const std::string& site,
                                            const std::string& origin = "") {
  auto request = std::make_unique<OwnedRequest>("POST", kSignOut, f.clock.wall());
  if (!site.empty()) request->with("Sec-Fetch-Site", site);
  if (!origin.empty()) request->with("Origin", origin);
  request->with("Accept", "text/html");
  request->with("Cookie", "__Host-gateway=" + f.browser.cookie("app.example.com", "__Host-gateway"));
  return request;
}

/// A GET navigation of the browser's session, by a link of `referer` (empty: none).
gateway::Reply follow_link(LoginFixture& f, const std::string& site, const std::string& referer) {
  const auto request = f.browser.navigate(kSignOut, "GET", site);
  if (!referer.empty()) request->with("Referer", referer);
  return f.serve(*request);
}

}  // namespace

TEST_CASE(
    "L05 L06: signing out clears the cookies and ends the session on every host, also for a copied cookie") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  f.follow(f.visit(kWikiUrl).answer);
  const std::string copied = f.browser.cookie("wiki.example.org", "__Host-gateway");
  const gateway::Reply reply = f.get("https://app.example.com/oauth2/sign_out", "same-origin");
  CHECK(reply.status == 303);
  CHECK(location(reply).starts_with("https://corp.example.net/logout?"));
  CHECK(parameter_of(location(reply), "client_id") == "gateway");
  CHECK(parameter_of(location(reply), "post_logout_redirect_uri") == kAuth + "/signed_out");
  CHECK(f.browser.cookie_names("app.example.com").empty());
  CHECK(f.browser.cookie("wiki.example.org", "__Host-gateway") == copied);
  CHECK_FALSE(f.visit(kWikiUrl).admitted.has_value());
  CHECK_FALSE(f.visit("https://auth.example.com/").admitted.has_value());
  f.build();
  CHECK_FALSE(f.visit(kWikiUrl).admitted.has_value());
}

TEST_CASE("who may sign out: our own site and pages of our hosts; others are asked about, images never") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const auto is_signed_in = [&f] { return f.visit(kAppUrl).admitted.has_value(); };
  SUBCASE("links that act") {
    for (const auto& [site, referer] :
         std::vector<std::pair<std::string, std::string>>{{"same-origin", ""},
                                                          {"same-site", ""},
                                                          {"cross-site", "https://wiki.example.org/"},
                                                          {"", "https://wiki.example.org/page?x=y"},
                                                          {"", "https://auth.example.com/"}}) {
      CAPTURE(site);
      CAPTURE(referer);
      CHECK(follow_link(f, site, referer).status == 303);
      CHECK_FALSE(is_signed_in());
      f.sign_in(kAppUrl);
    }
  }
  SUBCASE("links that are asked about") {
    for (const auto& [site, referer] : std::vector<std::pair<std::string, std::string>>{
             {"cross-site", ""},
             {"none", ""},
             {"", ""},
             {"cross-site", "https://evil.tld/"},
             {"cross-site", "https://evil.tld/https://app.example.com/"},
             {"cross-site", "https://app.example.com.evil.tld/"},
             {"cross-site", "https://app.example.com@evil.tld/"},
             {"cross-site", "https://app.example.com:8443/"},
             {"cross-site", "http://app.example.com/"},
             {"cross-site", "/"}}) {
      CAPTURE(site);
      CAPTURE(referer);
      const gateway::Reply page = follow_link(f, site, referer);
      CHECK(page.status == 200);
      CHECK(page.body.find("/oauth2/sign_out") != std::string::npos);
      CHECK(is_signed_in());
    }
  }
  SUBCASE("an image, a fetch, a prefetch, a frame") {
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Mode", "cors"}, {"Sec-Purpose", "prefetch"}}) {
      OwnedRequest request("GET", kSignOut, f.clock.wall());
      request.with("Sec-Fetch-Site", "same-origin").with(name, value).with("Accept", "text/html");
      request.with("Cookie", "__Host-gateway=" + f.browser.cookie("app.example.com", "__Host-gateway"));
      CHECK(f.serve(request).status == 403);
      CHECK(is_signed_in());
    }
  }
  SUBCASE("posts") {
    for (const auto& [site, origin, is_good] : std::vector<std::tuple<std::string, std::string, bool>>{
             {"cross-site", "https://app.example.com", false},
             {"same-site", "", false},
             {"none", "", false},
             {"", "https://evil.tld", false},
             {"", "null", false},
             {"", "", false},
             {"", "https://app.example.com", true},
             {"same-origin", "", true}}) {
      CAPTURE(site);
      CAPTURE(origin);
      f.sink.text.clear();
      CHECK((f.serve(*sign_out_post(f, site, origin)).status == 303) == is_good);
      CHECK(is_signed_in() == !is_good);
      const bool is_noted = f.sink.text.find(R"("act":"request_refused")") != std::string::npos;
      CHECK(is_noted == !is_good);
      if (is_good) f.sign_in(kAppUrl);
    }
  }
}

TEST_CASE("P03: the button of the page that asks is good for the session that was asked") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const gateway::Reply asked = f.get(kSignOut, "cross-site");
  const std::string form = LoginFixture::form_of(asked).substr(1);
  const auto press = [&f](const std::string& body) {
    return f.serve(*sign_out_post(f, "same-origin"), body);
  };
  SUBCASE("it signs out") {
    CHECK(press(form).status == 303);
    CHECK_FALSE(f.visit(kAppUrl).admitted.has_value());
    CHECK(f.sink.text.find("request_refused") == std::string::npos);
  }
  SUBCASE(
      "of an earlier session, or changed: the person is asked again, and nothing that was asked for is "
      "lost") {
    f.clock.advance(1s);
    f.serve(*sign_out_post(f, "same-origin"));
    f.sign_in(kAppUrl);
    for (const std::string& wrong : {form, std::string("form=x")}) {
      const gateway::Reply again = press("rd=%2Fbye&everywhere=yes&" + wrong);
      CHECK(again.status == 200);
      CHECK(again.body.find("/bye") != std::string::npos);
      CHECK(again.body.find("everywhere") != std::string::npos);
      CHECK(f.visit(kAppUrl).admitted.has_value());
      CHECK(press(LoginFixture::form_of(again).substr(1)).status == 303);
      f.sign_in(kAppUrl);
    }
    CHECK(f.sink.text.find(R"("act":"request_refused")") != std::string::npos);
  }
}

TEST_CASE("sign-out comes back to a checked rd=, through the provider, and no other state is followed") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  CHECK(f.get("https://app.example.com/oauth2/sign_out?rd=https%3A%2F%2Fevil.tld", "same-origin").status ==
        400);
  CHECK(f.visit(kAppUrl).admitted.has_value());
  const gateway::Reply out = f.get("https://app.example.com/oauth2/sign_out?rd=%2Fbye", "same-origin");
  const std::string state = parameter_of(location(out), "state");
  CHECK(state.find("bye") == std::string::npos);
  CHECK(location(f.get(kAuth + "/signed_out?state=" + state)) == "https://app.example.com/bye");
  for (const std::string& other :
       std::vector<std::string>{"", "?state=", "?state=x", "?state=" + state + "&state=" + state}) {
    const gateway::Reply page = f.get(kAuth + "/signed_out" + other);
    CHECK(page.status == 200);
    CHECK(location(page).empty());
  }
  f.clock.advance(601s);
  CHECK(f.get(kAuth + "/signed_out?state=" + state).status == 200);
}

TEST_CASE("K27: a sign-out that storage cannot keep says so, and acts in this process") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  f.follow(f.visit(kWikiUrl).answer);
  f.storage.is_full = true;
  const gateway::Reply reply = f.get("https://app.example.com/oauth2/sign_out", "same-origin");
  CHECK(reply.status == 500);
  CHECK(f.browser.cookie_names("app.example.com").empty());
  CHECK_FALSE(f.visit(kWikiUrl).admitted.has_value());
}

TEST_CASE("L06: signing out with a session that is idle here ends it on the hosts where it is alive") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  f.follow(f.visit(kWikiUrl).answer);
  f.clock.advance(f.config.login.session.idle - 1s);
  f.visit(kWikiUrl);
  f.clock.advance(2s);
  REQUIRE(f.visit(kWikiUrl).admitted.has_value());
  REQUIRE_FALSE(f.visit(kAppUrl).admitted.has_value());
  f.get("https://app.example.com/oauth2/sign_out", "same-origin");
  CHECK_FALSE(f.visit(kWikiUrl).admitted.has_value());
}

TEST_CASE("signing out without a session is a page, and asks nobody") {
  LoginFixture f;
  CHECK(f.get("https://app.example.com/oauth2/sign_out", "same-origin").status == 200);
}
