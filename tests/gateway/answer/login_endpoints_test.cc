// What the endpoints and the guard answer to requests that are no ordinary navigation, and where they may
// send a browser.
#include <set>

#include "core/text/percent.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

std::string location(const gateway::Reply& reply) {
  return field_of(reply, "Location");
}

gateway::Reply guarded(LoginFixture& f, const OwnedRequest& request) {
  return std::move(f.guard->admit_now(request.request())->answer);
}

}  // namespace

TEST_CASE("J01 J02 J03 J06: rd= names a place of this file or nothing") {
  LoginFixture f;
  f.config.login.return_to = {"https://elsewhere.example:444"};
  f.build();
  f.sign_in(kAppUrl);
  const auto start = [&f](const std::string& rd) {
    return f.get("https://app.example.com/oauth2/start?rd=" + core::percent_encode(rd));
  };
  const std::pair<const char*, const char*> good[] = {
      {"/", "https://app.example.com/"},
      {"/a/b?c=d&e=%2F", "https://app.example.com/a/b?c=d&e=%2F"},
      {"https://wiki.example.org/page#part", "https://wiki.example.org/page"},
      {"https://x.apps.example.com/", "https://x.apps.example.com/"},
      {"https://auth.example.com/", "https://auth.example.com/"},
      {"https://elsewhere.example:444/x", "https://elsewhere.example:444/x"},
  };
  for (const auto& [rd, target] : good) {
    CAPTURE(rd);
    CHECK(location(start(rd)) == target);
  }
  const char* const bad[] = {"//evil.tld",
                             "/\\evil.tld",
                             "\\\\evil.tld",
                             "/\t/evil.tld",
                             "/\n/evil.tld",
                             "///evil.tld",
                             "https:evil.tld",
                             "https:///evil.tld",
                             "http://app.example.com/",
                             "http://app.example.com:443/",
                             "javascript:alert(1)",
                             "data:text/html,x",
                             "https://evil.tld/",
                             "https://badexample.com/",
                             "https://app.example.com.evil.tld/",
                             "https://app.example.com@evil.tld/",
                             "https://app.example.com:444/",
                             "https://app.example.com:443@evil.tld/",
                             "https://evil.tld#.example.com",
                             "https://evil.tld\\.example.com",
                             "https://a.b.apps.example.com/",
                             "https://apps.example.com/",
                             "https://elsewhere.example/",
                             "https://app.example.com\n/",
                             " https://app.example.com/",
                             "x",
                             "https://\xEF\xBD\x81pp.example.com/"};
  for (const char* rd : bad) {
    CAPTURE(rd);
    const gateway::Reply reply = start(rd);
    CHECK(reply.status == 400);
    CHECK(location(reply).empty());
    CHECK(reply.body.find("evil") == std::string::npos);
  }
}

TEST_CASE("a route for any host makes no other host a target") {
  LoginFixture f;
  f.sign_in("https://any.host.test/x");
  CHECK(location(f.get("https://any.host.test/oauth2/start?rd=https%3A%2F%2Fevil.tld%2F")).empty());
  CHECK(location(f.get("https://any.host.test/oauth2/start?rd=https%3A%2F%2Fany.host.test%2Fy")) ==
        "https://any.host.test/y");
}

TEST_CASE(
    "only a navigation starts a sign-in; a program gets 401 with the URL that does, everything else a page") {
  LoginFixture f;
  const auto with = [&f](const std::string& name, const std::string& value) {
    auto request = std::make_unique<OwnedRequest>("GET", kAppUrl, f.clock.wall());
    request->with("Accept", "text/html").with(name, value);
    return request;
  };
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"Sec-Fetch-Mode", "cors"},
                                                        {"Sec-Fetch-Mode", "no-cors"},
                                                        {"X-Requested-With", "XMLHttpRequest"},
                                                        {"Sec-Purpose", "prefetch"},
                                                        {"Upgrade", "websocket"}}) {
    CAPTURE(name);
    const auto request = with(name, value);
    const gateway::Reply reply = guarded(f, *request);
    CHECK(reply.status == 401);
    CHECK(reply.body.find("https://app.example.com/oauth2/start") != std::string::npos);
    CHECK(fields_of(reply, "Set-Cookie").empty());
  }
  const auto image = with("Sec-Fetch-Mode", "navigate");
  CHECK(guarded(f, *image).status == 302);
  const auto prefetch = with("Sec-Purpose", "prefetch");
  CHECK(f.serve(*prefetch).status != 302);
  OwnedRequest started("GET", "https://app.example.com/oauth2/start", f.clock.wall());
  started.as_navigation().with("Sec-Purpose", "prefetch;prerender");
  CHECK(f.serve(started).status == 401);
}

