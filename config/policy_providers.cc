#include "config/policy_providers.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace config {
namespace {

/// Whatever names there are.
struct Names {
  bool is_any = false;
  std::set<std::string> some;
};

Names both(const Names& one, const Names& other) {
  if (one.is_any) return other;
  if (other.is_any) return one;
  Names common;
  std::ranges::set_intersection(one.some, other.some, std::inserter(common.some, common.some.end()));
  return common;
}

void add(Names& to, const Names& more) {
  to.is_any = to.is_any || more.is_any;
  to.some.insert(more.some.begin(), more.some.end());
}

Names of_policy(const Config& config, std::size_t policy, std::size_t depth);

Names of_rule(const Config& config, const Rule& rule, std::size_t depth) {
  if (rule.clients) return {};  // of machines
  Names names{!rule.providers, {}};
  if (rule.providers) names.some.insert(rule.providers->begin(), rule.providers->end());
  if (!rule.policies) return names;
  Names nested;
  for (const std::size_t policy : *rule.policies) add(nested, of_policy(config, policy, depth + 1));
  return both(names, nested);
}

Names of_policy(const Config& config, std::size_t policy, std::size_t depth) {
  if (policy >= config.policies.size() || depth > kMaxPolicyDepth) return {true, {}};
  const Policy& rules = config.policies[policy];
  Names names{rules.approval.has_value(), {}};
  for (const Rule& rule : rules.allow) add(names, of_rule(config, rule, depth));
  return names;
}

}  // namespace

std::vector<std::string> providers_admitted(const Config& config, std::size_t policy) {
  const Names names = of_policy(config, policy, 0);
  std::vector<std::string> admitted;
  if (names.is_any) return admitted;
  for (const Provider& provider : config.login.providers) {
    if (names.some.contains(provider.name)) admitted.push_back(provider.name);
  }
  return admitted.size() == config.login.providers.size() ? std::vector<std::string>() : admitted;
}

}  // namespace config
