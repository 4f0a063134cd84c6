// What somebody may try who knows a part of a sign-in: a state that is nearly right, a clock that moved, a
// host that lost its route, the verdict of another policy.
#include "core/text/percent.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

std::string location(const gateway::Reply& reply) {
  return field_of(reply, "Location");
}

/// The configuration loses the routes of `host`.
void drop_route(LoginFixture& f, std::string_view host) {
  std::erase_if(f.config.routes, [host](const config::Route& route) { return route.host == host; });
  f.build();
}

}  // namespace

TEST_CASE("K01 K20: a state that only begins like the browser's own is refused") {
  LoginFixture f;
  const std::string good = f.provider.consent(f.to_provider(kAppUrl));
  const std::string state = parameter_of(good, "state");
  REQUIRE(state.size() == 43);
  for (const std::size_t kept : {0, 10, 11, 42}) {
    CAPTURE(kept);
    std::string other = state;
    for (std::size_t at = kept; at < other.size(); ++at) other[at] = other[at] == 'A' ? 'B' : 'A';
    std::string bad = good;
    bad.replace(bad.find(state), state.size(), other);
    CHECK(f.serve(*f.browser.navigate(bad)).status == 400);
  }
  CHECK(f.provider.count("/token") == 0);
  CHECK(f.get(good).status == 302);
}

TEST_CASE("K01: an attempt that began later than any clock of ours could say is refused") {
  LoginFixture f;
  const std::string callback = f.provider.consent(f.to_provider(kAppUrl));
  f.clock.advance(-601s);
  CHECK(f.get(callback).status == 400);
  CHECK(f.provider.count("/token") == 0);
}

TEST_CASE("K20: a hand-over ticket from more than half a minute ahead is refused") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const std::string ticket = location(f.get(location(f.visit(kWikiUrl).answer)));
  REQUIRE(ticket.find("/return?ticket=") != std::string::npos);
  SUBCASE("the clocks of two replicas") {
    f.clock.advance(-30s);
    CHECK(f.get(ticket).status == 303);
  }
  SUBCASE("a clock that was set back") {
    f.clock.advance(-31s);
    CHECK(f.get(ticket).status == 400);
  }
}

TEST_CASE("J04 J07: a ticket leads nowhere once its target has lost its route") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const std::string start = "https://wiki.example.org/oauth2/start?rd=" + core::percent_encode(kAppUrl);
  const std::string ticket = location(f.get(location(f.get(start))));
  REQUIRE(ticket.starts_with("https://wiki.example.org/oauth2/return?ticket="));
  SUBCASE("it has its route") {
    CHECK(location(f.get(ticket)) == kAppUrl);
  }
  SUBCASE("it lost it") {
    drop_route(f, "app.example.com");
    const gateway::Reply reply = f.get(ticket);
    CHECK(reply.status == 400);
    CHECK(location(reply).empty());
  }
}

TEST_CASE("J07: after a sign-out nobody is led to a host that lost its route") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  const gateway::Reply out = f.get(
      "https://app.example.com/oauth2/sign_out?rd=" + core::percent_encode("https://wiki.example.org/bye"),
      "same-origin");
  const std::string back = kAuth + "/signed_out?state=" + parameter_of(location(out), "state");
  CHECK(location(f.get(back)) == "https://wiki.example.org/bye");
  drop_route(f, "wiki.example.org");
  const gateway::Reply page = f.get(back);
  CHECK(page.status == 200);
  CHECK(location(page).empty());
}

TEST_CASE("J01: a program's page before is where a sign-in returns only if it is of the same origin") {
  struct Row {
    std::string referer;
    bool is_taken;
  };
  const Row rows[] = {{"https://app.example.com/list?page=2", true},
                      {"https://wiki.example.org/page", false},
                      {"https://app.example.com:8443/list", false},
                      {"https://evil.tld/page", false},
                      {"//evil.tld/page", false}};
  for (const Row& row : rows) {
    CAPTURE(row.referer);
    LoginFixture f;
    OwnedRequest request("GET", kAppUrl, f.clock.wall());
    request.with("Accept", "application/json").with("Sec-Fetch-Mode", "cors").with("Referer", row.referer);
    const gateway::Reply reply = std::move(f.guard->admit_now(request.request())->answer);
    CHECK(reply.status == 401);
    CHECK(reply.body.find("https://app.example.com/oauth2/start") != std::string::npos);
    CHECK((reply.body.find("rd=" + core::percent_encode(row.referer)) != std::string::npos) == row.is_taken);
    CHECK((reply.body.find("rd=") != std::string::npos) == row.is_taken);
  }
}

TEST_CASE("K01 K02: extra parameters of a provider's settings replace nothing that protects the sign-in") {
  LoginFixture f;
  for (const char* name : {"state", "nonce", "code_challenge", "code_challenge_method", "redirect_uri",
                           "response_type", "response_mode", "client_id", "scope", "request"}) {
    f.config.login.providers[0].extra.emplace_back(name, "planted");
  }
  f.config.login.providers[0].extra.emplace_back("audience", "api");
  f.build();
  const std::string url = f.to_provider(kAppUrl);
  CHECK(parameter_of(url, "audience") == "api");
  CHECK(url.find("planted") == std::string::npos);
  CHECK(f.sign_in(kAppUrl) == kAppUrl);
}

TEST_CASE("M04 M09: what one policy decided about a session says nothing under another") {
  LoginFixture f;
  config::Policy others;
  others.name = "others";
  others.allow.emplace_back().emails = std::vector<std::string>{"bob@example.com"};
  f.config.policies.push_back(others);
  f.build();
  f.sign_in(kAppUrl);
  config::Access access = f.config.routes[0].access;
  access.policy = 1;
  const std::unique_ptr<gateway::Guard> strict =
      f.system->make_guard(access, config::Unauthenticated::automatic, {});
  const auto request = f.browser.navigate(kAppUrl);
  for (int times = 0; times < 2; ++times) {
    CHECK(f.guard->admit_now(request->request())->admitted.has_value());
    const gateway::Verdict verdict = std::move(*strict->admit_now(request->request()));
    CHECK_FALSE(verdict.admitted.has_value());
    CHECK(verdict.answer.status == 403);
  }
}
