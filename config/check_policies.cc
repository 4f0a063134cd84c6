// Rules between policies, and between policies and providers: no circles, organisations only of GitHub, where
// roles come from, and names that two providers may give.
#include <algorithm>
#include <string>
#include <vector>

#include "config/check.h"

namespace config {
namespace {

using Visit = void (*)(Rule& rule, const Policy& policy, Config& config, Findings& findings);

void for_each_rule(Config& config, Findings& findings, Visit visit) {
  for (Policy& policy : config.policies) {
    for (Rule& rule : policy.deny) visit(rule, policy, config, findings);
    for (Rule& rule : policy.allow) visit(rule, policy, config, findings);
  }
}

/// Follows what policies name, depth first, and reports each circle once, and what is nested too deep.
class CircleSearch {
 public:
  CircleSearch(const Config& config, Findings& findings)
      : config_(config), findings_(findings), depths_(config.policies.size(), 0) {}

  void look() {
    for (std::size_t i = 0; i < config_.policies.size(); ++i) depth_of(i);
  }

 private:
  static constexpr std::size_t kUnderWay = SIZE_MAX;

  /// How many policies stand in a row from this one on. Nested no deeper than kMaxPolicyDepth calls.
  std::size_t depth_of(std::size_t index) {
    if (depths_[index] != 0) return depths_[index];
    depths_[index] = kUnderWay;
    path_.push_back(index);
    std::size_t deepest = 0;
    for (const auto* rules : {&config_.policies[index].deny, &config_.policies[index].allow}) {
      for (const Rule& rule : *rules) {
        for (const std::size_t next : rule.policies.value_or(std::vector<std::size_t>())) {
          deepest = std::max(deepest, depth_below(rule, next));
        }
      }
    }
    path_.pop_back();
    return depths_[index] = deepest + 1;
  }

  std::size_t depth_below(const Rule& rule, std::size_t next) {
    if (depths_[next] == kUnderWay) {
      findings_.error(rule.at, "policies name one another in a circle: " + circle_from(next),
                      "take one of them out of the rules of another");
      return 0;
    }
    if (path_.size() < kMaxPolicyDepth && depth_of(next) + path_.size() <= kMaxPolicyDepth)
      return depths_[next];
    findings_.error(rule.at,
                    "policies." + config_.policies[path_.front()].name +
                        ": policies name policies more than " + std::to_string(kMaxPolicyDepth) + " deep",
                    "write the rules of the inner ones here");
    return 0;
  }

  [[nodiscard]] std::string circle_from(std::size_t index) const {
    std::string text;
    for (auto at = std::ranges::find(path_, index); at != path_.end(); ++at) {
      text += config_.policies[*at].name + " > ";
    }
    return text + config_.policies[index].name;
  }

  const Config& config_;
  Findings& findings_;
  std::vector<std::size_t> depths_;  ///< of each policy; 0: not known yet
  std::vector<std::size_t> path_;
};

/// Organisations are GitHub's, so that nobody else's groups of the same name can pass for them.
void settle_organisations(Rule& rule, const Policy& policy, Config& config, Findings& findings) {
  if (!rule.orgs && !rule.teams) return;
  const std::string name = "policies." + policy.name;
  if (rule.providers) {
    for (const Provider& provider : config.login.providers) {
      const bool is_named = std::ranges::find(*rule.providers, provider.name) != rule.providers->end();
      if (!is_named || provider.type == ProviderType::github) continue;
      findings.error(rule.at, name + ": org and team are of type: github, which " + provider.name + " is not",
                     "test its groups: group: …");
    }
    return;
  }
  rule.providers.emplace();
  for (const Provider& provider : config.login.providers) {
    if (provider.type == ProviderType::github) rule.providers->push_back(provider.name);
  }
  if (rule.providers->empty()) {
    findings.error(rule.at, name + ": org and team need a provider of type: github",
                   "add it under login.providers");
  }
}

ClaimPath roles_of(ProviderType type) {
  if (type == ProviderType::keycloak) return {"realm_access.roles", {"realm_access", "roles"}};
  return {"roles", {"roles"}};
}

/// A provider is asked for roles only if some rule wants to know them.
void settle_roles(Rule& rule, const Policy&, Config& config, Findings&) {
  if (!rule.roles) return;
  for (Provider& provider : config.login.providers) {
    if (!provider.claims.roles) provider.claims.roles = roles_of(provider.type);
  }
  for (Client& client : config.login.clients) {
    if (!client.issuer.claims.roles) client.issuer.claims.roles = roles_of(client.issuer.type);
  }
  for (CertificateClient& client : config.login.certificate_clients) {
    if (!client.issuer.claims.roles) client.issuer.claims.roles = roles_of(client.issuer.type);
  }
}

void warn_of_users(const Config& config, Findings& findings) {
  if (config.login.providers.size() < 2) return;
  for (const Policy& policy : config.policies) {
    for (const Rule& rule : policy.allow) {
      if (!rule.users || rule.providers || rule.clients) continue;
      findings.warn(rule.at,
                    "policies." + policy.name + ": user may be another person at each of the providers",
                    "name the provider in the rule, too");
    }
  }
}

bool asks_for_address(const Policy& policy) {
  const auto does = [](const Rule& rule) { return rule.networks.has_value(); };
  return std::ranges::any_of(policy.deny, does) || std::ranges::any_of(policy.allow, does);
}

}  // namespace

void warn_clients_of_asking_proxies(const Config& config, Findings& findings) {
  if (!config.login.auth_check || std::ranges::none_of(config.policies, asks_for_address)) return;
  for (const core::Network& asking : config.login.auth_check->from) {
    const bool is_trusted =
        std::ranges::any_of(config.listen.trusted_proxies,
                            [&asking](const core::Network& trusted) { return trusted.contains(asking); });
    if (is_trusted) continue;
    findings.warn(
        config.login.auth_check->at,
        "login.auth_check.from: nobody believes " + asking.text() +
            " who its clients are, so no rule of ip admits any of them, and each of deny denies them",
        "list it under listen.trusted_proxies, too, and let it send " + config.listen.client_ip_header);
  }
}

void settle_policies(Config& config, Findings& findings) {
  CircleSearch(config, findings).look();
  for_each_rule(config, findings, settle_organisations);
  for_each_rule(config, findings, settle_roles);
  warn_of_users(config, findings);
}

}  // namespace config
