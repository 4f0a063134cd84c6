#include "gateway/run/kept_approvals.h"

#include <algorithm>
#include <utility>

#include "gateway/model/public_port.h"

namespace gateway {
namespace {

/// As administrators open it; the port is left out where the file leaves it to the listeners.
std::string page_of(const config::Config& config) {
  const std::uint16_t port = config.listen.public_port.value_or(443);
  std::string url = "https://" + config.login.host;
  if (port != 443) url.append(":").append(std::to_string(port));
  return url + config.login.prefix + "/approvals";
}

}  // namespace

core::Result<std::unique_ptr<KeptApprovals>> KeptApprovals::make(const KeptApprovalsParts& parts) {
  const std::vector<config::Policy>& policies = parts.config.policies;
  if (std::ranges::none_of(policies, [](const auto& policy) { return policy.approval.has_value(); }))
    return nullptr;
  std::unique_ptr<KeptApprovals> made(new KeptApprovals());
  for (const config::Policy& policy : policies) {
    if (!policy.approval || policy.approval->webhook.empty()) continue;
    core::Result<core::HttpClient*> client = parts.process.network.http_client(policy.approval->webhook_ca);
    if (!client) return core::failure(std::move(client.error()).during("policies." + policy.name));
    made->clients_[policy.approval->webhook_ca] = *client;
  }
  const auto client_of = [clients = &made->clients_](const config::Approval& approval) {
    const auto found = clients->find(approval.webhook_ca);
    return found == clients->end() ? nullptr : found->second;
  };
  const StorageParts& process = parts.process;
  made->webhook_ = std::make_unique<ApprovalWebhook>(ApprovalWebhookParts{
      process.loop, process.random, process.log, policies, page_of(parts.config), client_of});
  made->list_ = std::make_unique<ApprovalList>(
      ApprovalListParts{parts.storage, process.random, process.clock, process.log, policies,
                        [watch = &parts.policies](std::shared_ptr<const Approvals> approvals) {
                          watch->take_approvals(std::move(approvals));
                        },
                        [webhook = made->webhook_.get()](ApprovalEvent event, const Approval& approval) {
                          webhook->tell(event, approval);
                        }});
  return made;
}

void KeptApprovals::take_over(KeptApprovals& before) {
  list_->take_over(before.list());
  webhook_->take_over(*before.webhook_);
}

}  // namespace gateway
