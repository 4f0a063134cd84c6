#include "gateway/oidc/redeemed_ids.h"

namespace gateway {

bool RedeemedIds::redeem(std::string_view id, core::WallTime now, std::chrono::seconds lifetime) {
  const std::lock_guard lock(mutex_);
  while (!in_order_.empty() && (in_order_.front().until <= now || in_order_.size() >= capacity_)) {
    ids_.erase(in_order_.front().id);
    in_order_.pop_front();
  }
  if (!ids_.emplace(id).second) return false;
  in_order_.push_back({std::string(id), now + lifetime});
  return true;
}

}  // namespace gateway
