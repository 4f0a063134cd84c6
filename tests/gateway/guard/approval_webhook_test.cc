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
    carol.provider = "corp";
    carol.email = "carol@example.com";
    carol.email_counts = true;
    webhook = make(policies);
  }
  std::unique_ptr<gateway::ApprovalWebhook> make(const std::vector<config::Policy>& of) {
    return std::make_unique<gateway::ApprovalWebhook>(
        gateway::ApprovalWebhookParts{loop, random, log, of, "https://auth.example.com/oauth2/approvals",
                                      [this](const config::Approval&) { return &receiver; }});
  }
  static std::string text_of(const gateway::Approval& approval) {
    const std::string body = gateway::webhook_body(gateway::ApprovalEvent::approved, approval, "", {});
    const auto read = core::Json::parse(body, core::Side::us);
    return std::string(read->string_at("text").value_or(""));
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
  CHECK(body->string_at("text") ==
        "carol@example.com, subject carol at corp, asks for access (policy guests): "
        "https://auth.example.com/oauth2/approvals");
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

TEST_CASE("what people chose is no mark-up of a chat, and an e-mail that nobody verified says so") {
  Fixture f;
  f.carol.email_counts = false;
  f.carol.decided_by = "<!channel>";
  CHECK(Fixture::text_of(f.carol) ==
        "carol@example.com (e-mail not verified), subject carol at corp: access approved by ＜！channel＞ "
        "(policy guests)");
  f.carol.email.clear();
  f.carol.name = "*[Click](https://evil.test)* `x` _y_ a|b & @everyone\n\xe2\x80\xae";
  const std::string text = Fixture::text_of(f.carol);
  for (const char c : std::string("<>&*_`|[]@\n/")) CHECK_FALSE(text.contains(c));
  CHECK_FALSE(text.contains("\xe2\x80\xae"));
  CHECK(text.starts_with("＊［Click］（https：／／evil.test）＊ ｀x｀ ＿y＿ a｜b ＆ ＠everyone"));
  CHECK_FALSE(text.contains("not verified"));
}

TEST_CASE("a reload hands on what waits for the webhook, to where it is now, and no message is told twice") {
  Fixture f;
  f.receiver.failures = 1;
  for (int i = 0; i < 3; ++i) f.webhook->tell(gateway::ApprovalEvent::requested, f.carol);
  std::vector<config::Policy> moved = f.policies;
  moved[0].approval->webhook = "https://chat.example.com/";
  auto after = f.make(moved);
  after->take_over(*f.webhook);
  CHECK(f.webhook->queued() == 1);
  f.pass(2s);
  CHECK(f.webhook->queued() == 0);
  CHECK(after->queued() == 0);
  REQUIRE(f.receiver.requests.size() == 4);
  CHECK(f.receiver.requests[1].url.text() == "https://chat.example.com/");
  CHECK(f.receiver.requests[2].url.text() == "https://chat.example.com/");
  CHECK(f.receiver.requests[3].url.text() == "https://hooks.example.com/x?y");
  CHECK(Fixture::field(f.receiver.requests[0], "webhook-id") ==
        Fixture::field(f.receiver.requests[3], "webhook-id"));
  CHECK(Fixture::field(f.receiver.requests[1], "webhook-id") !=
        Fixture::field(f.receiver.requests[2], "webhook-id"));
}

TEST_CASE("a reload leaves the message alone that is being sent, however many wait and were told before") {
  for (int told = 0; told < 9; ++told) {
    for (int waiting = 2; waiting < 9; ++waiting) {
      CAPTURE(told);
      CAPTURE(waiting);
      Fixture f;
      for (int i = 0; i < told; ++i) f.webhook->tell(gateway::ApprovalEvent::requested, f.carol);
      f.pass(1ms);
      REQUIRE(f.webhook->queued() == 0);
      f.receiver.requests.clear();
      f.receiver.failures = 1;
      for (int i = 0; i < waiting; ++i) f.webhook->tell(gateway::ApprovalEvent::requested, f.carol);
      f.pass(1ms);
      auto after = f.make(f.policies);
      after->take_over(*f.webhook);
      f.pass(2s);
      REQUIRE(f.receiver.requests.size() == static_cast<std::size_t>(waiting) + 1);
      const auto& first = f.receiver.requests.front();
      const auto& again = f.receiver.requests.back();
      CHECK_FALSE(first.body.empty());
      CHECK(again.body == first.body);
      CHECK(Fixture::field(again, "webhook-id") == Fixture::field(first, "webhook-id"));
    }
  }
}

TEST_CASE("what a webhook was not told is logged: at the end, and where a reload takes the webhook away") {
  Fixture f;
  f.receiver.is_silent = true;
  for (int i = 0; i < 3; ++i) f.webhook->tell(gateway::ApprovalEvent::requested, f.carol);
  const std::vector<config::Policy> none;
  auto after = f.make(none);
  after->take_over(*f.webhook);
  CHECK(f.sink.text.contains("taken away before it was told"));
  CHECK_FALSE(f.sink.text.contains("before the end"));
  f.webhook.reset();
  CHECK(f.sink.text.contains("an approval webhook was not told before the end"));
}
