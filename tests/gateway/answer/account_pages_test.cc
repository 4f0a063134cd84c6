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
  // Whatever policy the file begins with says nothing of these.
  f.config.routes.push_back(app_at("engine.example.com", "/", {config::AccessKind::engine, 0}));
  f.config.routes.push_back(app_at("asked.example.com", "/", mine));
  f.config.routes.back().access.authorize.emplace();
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
       {"secret.", "wild.", "redirect.", "regex.", "post.", "engine.", "asked.", "/oauth2/tokens"}) {
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

TEST_CASE("a person sees his other sessions at login.host and ends one, by the form of that page alone") {
  LoginFixture f;
  const std::string url = "https://auth.example.com/oauth2/sessions";
  const auto in_new_browser = [&f] {
    f.browser.forget("app.example.com");
    f.browser.forget("auth.example.com");
    f.sign_in(kAppUrl);
  };
  const auto token_in = [](const std::string& page) {
    const std::string before = "name=\"session\" value=\"";
    const std::size_t at = page.find(before);
    REQUIRE(at != std::string::npos);
    return page.substr(at + before.size(), page.find('"', at + before.size()) - at - before.size());
  };
  const auto post = [&](const std::string& token, const std::string& site) {
    const auto request = f.browser.navigate(url, "POST", site);
    return f.serve(*request, "session=" + token);
  };
  in_new_browser();
  const std::string old_cookie = f.browser.cookie("app.example.com", "__Host-gateway");
  CHECK_FALSE(f.get(url).body.contains("Your other sessions"));
  f.clock.advance(std::chrono::seconds(2));
  in_new_browser();
  const gateway::Reply elsewhere = f.get("https://app.example.com/oauth2/sessions");
  CHECK(elsewhere.body.contains("href=\"https://auth.example.com/oauth2/sessions\""));
  CHECK_FALSE(elsewhere.body.contains("Your other sessions"));
  const gateway::Reply page = f.get(url);
  CHECK(page.body.contains("Your other sessions"));
  const std::string token = token_in(page.body);
  CHECK(page.body.find("name=\"session\"") == page.body.rfind("name=\"session\""));
  for (const char* site : {"cross-site", "same-site"}) CHECK(post(token, site).status == 403);
  CHECK(post("x" + token, "same-origin").status == 403);
  const auto script = f.browser.navigate(url, "POST", "same-origin");
  CHECK(f.serve(*script, "").status == 403);
  const auto is_alive = [&f](const std::string& cookie) {
    f.browser.set_cookie("app.example.com", "__Host-gateway", cookie);
    return f.visit(kAppUrl).admitted.has_value();
  };
  const std::string mine = f.browser.cookie("app.example.com", "__Host-gateway");
  CHECK(is_alive(old_cookie));
  const gateway::Reply ended = post(token, "same-origin");
  CHECK(ended.status == 303);
  CHECK(test_support::field_of(ended, "Location") == url);
  f.browser.set_cookie("app.example.com", "__Host-gateway", old_cookie);
  CHECK_FALSE(f.visit(kAppUrl).admitted.has_value());
  CHECK(is_alive(mine));
  CHECK_FALSE(f.get(url).body.contains("Your other sessions"));
  CHECK(post(token, "same-origin").status == 303);
  CHECK(f.sink.text.find("the session ") != std::string::npos);
}

TEST_CASE("where the list of sessions cannot be read the page says so, and its session ends all the same") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  f.storage.is_down = true;
  const gateway::Reply page = f.get("https://auth.example.com/oauth2/sessions");
  CHECK(page.status == 200);
  CHECK(page.body.contains("role=\"alert\""));
  CHECK(page.body.contains("action=\"/oauth2/sign_out\""));
}

TEST_CASE("a form of another session ends nothing") {
  LoginFixture f;
  const std::string url = "https://auth.example.com/oauth2/sessions";
  f.sign_in(kAppUrl);
  f.browser.forget("app.example.com");
  f.browser.forget("auth.example.com");
  f.sign_in(kAppUrl);
  const std::string page = f.get(url).body;
  const std::size_t at = page.find("name=\"session\" value=\"") + 22;
  const std::string token = page.substr(at, page.find('"', at) - at);
  f.browser.forget("app.example.com");
  f.browser.forget("auth.example.com");
  f.sign_in(kAppUrl);
  const auto request = f.browser.navigate(url, "POST", "same-origin");
  CHECK(f.serve(*request, "session=" + token).status == 403);
}
