// What a webhook is told, signed, tried again, and bounded.
#include "gateway/guard/approval_webhook.h"

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

/// Answers at once, or never.
class Receiver final : public core::HttpClient {
 public:
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits) override {
    requests.push_back(std::move(request));
    if (is_silent) co_await never;
    core::FetchResponse response;
    response.status = failures-- > 0 ? 500 : 200;
    co_return response;
  }
  std::vector<core::FetchRequest> requests;
  int failures = 0;
  bool is_silent = false;
  core::OneShot<> never;
};

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(kNoon)};
  core::Loop loop{clock};
  KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  core::Random random;
  Receiver receiver;
  std::vector<config::Policy> policies{1};
  gateway::Approval carol;
  std::unique_ptr<gateway::ApprovalWebhook> webhook;

  Fixture() {
    policies[0].name = "guests";
    policies[0].approval.emplace().webhook = "https://hooks.example.com/x?y";
    policies[0].approval->webhook_key.value = core::Secret("the key of the webhook, thirty two");
    carol.policy = "guests";
    carol.issuer = "https://corp.example.net";
    carol.subject = "carol";
    carol.email = "carol@example.com";
    webhook = std::make_unique<gateway::ApprovalWebhook>(gateway::ApprovalWebhookParts{
        loop, random, log, policies, "https://auth.example.com/oauth2/approvals",
        [this](const config::Approval&) { return &receiver; }});
  }
  void pass(core::Duration time) {
    clock.advance(time);
    for (int i = 0; i < 4; ++i) loop.turn(false);
  }
  static std::string field(const core::FetchRequest& request, std::string_view name) {
    for (const auto& [each, value] : request.fields) {
      if (each == name) return value;
    }
    return {};
  }
};

}  // namespace

TEST_CASE("a webhook is sent what happened, signed over its id, moment and bytes") {
  Fixture f;
  f.webhook->tell(gateway::ApprovalEvent::requested, f.carol);
  REQUIRE(f.receiver.requests.size() == 1);
  const core::FetchRequest& sent = f.receiver.requests[0];
  CHECK(sent.method == "POST");
  CHECK(sent.url.text() == "https://hooks.example.com/x?y");
  const std::string id = Fixture::field(sent, "webhook-id");
  CHECK(Fixture::field(sent, "webhook-timestamp") == std::to_string(kNoon));
  CHECK(Fixture::field(sent, "webhook-signature") ==
        gateway::webhook_signature("the key of the webhook, thirty two", id, kNoon, sent.body));
  const auto body = core::Json::parse(sent.body, core::Side::us);
  REQUIRE(body);
  CHECK(body->string_at("type") == "approval.requested");
  CHECK(body->find("data")->string_at("subject") == "carol");
  CHECK(body->string_at("text")->contains("carol@example.com asks for access (policy guests)"));
}

TEST_CASE("the signature is HMAC-SHA-256 over id, moment and bytes, in base64") {
  const std::string key = "0123456789abcdef0123456789abcdef";
  CHECK(gateway::webhook_signature(key, "msg_a", 1'800'000'000, "{\"a\":1}") ==
        "v1,Ef1E62wy4PnJKOcInsMsgmkV+djsTOtWwvriw5wwrDA=");
}

TEST_CASE("what fails is tried four times under one id, then logged without the URL, and the next is sent") {
  Fixture f;
  f.receiver.failures = 4;
  f.webhook->tell(gateway::ApprovalEvent::requested, f.carol);
  f.webhook->tell(gateway::ApprovalEvent::approved, f.carol);
  CHECK(f.receiver.requests.size() == 1);
  for (const core::Duration pause : {2s, 10s, 60s}) f.pass(pause);
  CHECK(f.webhook->queued() == 0);
  REQUIRE(f.receiver.requests.size() == 5);
  const std::string id = Fixture::field(f.receiver.requests[0], "webhook-id");
  for (int i = 1; i < 4; ++i) CHECK(Fixture::field(f.receiver.requests[i], "webhook-id") == id);
  CHECK(Fixture::field(f.receiver.requests[4], "webhook-id") != id);
  CHECK(f.sink.text.contains("an approval webhook was not told"));
  CHECK_FALSE(f.sink.text.contains("hooks.example.com"));
}

TEST_CASE("a receiver that never answers fills no memory, and ends with its owner") {
  Fixture f;
  f.receiver.is_silent = true;
  for (std::size_t i = 0; i < 2 * gateway::ApprovalWebhook::kMaxQueued; ++i) {
    f.webhook->tell(gateway::ApprovalEvent::requested, f.carol);
  }
  CHECK(f.webhook->queued() == gateway::ApprovalWebhook::kMaxQueued);
  CHECK(f.receiver.requests.size() == 1);
  f.webhook.reset();
}
