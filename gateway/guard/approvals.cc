#include "gateway/guard/approvals.h"

#include <functional>

namespace gateway {

std::size_t Approvals::Hash::operator()(const Sought& person) const {
  constexpr std::size_t kOdd = 0x9e3779b97f4a7c15;
  const std::hash<std::string_view> hash;
  return (hash(person.subject) * kOdd + hash(person.issuer)) * kOdd + person.policy;
}

void Approvals::add(std::size_t policy, const Approval& approval) {
  states_[Person{policy, approval.issuer, approval.subject}] = approval.state;
}

std::optional<ApprovalState> Approvals::find(std::size_t policy, const Identity& identity) const {
  if (!identity.client.empty() || states_.empty()) return std::nullopt;
  const auto found = states_.find(Sought{policy, identity.issuer, identity.subject});
  if (found == states_.end()) return std::nullopt;
  return found->second;
}

}  // namespace gateway
