#include "gateway/guard/policies.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gateway {
namespace {

template <typename PolicyList, typename Visit>
void for_each_rule(PolicyList& policies, Visit visit) {
  for (auto& policy : policies) {
    for (auto& rule : policy.deny) visit(rule);
    for (auto& rule : policy.allow) visit(rule);
  }
}

bool asks_request(const std::vector<config::Policy>& policies, std::size_t index, std::size_t depth = 1) {
  // Deeper than config lets policies stand: judge() cannot decide either, so nothing may be kept.
  if (index >= policies.size() || depth > config::kMaxPolicyDepth) return true;
  const auto does = [&](const config::Rule& rule) {
    if (rule.networks || rule.methods) return true;
    return rule.policies && std::ranges::any_of(*rule.policies, [&](std::size_t inner) {
             return asks_request(policies, inner, depth + 1);
           });
  };
  return std::ranges::any_of(policies[index].deny, does) || std::ranges::any_of(policies[index].allow, does);
}

void add_clients(const std::vector<config::Policy>& policies, std::size_t index, std::size_t depth,
                 std::set<std::string>& clients) {
  if (index >= policies.size() || depth > config::kMaxPolicyDepth) return;
  for (const config::Rule& rule : policies[index].allow) {
    if (rule.clients) clients.insert(rule.clients->begin(), rule.clients->end());
    if (!rule.policies) continue;
    for (const std::size_t inner : *rule.policies) add_clients(policies, inner, depth + 1, clients);
  }
}

}  // namespace

Policies::Policies(std::vector<config::Policy> policies) : policies_(std::move(policies)) {
  for (std::size_t i = 0; i < policies_.size(); ++i) by_request_.push_back(asks_request(policies_, i));
}

bool Policies::depends_on_request(std::size_t index) const {
  return index >= by_request_.size() || by_request_[index];
}

std::optional<std::size_t> Policies::index_of(std::string_view name) const {
  const auto found = std::ranges::find(policies_, name, &config::Policy::name);
  if (found == policies_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - policies_.begin());
}

const config::Policy& Policies::at(std::size_t index) const {
  return index < policies_.size() ? policies_[index] : nobody_;
}

std::set<std::string> Policies::clients_of(std::size_t index) const {
  std::set<std::string> clients;
  add_clients(policies_, index, 1, clients);
  return clients;
}

std::vector<Policies::List> Policies::lists() const {
  std::set<List> lists;
  for_each_rule(policies_, [&lists](const config::Rule& rule) {
    if (!rule.email_file.empty()) lists.insert({config::ListKind::emails, rule.email_file});
    if (!rule.group_file.empty()) lists.insert({config::ListKind::groups, rule.group_file});
  });
  return {lists.begin(), lists.end()};
}

std::shared_ptr<const Policies> Policies::with_list(const List& list,
                                                    const std::vector<std::string>& entries) const {
  std::vector<config::Policy> next = policies_;
  bool is_changed = false;
  const bool is_of_groups = list.kind == config::ListKind::groups;
  for_each_rule(next, [&](config::Rule& rule) {
    auto& held = is_of_groups ? rule.groups : rule.emails;
    if ((is_of_groups ? rule.group_file : rule.email_file) != list.path || held == entries) return;
    held = entries;
    is_changed = true;
  });
  if (!is_changed) return nullptr;
  auto changed = std::make_shared<Policies>(std::move(next));
  changed->approvals_ = approvals_;
  return changed;
}

std::shared_ptr<const Policies> Policies::with_approvals(std::shared_ptr<const Approvals> approvals) const {
  auto next = std::make_shared<Policies>(*this);
  next->approvals_ = std::move(approvals);
  return next;
}

}  // namespace gateway