TEST_CASE("K08 K09: an Authorization field, whatever it holds, is no session") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const std::string cookie = f.browser.cookie("app.example.com", "__Host-gateway");
  REQUIRE_FALSE(cookie.empty());
  const std::string values[] = {"Bearer x",
                                "Bearer " + cookie,
                                "Basic YWxpY2U6cHc=",
                                "Cookie " + cookie,
                                "bearer",
                                "",
                                "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."};
  for (const std::string& value : values) {
    CAPTURE(value.substr(0, 40));
    OwnedRequest request("GET", kAppUrl, f.clock.wall());
    request.with("Authorization", value).with("Accept", "application/json");
    const std::optional<gateway::Verdict> verdict = f.guard->admit_now(request.request());
    REQUIRE(verdict.has_value());
    CHECK_FALSE(verdict->admitted.has_value());
    CHECK(verdict->answer.status == 401);
  }
}

TEST_CASE("L19: a form posted without a session gets a page that says so, 401, and no redirect") {
  LoginFixture f;
  const gateway::Reply reply = f.visit(kAppUrl, "POST").answer;
  CHECK(reply.status == 401);
  CHECK(location(reply).empty());
  CHECK(field_of(reply, "Content-Type").starts_with("text/html"));
  CHECK(reply.body.find("https://app.example.com/oauth2/start") != std::string::npos);
}

TEST_CASE(
    "unauthenticated: 401 never redirects, redirect does for GET and HEAD, and a socket always gets 401") {
  LoginFixture f;
  const config::Access access = f.config.routes[0].access;
  const auto status = [&](config::Unauthenticated mode, const char* method, const char* name,
                          const char* value) {
    const auto guard = f.system->make_guard(access, mode, {});
    OwnedRequest request(method, kAppUrl, f.clock.wall());
    request.with(name, value);
    return guard->admit_now(request.request())->answer.status;
  };
  using Mode = config::Unauthenticated;
  CHECK(status(Mode::refuse, "GET", "Accept", "text/html") == 401);
  CHECK(status(Mode::automatic, "GET", "Accept", "text/html") == 302);
  CHECK(status(Mode::automatic, "HEAD", "Accept", "text/html") == 401);
  CHECK(status(Mode::redirect, "HEAD", "Accept", "*/*") == 302);
  CHECK(status(Mode::redirect, "GET", "Accept", "*/*") == 302);
  CHECK(status(Mode::redirect, "POST", "Accept", "*/*") == 401);
  CHECK(status(Mode::redirect, "GET", "Upgrade", "websocket") == 401);
  CHECK(status(Mode::redirect, "GET", "Sec-Purpose", "prefetch") == 401);
}

TEST_CASE("a person whom the policy does not admit gets the denied page, and a changed list acts at once") {
  LoginFixture f;
  f.provider.claims.set("email", "bob@example.com");
  f.sign_in(kAppUrl);
  const gateway::Verdict verdict = f.visit(kAppUrl);
  CHECK_FALSE(verdict.admitted.has_value());
  CHECK(verdict.answer.status == 403);
  CHECK(verdict.answer.body.find("bob@example.com") != std::string::npos);
  CHECK(verdict.answer.reason == "policy staff");
  f.config.policies[0].allow[0].emails->push_back("bob@example.com");
  f.build();
  CHECK(f.visit(kAppUrl).admitted.has_value());
}

TEST_CASE("M01: access that was never set, or names no policy, admits nobody") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  for (const config::Access& access : {config::Access{}, config::Access{config::AccessKind::policy, 99},
                                       config::Access{config::AccessKind::deny, 0}}) {
    const auto guard = f.system->make_guard(access, config::Unauthenticated::automatic, {});
    const auto request = f.browser.navigate(kAppUrl);
    CHECK_FALSE(guard->admit_now(request->request())->admitted.has_value());
  }
}

