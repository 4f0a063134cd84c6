// Tells a webhook of the operator's who asks for access and what was decided: a POST of JSON for each, in the
// background, one after the other. Signed as https://www.standardwebhooks.com says where there is a key. It
// decides nothing: what is lost (receiver down for longer than the tries, a full queue, the end of the
// process) is in the audit log all the same.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "config/types_policy.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "gateway/guard/approval_list.h"

namespace gateway {

/// All borrowed but the function; on one loop.
struct ApprovalWebhookParts {
  core::Loop& loop;
  core::Random& random;
  const core::Log& log;
  const std::vector<config::Policy>& policies;
  std::string page;  ///< URL of the page where administrators decide
  /// That reaches the webhook of a policy, with its roots; null: none.
  std::function<core::HttpClient*(const config::Approval&)> client;
};

class ApprovalWebhook {
 public:
  static constexpr std::size_t kMaxQueued = 256;
  static constexpr int kTries = 4;

  explicit ApprovalWebhook(ApprovalWebhookParts parts);
  /// What was not told by then is logged.
  ~ApprovalWebhook();
  ApprovalWebhook(const ApprovalWebhook&) = delete;
  ApprovalWebhook& operator=(const ApprovalWebhook&) = delete;

  /// From the webhook of the configuration before this one's: what waits there, but for the message that is
  /// being sent, which is sent to its end there. To where the policy's webhook is now.
  void take_over(ApprovalWebhook& before);
  /// Queues it; nothing to do where the policy has no webhook.
  void tell(ApprovalEvent event, const Approval& approval);
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }

 private:
  struct Message {
    const config::Approval* to;
    core::HttpClient* client;
    std::string policy;
    std::string id;
    std::string body;
  };
  [[nodiscard]] const config::Policy* told_of(std::string_view policy) const;
  void send_next();
  core::Flow<> send(const Message* message);
  core::Flow<> send_once(const Message* message);

  ApprovalWebhookParts parts_;
  std::list<Message> queue_;  // the first is being sent, by whom it is referred to meanwhile
  bool is_full_ = false;      // and that was logged
  core::RunningFlow<> sending_;
};

/// What is sent, but for the moment: {"type": "approval.requested", "text": …, "data": {…}}.
std::string webhook_body(ApprovalEvent event, const Approval& approval, std::string_view page,
                         core::WallTime now);
/// The value of webhook-signature for a message.
std::string webhook_signature(std::string_view key, std::string_view id, std::int64_t timestamp,
                              std::string_view body);

}  // namespace gateway
