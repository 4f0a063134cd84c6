#include "gateway/guard/approval_webhook.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

#include "core/crypto/digest.h"
#include "core/loop/wait.h"
#include "core/text/base64.h"
#include "core/text/json.h"
#include "core/text/utf8.h"
#include "gateway/guard/email.h"

namespace gateway {
namespace {

constexpr core::FetchLimits kLimits{.body_bytes = 64UL * 1024, .total = core::Duration(10'000)};
/// Before the second, third and fourth try.
constexpr std::array<core::Duration, ApprovalWebhook::kTries - 1> kPauses{
    core::Duration(2'000), core::Duration(10'000), core::Duration(60'000)};
constexpr std::size_t kIdBytes = 16;

std::string_view verb_of(ApprovalEvent event) {
  switch (event) {
    case ApprovalEvent::requested:
      return "requested";
    case ApprovalEvent::approved:
      return "approved";
    case ApprovalEvent::rejected:
      return "rejected";
    case ApprovalEvent::withdrawn:
      return "withdrawn";
  }
  return "requested";
}

/// Text that somebody has chosen, as chats may show it: whatever could be mark-up, a link or a call of
/// everybody ("@channel") to one of them is the wide form of itself (U+FF01 to U+FF5E), which reads the same.
std::string without_markup(std::string_view chosen) {
  const bool is_address = parse_email(chosen).has_value();
  std::string text;
  for (const char c : core::showable_text(chosen, kMaxApprovalText)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_punctuation = byte > ' ' && byte < 0x7f && std::isalnum(byte) == 0;
    if (!is_punctuation || c == '.' || c == '-' || c == '+' || c == '\'' || (c == '@' && is_address)) {
      text.push_back(c);
      continue;
    }
    const unsigned wide = 0xff00U + byte - 0x20U;
    text.push_back(static_cast<char>(0xe0U | (wide >> 12U)));
    text.push_back(static_cast<char>(0x80U | ((wide >> 6U) & 0x3fU)));
    text.push_back(static_cast<char>(0x80U | (wide & 0x3fU)));
  }
  return text;
}

/// For receivers that show a message to people, such as chats. With the subject: everything else of a person
/// may be what somebody has made up, an e-mail that nobody verified above all.
std::string sentence_of(ApprovalEvent event, const Approval& approval, std::string_view page) {
  std::string text = without_markup(shown_name(approval));
  if (!approval.email.empty() && !approval.email_counts) text.append(" (e-mail not verified)");
  text.append(", subject ").append(without_markup(approval.subject));
  text.append(" at ").append(approval.provider);
  if (event == ApprovalEvent::requested) {
    text.append(", asks for access (policy ").append(approval.policy).append("): ").append(page);
  } else {
    text.append(": access ").append(verb_of(event)).append(" by ");
    text.append(without_markup(approval.decided_by)).append(" (policy ").append(approval.policy).append(")");
  }
  return text;
}

core::Json moment(const std::optional<core::WallTime>& time) {
  if (!time) return {};
  std::string text;
  core::append_timestamp(text, *time);
  return text;
}

}  // namespace

std::string webhook_body(ApprovalEvent event, const Approval& approval, std::string_view page,
                         core::WallTime now) {
  core::Json told = core::Json::object();
  told.set("policy", approval.policy);
  told.set("provider", approval.provider);
  told.set("issuer", approval.issuer);
  told.set("subject", approval.subject);
  told.set("user", approval.user);
  told.set("email", approval.email);
  told.set("email_counts", approval.email_counts);
  told.set("name", approval.name);
  told.set("by", approval.decided_by);
  told.set("until", moment(event == ApprovalEvent::approved ? approval.until : std::nullopt));
  told.set("page", page);
  core::Json body = core::Json::object();
  body.set("type", std::string("approval.").append(verb_of(event)));
  body.set("timestamp", moment(now));
  body.set("text", sentence_of(event, approval, page));
  body.set("data", std::move(told));
  return body.text();
}

std::string webhook_signature(std::string_view key, std::string_view id, std::int64_t timestamp,
                              std::string_view body) {
  std::string signed_text(id);
  signed_text.append(".").append(std::to_string(timestamp)).append(".").append(body);
  const core::Sha256Digest digest = core::hmac_sha256(key, signed_text);
  return "v1," + core::base64_encode(core::view_of(digest), core::Base64::standard);
}

ApprovalWebhook::ApprovalWebhook(ApprovalWebhookParts parts) : parts_(std::move(parts)) {}

ApprovalWebhook::~ApprovalWebhook() {
  if (queue_.empty()) return;
  parts_.log.error("an approval webhook was not told before the end",
                   {{"policy", queue_.front().policy}, {"messages", std::to_string(queue_.size())}});
}

const config::Policy* ApprovalWebhook::told_of(std::string_view name) const {
  const auto policy = std::ranges::find(parts_.policies, name, &config::Policy::name);
  if (policy == parts_.policies.end() || !policy->approval || policy->approval->webhook.empty())
    return nullptr;
  return &*policy;
}

void ApprovalWebhook::take_over(ApprovalWebhook& before) {
  while (before.queue_.size() > 1) {
    const auto second = std::next(before.queue_.begin());
    Message message = std::move(*second);
    before.queue_.erase(second);
    const config::Policy* policy = told_of(message.policy);
    core::HttpClient* client = policy == nullptr ? nullptr : parts_.client(*policy->approval);
    if (client == nullptr) {
      parts_.log.warn("an approval webhook was taken away before it was told", {{"policy", message.policy}});
      continue;
    }
    message.to = &*policy->approval;
    message.client = client;
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) send_next();
  }
}

void ApprovalWebhook::tell(ApprovalEvent event, const Approval& approval) {
  const config::Policy* policy = told_of(approval.policy);
  if (policy == nullptr) return;
  core::HttpClient* client = parts_.client(*policy->approval);
  if (client == nullptr) return;
  if (queue_.size() >= kMaxQueued) {
    if (!std::exchange(is_full_, true))
      parts_.log.error("too much waits for an approval webhook; it is not told of more",
                       {{"policy", approval.policy}});
    return;
  }
  is_full_ = false;
  std::string id(kIdBytes, '\0');
  parts_.random.fill(id);
  queue_.push_back({&*policy->approval, client, policy->name, "msg_" + core::base64url_encode(id),
                    webhook_body(event, approval, parts_.page, parts_.loop.clock().wall())});
  if (queue_.size() == 1) send_next();
}

void ApprovalWebhook::send_next() {
  sending_.start(send(&queue_.front()), [this](const core::Result<core::Done>& outcome) {
    // Not its URL: with some receivers whoever knows that may write to them.
    if (!outcome)
      parts_.log.error("an approval webhook was not told",
                       {{"policy", queue_.front().policy}, {"error", outcome.error().text}});
    queue_.pop_front();
    if (!queue_.empty()) send_next();
  });
}

core::Flow<> ApprovalWebhook::send(const Message* message) {
  for (const core::Duration pause : kPauses) {
    const core::Result<core::Done> sent = co_await core::attempt(send_once(message));
    if (sent) co_return core::done();
    co_await core::sleep_for(parts_.loop, pause);
  }
  co_await send_once(message);
  co_return core::done();
}

core::Flow<> ApprovalWebhook::send_once(const Message* message) {
  core::FetchRequest request;
  request.method = "POST";
  request.url = co_await core::parse_url(message->to->webhook);
  request.body = message->body;
  const std::int64_t now = core::unix_seconds(parts_.loop.clock().wall());
  request.fields.emplace_back("Content-Type", "application/json");
  request.fields.emplace_back("webhook-id", message->id);
  request.fields.emplace_back("webhook-timestamp", std::to_string(now));
  if (const core::Secret& key = message->to->webhook_key.value; !key.empty()) {
    request.fields.emplace_back("webhook-signature",
                                webhook_signature(key.reveal(), message->id, now, message->body));
  }
  const core::FetchResponse response = co_await message->client->fetch(std::move(request), kLimits);
  if (response.status >= 200 && response.status < 300) co_return core::done();
  co_return core::failure(core::ErrorKind::refused, core::Side::us,
                          "the webhook answered " + std::to_string(response.status));
}

}  // namespace gateway
