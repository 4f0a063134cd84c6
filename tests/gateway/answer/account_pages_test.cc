#include "tests/gateway/support/login_fixture.h"

#include <doctest/doctest.h>

using test_support::kAppUrl;
using test_support::LoginFixture;

namespace {

config::Route app_at(std::string host, std::string path, config::Access access) {
  config::Route route;
  route.host = std::move(host);
  route.path.path = std::move(path);
  route.action = config::Upstream{};
  route.access = access;
  return route;
}

gateway::Reply sign_out(LoginFixture& f, const std::string& site, const std::string& method) {
  const std::string url = "https://app.example.com/oauth2/sign_out";
  const bool is_form = method == "POST";
  const auto request = f.browser.navigate(is_form ? url : url + "?everywhere=yes", method, site);
  gateway::Reply reply = f.serve(*request, is_form ? "everywhere=yes" : "");
  f.browser.take(url, reply);
  return reply;
}

}  // namespace

TEST_CASE("the page of apps links what the person may open, and names nothing else") {
  LoginFixture f;
  const config::Access mine = f.config.routes[0].access;
  config::Policy nobody;
  nobody.name = "nobody";
  f.config.policies.push_back(nobody);
  const config::Access not_mine{config::AccessKind::policy, f.config.policies.size() - 1};
  f.config.routes.push_back(app_at("wiki.example.org", "/docs", mine));
  f.config.routes.push_back(app_at("secret.example.com", "/", not_mine));
  f.config.routes.push_back(app_at("open.example.com", "/", {config::AccessKind::open, 0}));
  f.config.routes.push_back(app_at("*.wild.example.com", "/", mine));
  f.config.routes.push_back(app_at("redirect.example.com", "/", mine));
  f.config.routes.back().action = config::Redirect{};
  f.config.routes.push_back(app_at("regex.example.com", "/a.*", mine));
  f.config.routes.back().path.match = config::PathMatch::regex;
  f.config.routes.push_back(app_at("post.example.com", "/", mine));
  f.config.routes.back().methods = {"POST"};
  f.build();
  f.sign_in(kAppUrl);
  const gateway::Reply page = f.get("https://app.example.com/oauth2/apps");
  CHECK(page.status == 200);
  for (const std::string_view shown :
       {"href=\"https://wiki.example.org/docs\">wiki.example.org/docs<",
        "href=\"https://open.example.com/\">open.example.com<", "aria-current=\"page\">Apps<",
        "href=\"/oauth2/sessions\"", "href=\"/oauth2/sign_out\""}) {
    CAPTURE(shown);
    CHECK(page.body.contains(shown));
  }
  for (const std::string_view hidden :
       {"secret.", "wild.", "redirect.", "regex.", "post.", "/oauth2/tokens"}) {
    CAPTURE(hidden);
    CHECK_FALSE(page.body.contains(hidden));
  }
}

TEST_CASE("the pages of an account send whoever is not signed in to sign in") {
  LoginFixture f;
  for (const std::string_view path : {"/apps", "/sessions"}) {
    const std::string url = std::string("https://app.example.com/oauth2").append(path);
    CHECK(f.get(url).status == 302);
    const auto program = f.browser.fetch(url);
    CHECK(f.serve(*program).status == 401);
    const auto posted = f.browser.navigate(url, "POST", "same-origin");
    CHECK(f.serve(*posted).status == 405);
  }
}

TEST_CASE("the page of the session says whose it is, since when and until when, and how to end it") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const gateway::Reply page = f.get("https://app.example.com/oauth2/sessions");
  CHECK(page.status == 200);
  for (const std::string_view shown : {"<dt>Since</dt><dd>20", " UTC</dd>",
                                       "name=\"everywhere\" value=\"yes\"", "action=\"/oauth2/sign_out\""}) {
    CAPTURE(shown);
    CHECK(page.body.contains(shown));
  }
}

TEST_CASE("signing out everywhere ends a person's sessions in all browsers, by a form of our own alone") {
  LoginFixture f;
  const std::string app = "app.example.com";
  const auto in_new_browser = [&f, &app] {
    f.browser.forget(app);
    f.browser.forget("auth.example.com");
    f.sign_in(kAppUrl);
    return f.browser.cookie(app, "__Host-gateway");
  };
  const auto is_alive = [&f, &app](const std::string& cookie) {
    f.browser.set_cookie(app, "__Host-gateway", cookie);
    return f.visit(kAppUrl).admitted.has_value();
  };
  const std::string other = in_new_browser();
  in_new_browser();
  CHECK(sign_out(f, "cross-site", "POST").status == 403);
  // A link ends no more than the session that it was followed with.
  sign_out(f, "same-origin", "GET");
  CHECK(is_alive(other));
  const std::string mine = in_new_browser();
  sign_out(f, "same-origin", "POST");
  CHECK_FALSE(is_alive(mine));
  CHECK_FALSE(is_alive(other));
  f.clock.advance(std::chrono::seconds(2));
  CHECK(is_alive(in_new_browser()));
}
