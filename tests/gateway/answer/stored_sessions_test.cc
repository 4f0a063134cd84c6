// Sessions in a store: one record for all hosts, checked again with the provider, ended when it says so, and
// never a silent admission while the store or the provider cannot be asked.
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

struct Fixture : LoginFixture {
  Fixture() {
    config.login.session.store = config::SessionStoreKind::memory;
    config.login.session.refresh = 10min;
    provider.gives_refresh_tokens = true;
    build();
  }
  void sign_in_twice() {
    sign_in(kAppUrl);
    follow(visit(kWikiUrl).answer);
    REQUIRE(is_in(kAppUrl));
    REQUIRE(is_in(kWikiUrl));
  }
  bool is_in(const std::string& url) {
    const auto request = browser.navigate(url);
    return judge(*request).admitted.has_value();
  }
  int status(const std::string& url) {
    const auto request = browser.navigate(url);
    const gateway::Verdict verdict = judge(*request);
    return verdict.admitted ? 200 : verdict.answer.status;
  }
  std::vector<std::string> groups(const std::string& url) {
    const auto request = browser.navigate(url);
    const gateway::Verdict verdict = judge(*request);
    return verdict.admitted ? verdict.admitted->identity()->groups : std::vector<std::string>{"nobody"};
  }
  void refuse_tokens(int code, const char* error) {
    core::Json body = core::Json::object();
    body.set("error", error);
    provider.instead.insert_or_assign("/token", json_response(body, code));
  }
  std::size_t refreshes() const { return provider.count("/token") - 1; }
};

}  // namespace

TEST_CASE("a session in a store has its claims on every host, and its cookies have none") {
  Fixture f;
  f.provider.claims.set("groups", core::Json::array({core::Json(std::string(6000, 'g'))}));
  f.sign_in_twice();
  CHECK(f.groups(kAppUrl) == f.groups(kWikiUrl));
  CHECK(f.groups(kAppUrl).front().size() == 6000);
  for (const char* host : {"app.example.com", "wiki.example.org", "auth.example.com"}) {
    CHECK(f.browser.cookie(host, "__Host-gateway").size() < 700);
  }
  CHECK(f.refreshes() == 0);
  const gateway::Reply me = f.get("https://app.example.com/oauth2/userinfo");
  CHECK(me.body.find("ggggg") != std::string::npos);
}

TEST_CASE("K27: claims are checked again once in refresh, for all hosts and workers with one refresh") {
  Fixture f;
  f.sign_in_twice();
  f.clock.advance(9min + 59s);
  CHECK(f.is_in(kAppUrl));
  CHECK(f.refreshes() == 0);
  f.provider.claims.set("groups", core::Json::array({core::Json("new")}));
  f.clock.advance(1s);
  CHECK(f.groups(kAppUrl) == std::vector<std::string>{"new"});
  CHECK(f.groups(kWikiUrl) == std::vector<std::string>{"new"});
  CHECK(f.refreshes() == 1);
  // Its refresh token was used up: the new one is what is kept.
  f.clock.advance(10min);
  CHECK(f.is_in(kAppUrl));
  CHECK(f.refreshes() == 2);
}

TEST_CASE("K27: new tokens are kept although nobody could be asked about the person with them") {
  Fixture f;
  f.sign_in_twice();
  const auto without_id_token = [](core::Json& response) {
    core::Json less = core::Json::object({{"token_type", "Bearer"}});
    for (const char* name : {"access_token", "refresh_token"})
      less.set(name, std::string(response.string_at(name).value()));
    response = less;
  };
  f.provider.edit_token_response = without_id_token;
  f.provider.instead.insert_or_assign("/userinfo", response_of(503, "text/plain", "down"));
  f.clock.advance(10min);
  CHECK(f.is_in(kAppUrl));
  CHECK(f.refreshes() == 1);
  f.provider.instead.clear();
  f.provider.userinfo = f.provider.claims;
  f.provider.userinfo.set("groups", core::Json::array({core::Json("new")}));
  f.clock.advance(gateway::kProviderPause);
  CHECK(f.groups(kAppUrl) == std::vector<std::string>{"new"});
  CHECK(f.refreshes() == 2);
}

TEST_CASE("K27: a person whom the policy does not admit any more is out after the next refresh") {
  Fixture f;
  f.sign_in_twice();
  f.provider.claims.set("email", "moved@example.com");
  f.clock.advance(10min);
  CHECK(f.status(kAppUrl) == 403);
  CHECK(f.status(kWikiUrl) == 403);
}

TEST_CASE("K27: invalid_grant ends the session on every host, for good") {
  Fixture f;
  f.sign_in_twice();
  f.refuse_tokens(400, "invalid_grant");
  f.clock.advance(10min);
  CHECK_FALSE(f.is_in(kAppUrl));
  CHECK_FALSE(f.is_in(kWikiUrl));
  f.provider.instead.clear();
  CHECK_FALSE(f.is_in(kAppUrl));
  f.build();
  CHECK_FALSE(f.is_in(kAppUrl));
}

