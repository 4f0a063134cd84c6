// Control's approvals, put together: the list in storage, and the webhooks that are told of it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "config/types.h"
#include "core/base/result.h"
#include "gateway/guard/approval_list.h"
#include "gateway/guard/approval_webhook.h"
#include "gateway/guard/policy_watch.h"
#include "gateway/run/open_storage.h"

namespace gateway {

/// All borrowed.
struct KeptApprovalsParts {
  const config::Config& config;
  StorageParts process;
  core::Storage& storage;  ///< the common one
  PolicyWatch& policies;
};

class KeptApprovals {
 public:
  /// Null where no policy has administrators. The error is one sentence with the mend.
  static core::Result<std::unique_ptr<KeptApprovals>> make(const KeptApprovalsParts& parts);
  [[nodiscard]] ApprovalList& list() { return *list_; }
  /// As ApprovalList and ApprovalWebhook.
  void take_over(KeptApprovals& before);
  /// Whether there is nothing that a webhook is still to be told.
  [[nodiscard]] bool is_idle() const { return webhook_->queued() == 0; }

 private:
  KeptApprovals() = default;

  std::map<std::string, core::HttpClient*> clients_;  // by the file of roots
  std::unique_ptr<ApprovalWebhook> webhook_;
  std::unique_ptr<ApprovalList> list_;
};

}  // namespace gateway
