// Opaque tokens before a whole guard: their issuer is asked, once, and what it says is kept for a while.
#include "core/text/form.h"
#include "gateway/oidc/introspection.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

/// A bed whose one policy admits alice and the machine ci, whose tokens may be opaque.
struct OpaqueFixture : LoginFixture {
  OpaqueFixture() {
    add_client("ci", "gateway-api");
    config.login.clients[0].introspection_cache = std::chrono::seconds(30);
    config.login.clients[0].issuer.client_id = "gateway";
    config.login.clients[0].issuer.client_secret.value = core::Secret("the-secret");
    config.policies[0].allow.emplace_back().clients = std::vector<std::string>{"ci"};
    machines.discovery.set("introspection_endpoint", machines.issuer() + "/introspect");
    says(true);
    build();
  }
  void says(bool active) {
    core::Json answer = core::Json::object({{"active", active}});
    if (active) {
      answer.set("sub", "robot");
      answer.set("aud", "gateway-api");
    }
    machines.instead["/introspect"] = json_response(answer);
  }
  gateway::Verdict bring(const std::string& token, const std::string& url = kAppUrl) {
    const auto request = browser.fetch(url);
    request->with("Authorization", "Bearer " + token);
    return judge(*request);
  }
  [[nodiscard]] std::size_t questions() const { return machines.count("/introspect"); }
};

}  // namespace

TEST_CASE("an opaque token is asked about once and counts for as long as the answer is kept") {
  OpaqueFixture f;
  const gateway::Verdict verdict = f.bring("opaque-1");
  REQUIRE(verdict.admitted);
  CHECK(verdict.took_authorization);
  CHECK(verdict.admitted->identity()->client == "ci");
  const core::FetchRequest& asked = f.machines.last("/introspect");
  CHECK(asked.method == "POST");
  CHECK(core::Form::parse(asked.body)->required("token").value() == "opaque-1");
  for (int i = 0; i < 5; ++i) CHECK(f.bring("opaque-1").admitted);
  CHECK(f.questions() == 1);
  f.says(false);
  f.clock.advance(std::chrono::seconds(29));
  CHECK(f.bring("opaque-1").admitted);
  f.clock.advance(std::chrono::seconds(1));
  CHECK(f.bring("opaque-1").answer.status == 401);
  CHECK(f.questions() == 2);
}

TEST_CASE("K09: a no is kept for a moment, and a cookie does not help") {
  OpaqueFixture f;
  f.sign_in(kAppUrl);
  f.says(false);
  CHECK(f.bring("opaque-1").answer.status == 401);
  CHECK(f.bring("opaque-1").answer.status == 401);
  CHECK(f.questions() == 1);
  f.says(true);
  f.clock.advance(gateway::kInactiveFor);
  CHECK(f.bring("opaque-1").admitted);
}

TEST_CASE("an issuer that cannot be asked, or answers nonsense, is 503, and nobody is let in") {
  OpaqueFixture f;
  const core::Result<core::FetchResponse> answers[] = {
      core::failure(core::ErrorKind::timed_out, core::Side::provider, "slow"),
      core::failure(core::ErrorKind::unverified, core::Side::origin, "its certificate has expired"),
      response_of(500, "text/plain", "oops"),
      response_of(401, "application/json", "{}"),
      response_of(200, "text/html", "<p>"),
      response_of(200, "application/json", "{"),
      response_of(200, "application/json", R"({"active":"yes"})"),
  };
  for (const auto& answer : answers) {
    f.machines.instead["/introspect"] = answer;
    const gateway::Verdict verdict = f.bring("opaque-1");
    CHECK_FALSE(verdict.admitted);
    CHECK(verdict.answer.status == 503);
  }
  f.says(true);
  CHECK(f.bring("opaque-1").admitted);  // nothing of that was kept
}