TEST_CASE("K09: a refreshed ID token about another person or of another issuer ends the session") {
  Fixture f;
  f.sign_in_twice();
  SUBCASE("subject") {
    f.provider.edit_id_token = [](core::Json& token) { token.set("sub", "mallory"); };
    f.provider.userinfo.set("sub", "mallory");
  }
  SUBCASE("issuer") {
    f.provider.edit_id_token = [](core::Json& token) { token.set("iss", "https://evil.example.net"); };
  }
  SUBCASE("audience") {
    f.provider.edit_id_token = [](core::Json& token) { token.set("aud", "other"); };
  }
  f.clock.advance(10min);
  CHECK_FALSE(f.is_in(kAppUrl));
  f.provider.edit_id_token = [](core::Json&) {};
  CHECK_FALSE(f.is_in(kWikiUrl));
}

TEST_CASE("K27: a provider that is down keeps sessions until refresh has passed three times, then 503") {
  Fixture f;
  f.sign_in_twice();
  const std::pair<int, const char*> troubles[] = {
      {500, "x"}, {401, "invalid_client"}, {400, "invalid_request"}};
  for (const auto& [status, error] : troubles) {
    f.refuse_tokens(status, error);
    f.clock.advance(10min - 11s);
    CHECK(f.is_in(kAppUrl));
    f.clock.advance(11s);
    CHECK(f.is_in(kAppUrl));
    f.provider.instead.clear();
    f.clock.advance(11s);
    CHECK(f.is_in(kAppUrl));
  }
  f.refuse_tokens(500, "x");
  f.clock.advance(30min - 1s);
  CHECK(f.is_in(kAppUrl));
  f.clock.advance(11s);
  CHECK(f.status(kAppUrl) == 503);
  CHECK(f.status(kWikiUrl) == 503);
  f.provider.instead.clear();
  f.clock.advance(11s);
  CHECK(f.is_in(kAppUrl));
}

TEST_CASE("a provider that is down is asked once in ten seconds, whatever comes") {
  Fixture f;
  f.sign_in_twice();
  f.refuse_tokens(500, "x");
  f.clock.advance(15min);
  for (int i = 0; i < 20; ++i) CHECK(f.is_in(i % 2 == 0 ? kAppUrl : kWikiUrl));
  CHECK(f.refreshes() == 1);
}

TEST_CASE("while one request waits for the check, others go on with old claims for at most 30 s") {
  Fixture f;
  f.sign_in_twice();
  f.clock.advance(10min);
  f.provider.held["/token"] = true;
  const auto request = f.browser.navigate(kAppUrl);
  REQUIRE_FALSE(f.guard->admit_now(request->request()).has_value());
  core::Flow<gateway::Verdict> first = f.guard->admit(request->request());
  first.start();
  f.turn();
  CHECK_FALSE(first.has_ended());
  const auto second = f.browser.navigate(kAppUrl);
  const auto at_once = f.guard->admit_now(second->request());
  REQUIRE(at_once.has_value());
  CHECK(at_once->admitted.has_value());
  f.clock.advance(30s);
  const auto third = f.browser.navigate(kAppUrl);
  CHECK_FALSE(f.guard->admit_now(third->request()).has_value());
  f.provider.release();
  f.turn();
  REQUIRE(first.has_ended());
  CHECK(first.result()->admitted.has_value());
  CHECK(f.refreshes() == 1);
}

TEST_CASE("K27: of requests that come while an overdue session is checked, all wait for that one refresh") {
  Fixture f;
  f.sign_in_twice();
  f.clock.advance(11min);
  f.provider.claims.set("groups", core::Json::array({core::Json("new")}));
  f.provider.held["/token"] = true;
  const auto app = f.browser.navigate(kAppUrl);
  const auto wiki = f.browser.navigate(kWikiUrl);
  core::Flow<gateway::Verdict> first = f.guard->admit(app->request());
  first.start();
  f.turn();
  core::Flow<gateway::Verdict> second = f.guard->admit(wiki->request());
  second.start();
  f.turn();
  CHECK_FALSE(second.has_ended());
  f.provider.release();
  f.turn();
  for (int i = 0; i < 3; ++i) {
    f.clock.advance(gateway::kRefreshLook);
    f.turn();
  }
  for (core::Flow<gateway::Verdict>* flow : {&first, &second}) {
    REQUIRE(flow->has_ended());
    REQUIRE(flow->result()->admitted.has_value());
    CHECK(flow->result()->admitted->identity()->groups == std::vector<std::string>{"new"});
  }
  CHECK(f.refreshes() == 1);
}