TEST_CASE("userinfo names the person and nothing secret; without a session it is 401") {
  LoginFixture f;
  CHECK(f.serve(*f.browser.fetch("https://app.example.com/oauth2/userinfo")).status == 401);
  f.sign_in(kAppUrl);
  const gateway::Reply reply = f.serve(*f.browser.fetch("https://app.example.com/oauth2/userinfo"));
  CHECK(reply.status == 200);
  CHECK(reply.body ==
        "{\"user\":\"alice\",\"email\":\"alice@example.com\",\"groups\":[],\"preferredUsername\":null}\n");
  CHECK(field_of(reply, "Cache-Control") == "no-store");
}

TEST_CASE("unknown endpoints are 404 and unknown methods 405") {
  LoginFixture f;
  for (const char* path : {"", "/", "/x", "/auth", "/callback/", "/Start"}) {
    CHECK(f.serve(*f.browser.navigate("https://app.example.com/oauth2" + std::string(path))).status == 404);
  }
  struct Row {
    const char* path;
    const char* method;
    const char* allowed;
  };
  const Row rows[] = {{"/start", "POST", "GET"},         {"/return", "POST", "GET"},
                      {"/userinfo", "POST", "GET"},      {"/signed_out", "POST", "GET"},
                      {"/callback", "PUT", "GET, POST"}, {"/sign_out", "PUT", "GET, POST"}};
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const gateway::Reply reply = f.serve(*f.browser.navigate(kAuth + row.path, row.method));
    CHECK(reply.status == 405);
    CHECK(field_of(reply, "Allow") == row.allowed);
  }
}

TEST_CASE("K28: no parameter reaches a page as markup") {
  LoginFixture f;
  const std::string attack = core::percent_encode("\"><script>alert(1)</script>{{7*7}}javascript:alert(1)");
  for (const std::string& url :
       std::vector<std::string>{kAuth + "/callback?state=" + attack, kAuth + "/callback?error=" + attack,
                                kAuth + "/start?rd=" + attack, kAuth + "/start?provider=" + attack,
                                kAuth + "/start?request=" + attack, kAuth + "/return?ticket=" + attack,
                                kAuth + "/sign_out?rd=" + attack, kAuth + "/signed_out?state=" + attack}) {
    CAPTURE(url);
    const gateway::Reply reply = f.serve(*f.browser.navigate(url));
    CHECK(reply.body.find("<script") == std::string::npos);
    CHECK(reply.body.find("alert(1)") == std::string::npos);
    CHECK(field_of(reply, "Content-Security-Policy").find("default-src 'none'") != std::string::npos);
    CHECK(field_of(reply, "X-Content-Type-Options") == "nosniff");
  }
}

TEST_CASE("a route's own provider is asked for, and a session of another one is not taken for it at start") {
  LoginFixture f;
  f.config.login.providers.push_back(provider_named("other"));
  f.config.routes[0].sign_in.providers = {"other"};
  f.build();
  const std::string to = f.to_provider(kAppUrl);
  CHECK(to.starts_with("https://other.example.net/authorize?"));
}

TEST_CASE("people choose among the providers that a route names, or that its policy admits") {
  LoginFixture f;
  f.config.login.providers.push_back(provider_named("other"));
  f.config.login.providers.push_back(provider_named("third"));
  const auto offered = [&f](const std::string& url) {
    f.build();
    std::set<std::string> names;
    const gateway::Reply page = f.follow(f.visit(url).answer);
    for (const std::string name : {"corp", "other", "third"}) {
      if (page.body.find("provider=" + name + "&amp;") != std::string::npos) names.insert(name);
    }
    return names;
  };
  using Names = std::set<std::string>;
  CHECK(offered(kAppUrl) == Names{"corp", "other", "third"});
  SUBCASE("the route") {
    f.config.routes[0].sign_in.providers = {"other", "corp"};
    CHECK(offered(kAppUrl) == Names{"corp", "other"});
  }
  SUBCASE("the policy, one of which is no choice") {
    config::Policy& policy = f.config.policies[f.config.routes[0].access.policy];
    policy.allow.front().providers = {"third", "other"};
    CHECK(offered(kAppUrl) == Names{"other", "third"});
    policy.allow.front().providers = {"other"};
    f.build();
    CHECK(f.to_provider(kAppUrl).starts_with("https://other.example.net/authorize?"));
  }
}