TEST_CASE("those who bring a token while its issuer is asked wait for that answer") {
  OpaqueFixture f;
  f.machines.held["/introspect"] = true;
  const auto request = f.browser.fetch(kAppUrl);
  request->with("Authorization", "Bearer opaque-1");
  std::vector<core::Flow<gateway::Verdict>> waiting;
  for (int i = 0; i < 4; ++i) {
    REQUIRE_FALSE(f.guard->admit_now(request->request()));
    waiting.push_back(f.guard->admit(request->request()));
    waiting.back().start();
  }
  CHECK(f.questions() == 1);
  waiting.erase(waiting.begin());  // the first of them goes away
  f.machines.release();
  f.turn();
  for (core::Flow<gateway::Verdict>& flow : waiting) {
    REQUIRE(flow.has_ended());
    CHECK(flow.result().value().admitted);
  }
  CHECK(f.questions() == 1);
}

TEST_CASE("K09: one client's tokens take a part of the room at the most") {
  OpaqueFixture f;
  f.machines.held["/introspect"] = true;
  std::vector<std::unique_ptr<OwnedRequest>> requests;
  std::vector<core::Flow<gateway::Verdict>> waiting;
  for (std::size_t i = 0; i < gateway::kMaxQuestionsOfClient; ++i) {
    requests.push_back(f.browser.fetch(kAppUrl));
    requests.back()->from("192.0.2.1").with("Authorization", "Bearer junk-" + std::to_string(i));
    waiting.push_back(f.guard->admit(requests.back()->request()));
    waiting.back().start();
  }
  const auto more = f.browser.fetch(kAppUrl);
  more->from("192.0.2.1").with("Authorization", "Bearer junk-more");
  CHECK(f.judge(*more).answer.status == 503);
  const auto other = f.browser.fetch(kAppUrl);
  other->from("192.0.2.2").with("Authorization", "Bearer opaque-1");
  core::Flow<gateway::Verdict> asking = f.guard->admit(other->request());
  asking.start();
  f.machines.release();
  f.turn();
  REQUIRE(asking.has_ended());
  CHECK(asking.result().value().admitted);
}

TEST_CASE("K09: whatever strangers bring puts no known machine out") {
  OpaqueFixture f;
  REQUIRE(f.bring("opaque-1").admitted);
  f.says(false);
  for (std::size_t i = 0; i < gateway::kStrangers + 8; ++i) f.bring("junk-" + std::to_string(i));
  const std::size_t asked = f.questions();
  CHECK(f.bring("opaque-1").admitted);
  CHECK(f.questions() == asked);
}

TEST_CASE("no more tokens are asked about at a time than there is room for") {
  OpaqueFixture f;
  f.machines.held["/introspect"] = true;
  std::vector<std::unique_ptr<OwnedRequest>> requests;
  std::vector<core::Flow<gateway::Verdict>> waiting;
  for (std::size_t i = 0; i < gateway::kMaxQuestions; ++i) {
    requests.push_back(f.browser.fetch(kAppUrl));
    requests.back()->from("192.0.2." + std::to_string(i / gateway::kMaxQuestionsOfClient));
    requests.back()->with("Authorization", "Bearer opaque-" + std::to_string(i));
    waiting.push_back(f.guard->admit(requests.back()->request()));
    waiting.back().start();
  }
  CHECK(f.bring("one-more").answer.status == 503);
  CHECK(f.questions() == gateway::kMaxQuestions);
  f.machines.release();
  f.turn();
  CHECK(f.bring("one-more").admitted);
}

TEST_CASE("M18: what one route learned of a token says nothing to a route that does not ask") {
  OpaqueFixture f;
  config::Policy people;
  people.name = "people";
  people.allow.emplace_back().authenticated = true;
  f.config.policies.push_back(people);
  f.build();
  REQUIRE(f.bring("opaque-1").admitted);
  const auto other =
      f.system->make_guard({config::AccessKind::policy, 1}, config::Unauthenticated::automatic, {});
  const auto request = f.browser.fetch(kAppUrl);
  request->with("Authorization", "Bearer opaque-1");
  const auto verdict = other->admit_now(request->request());
  REQUIRE(verdict);
  CHECK_FALSE(verdict->admitted);
  CHECK_FALSE(verdict->took_authorization);  // the app's own there
}

TEST_CASE("a JWT of the issuer is verified here, not asked about") {
  OpaqueFixture f;
  CHECK(f.bring(f.machine_token("gateway-api")).admitted);
  CHECK(f.bring(f.machine_token("other-api")).answer.status == 401);
  CHECK(f.questions() == 0);
}