TEST_CASE("M01: while the store is down those who are known go on, and nobody else is let in or thrown out") {
  Fixture f;
  f.sign_in_twice();
  f.session_storage.is_down = true;
  CHECK(f.is_in(kAppUrl));
  f.session_storage.is_down = false;
  f.build();  // a worker that knows nobody
  f.session_storage.is_down = true;
  CHECK(f.status(kAppUrl) == 503);
  CHECK(f.get("https://app.example.com/oauth2/userinfo").status == 503);
  f.session_storage.is_down = false;
  f.clock.advance(11s);
  CHECK(f.is_in(kAppUrl));
}

TEST_CASE("a sign-in that the store cannot keep is none") {
  Fixture f;
  f.session_storage.is_full = true;
  CHECK(f.get(f.provider.consent(f.to_provider(kAppUrl))).status == 503);
  CHECK(f.browser.cookie("auth.example.com", "__Host-gateway").empty());
}

TEST_CASE("a session that the store has lost is over everywhere, and the next sign-in stands") {
  Fixture f;
  f.sign_in_twice();
  core::Flow<std::vector<std::string>> listing = f.session_storage.list("sessions/");
  listing.start();
  const std::vector<std::string> listed = listing.result().value();
  REQUIRE(listed.size() == 1);
  core::Flow<> removing = f.session_storage.remove(listed.front());
  removing.start();
  f.build();
  CHECK_FALSE(f.is_in(kAppUrl));
  CHECK_FALSE(f.is_in(kWikiUrl));
  f.sign_in(kAppUrl);
  CHECK(f.is_in(kAppUrl));
}

TEST_CASE("signing out gives the provider the ID token as a hint, and takes the session from the store") {
  Fixture f;
  f.sign_in_twice();
  OwnedRequest request("POST", "https://app.example.com/oauth2/sign_out", f.clock.wall());
  request.with("Sec-Fetch-Site", "same-origin").with("Sec-Fetch-Mode", "navigate");
  request.with("Cookie", "__Host-gateway=" + f.browser.cookie("app.example.com", "__Host-gateway"));
  const gateway::Reply reply = f.serve(request);
  const std::string next = field_of(reply, "Location");
  CHECK(next.starts_with("https://corp.example.net/logout?"));
  CHECK(parameter_of(next, "client_id") == "gateway");
  CHECK(parameter_of(next, "id_token_hint").starts_with("ey"));
  CHECK_FALSE(f.is_in(kWikiUrl));
  core::Flow<std::vector<std::string>> listing = f.session_storage.list("sessions/");
  listing.start();
  CHECK(listing.result()->empty());
}

TEST_CASE("a provider without refresh tokens: claims stay as they are, and nobody is thrown out for it") {
  Fixture f;
  f.provider.gives_refresh_tokens = false;
  f.sign_in_twice();
  f.clock.advance(1h);
  CHECK(f.is_in(kAppUrl));
  CHECK(f.refreshes() == 0);
  CHECK(f.sink.text.find("gave no refresh token") != std::string::npos);
}

TEST_CASE("R01: no token is in any cookie, page or log line") {
  Fixture f;
  f.sign_in_twice();
  f.clock.advance(10min);
  f.is_in(kAppUrl);
  f.refuse_tokens(400, "invalid_grant");
  f.clock.advance(10min);
  f.is_in(kAppUrl);
  CHECK(f.sink.text.find("planted") == std::string::npos);
  CHECK(f.sink.text.find("eyJ") == std::string::npos);
}

TEST_CASE("a token leaves the store only where a route forwards it, and a refreshed one takes its place") {
  Fixture f;
  const auto tokens = [&f] {
    const auto request = f.browser.navigate(kAppUrl);
    const gateway::Verdict verdict = f.judge(*request);
    REQUIRE(verdict.admitted.has_value());
    const gateway::ForwardedTokens* found = verdict.admitted->tokens();
    return found == nullptr ? std::string("none")
                            : std::string(found->access.reveal()) + "|" + std::string(found->id.reveal());
  };
  SUBCASE("nowhere") {
    f.sign_in(kAppUrl);
    CHECK(tokens() == "none");
  }
  SUBCASE("the access token") {
    f.config.routes[0].forward_token = config::ForwardToken::access;
    f.build();
    f.sign_in(kAppUrl);
    CHECK(tokens() == "Bearer planted-access-token|");
  }
  SUBCASE("the ID token") {
    f.config.routes[0].forward_token = config::ForwardToken::id;
    f.build();
    f.sign_in(kAppUrl);
    const std::string first = tokens();
    CHECK(first.starts_with("|Bearer ey"));
    CHECK(tokens() == first);
    f.clock.advance(11min);
    const std::string second = tokens();
    CHECK(second.starts_with("|Bearer ey"));
    CHECK(second != first);
  }
}
