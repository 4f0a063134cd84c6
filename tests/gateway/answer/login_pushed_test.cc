// What a sign-in asks the provider for, in the browser's hands or handed in first (RFC 9126).
#include "core/text/percent.h"
#include "gateway/oidc/pushed_response.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

const std::string kName = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";

core::FetchResponse pushed(int status, const std::string& body) {
  return response_of(status, "application/json", body);
}

struct Pushing {
  LoginFixture f;
  Pushing() {
    f.provider.discovery.set("pushed_authorization_request_endpoint", "https://corp.example.net/par");
    f.provider.instead["/par"] = pushed(201, R"({"request_uri":")" + kName + R"(","expires_in":60})");
    f.build();
  }
  /// What was handed in, as the URL that it would have been.
  std::string request() { return "https://corp.example.net/authorize?" + f.provider.last("/par").body; }
};

}  // namespace

TEST_CASE("a request that is handed in leaves its name alone in the browser, and signs in") {
  Pushing p;
  const std::string url = p.f.to_provider(kAppUrl);
  CHECK(url ==
        "https://corp.example.net/authorize?client_id=gateway&request_uri=" + core::percent_encode(kName));
  const std::string request = p.request();
  for (const char* name : {"state", "nonce", "code_challenge"})
    CHECK(parameter_of(request, name).size() == 43);
  CHECK(parameter_of(request, "redirect_uri") == kAuth + "/callback");
  CHECK(parameter_of(request, "client_id") == "gateway");
  const auto& fields = p.f.provider.last("/par").fields;
  CHECK(std::any_of(fields.begin(), fields.end(),
                    [](const auto& field) { return field.first == "Authorization"; }));
  p.f.follow(p.f.get(p.f.provider.consent(request)));
  CHECK(p.f.visit(kAppUrl).admitted);
}

TEST_CASE("a guard on login.host sends to where waiting is possible") {
  Pushing p;
  const gateway::Reply reply = p.f.visit("https://auth.example.com/x").answer;
  CHECK(field_of(reply, "Location").starts_with(kAuth + "/start?rd="));
  CHECK(p.f.provider.count("/par") == 0);
  CHECK(field_of(p.f.follow(reply), "Location").starts_with("https://corp.example.net/authorize?"));
  p.f.follow(p.f.get(p.f.provider.consent(p.request())));
  CHECK(p.f.visit("https://auth.example.com/x").admitted);
}

TEST_CASE("a request that cannot be handed in ends in a page, and sends nobody to the provider") {
  const std::string long_name(gateway::kMaxRequestUri + 1, 'x');
  const core::FetchResponse rows[] = {
      pushed(400, R"({"error":"invalid_request"})"),
      pushed(401, "{}"),
      pushed(500, "{}"),
      pushed(302, "{}"),
      pushed(201, "{}"),
      pushed(201, "[]"),
      pushed(201, R"({"request_uri":""})"),
      pushed(201, R"({"request_uri":7})"),
      pushed(201, R"({"request_uri":"a b"})"),
      pushed(201, R"({"request_uri":"a\r\nb"})"),
      pushed(201, R"({"request_uri":")" + long_name + "\"}"),
      response_of(201, "text/html", R"({"request_uri":"x"})"),
  };
  for (const core::FetchResponse& answer : rows) {
    CAPTURE(answer.status);
    CAPTURE(answer.body);
    Pushing p;
    p.f.provider.instead["/par"] = answer;
    const gateway::Reply reply = p.f.follow(p.f.visit(kAppUrl).answer);
    CHECK(field_of(reply, "Location").empty());
    CHECK(reply.status >= 400);
  }
}

TEST_CASE("K23: requests are handed in on the issuer's site alone") {
  LoginFixture f;
  f.provider.discovery.set("pushed_authorization_request_endpoint", "https://evil.example/par");
  f.build();
  CHECK(f.to_provider(kAppUrl).empty());
}

TEST_CASE("what a route asks for reaches the provider, also from a host that shares no cookie") {
  LoginFixture f;
  f.config.login.providers[0].prompt = "select_account";
  f.config.login.providers[0].acr_values = "silver";
  f.build();
  std::string url = f.to_provider(kAppUrl);
  CHECK(parameter_of(url, "prompt") == "select_account");
  CHECK(parameter_of(url, "acr_values") == "silver");
  f.config.routes[0].sign_in = {{"corp"}, "login", "gold platinum"};
  SUBCASE("by a hand-over") {}
  SUBCASE("by a shared domain") {
    f.config.login.session.cookie_domain = "example.com";
  }
  f.build();
  for (const std::string& page : {kAppUrl, std::string("https://auth.example.com/x")}) {
    CAPTURE(page);
    url = f.to_provider(page);
    CHECK(parameter_of(url, "prompt") == "login");
    CHECK(parameter_of(url, "acr_values") == "gold platinum");
    CHECK(parameter_of(url, "login_hint").empty());
  }
}

TEST_CASE("a route may name as many providers as it wants, whatever their names' length") {
  LoginFixture f;
  const auto many = [&f](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "a-provider-of-a-long-name-" + std::to_string(100 + i);
      f.config.login.providers.push_back(provider_named(name));
      f.config.routes[0].sign_in.providers.push_back(name);
    }
  };
  f.config.login.session.cookie_domain = "example.com";
  many(30);
  f.build();
  const gateway::Reply chooser = f.follow(f.visit(kAppUrl).answer);
  CHECK(chooser.status == 200);
  CHECK(chooser.body.find("provider=a-provider-of-a-long-name-129&amp;") != std::string::npos);
}

TEST_CASE("the query of start asks for account, context and prompt, in short lines of text alone") {
  LoginFixture f;
  const auto started = [&f](const std::string& query) {
    return field_of(f.get(kAuth + "/start?rd=%2F&" + query), "Location");
  };
  CHECK(parameter_of(started("login_hint=alice%40example.com&prompt=login"), "login_hint") ==
        "alice@example.com");
  CHECK(parameter_of(started("acr_values=a%20b"), "acr_values") == "a b");
  CHECK(started("login_hint=a&login_hint=b").empty());
  CHECK(started("login_hint=a%0Ab").empty());
  CHECK(started("acr_values=" + std::string(513, 'x')).empty());
  CHECK(started("prompt=a%00b").empty());
}
