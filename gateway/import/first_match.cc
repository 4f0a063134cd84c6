#include "gateway/import/first_match.h"

#include <algorithm>

namespace gateway {
namespace {

/// The rule's people as rules of gateway.yaml.
std::vector<DraftRule> rules_of(const OrderedRule& rule, bool with_demand) {
  std::vector<DraftRule> rules = rule.fits;
  if (rules.empty()) rules.push_back({{"authenticated", {}}});
  if (!with_demand) return rules;
  for (DraftRule& one : rules) one.insert(one.end(), rule.demand.begin(), rule.demand.end());
  return rules;
}

void append(std::vector<DraftRule>& to, const std::vector<DraftRule>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// The name of a policy that says this, which may be one that is there.
std::string policy_of(std::vector<DraftRule> deny, std::vector<DraftRule> allow, std::string name,
                      Draft& draft) {
  for (const DraftPolicy& policy : draft.policies)
    if (policy.deny == deny && policy.allow == allow) return policy.name;
  const auto is_taken = [&draft](const std::string& text) {
    return std::ranges::any_of(draft.policies,
                               [&text](const DraftPolicy& policy) { return policy.name == text; });
  };
  std::string free = name;
  for (int number = 2; is_taken(free); ++number) free = name + "-" + std::to_string(number);
  draft.policies.push_back({free, std::move(deny), std::move(allow)});
  return free;
}

}  // namespace

DraftAccess access_by(const std::vector<OrderedRule>& rules, const std::string& name, Draft& draft) {
  std::vector<DraftRule> deny;
  std::vector<DraftRule> allow;
  bool has_admitted = false;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const OrderedRule& rule = rules[i];
    const bool fits_all = rule.fits.empty();
    if (!rule.admits) {
      // Before all that admit, it is a rule of deny; after some, it only narrows those that follow.
      if (!has_admitted) append(deny, rules_of(rule, false));
      if (fits_all) break;
      continue;
    }
    std::vector<DraftRule> but;
    for (std::size_t j = 0; j < i; ++j) {
      const bool came_first = !rules[j].admits || rules[j].level > rule.level;
      if (came_first) append(but, rules_of(rules[j], false));
    }
    if (but == deny) but.clear();
    has_admitted = true;
    if (but.empty())
      append(allow, rules_of(rule, true));
    else
      allow.push_back({{"policy", {policy_of(std::move(but), rules_of(rule, true), name + "-part", draft)}}});
    if (fits_all) break;
  }
  if (allow.empty()) return {};
  DraftAccess access;
  access.kind = DraftAccess::Kind::policy;
  access.policy = policy_of(std::move(deny), std::move(allow), name, draft);
  return access;
}

}  // namespace gateway
