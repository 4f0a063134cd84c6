// Rules between machines, providers and policies: whom a rule names, what no machine has, and tokens that
// would pass for a machine's.
#include <algorithm>
#include <string>
#include <vector>

#include "config/check.h"
#include "config/issuer.h"
#include "config/suggest.h"

namespace config {
namespace {

void check_client_name(const Config& config, const std::string& name, Position at, Findings& findings) {
  if (std::ranges::find(config.login.clients, name, &Client::name) != config.login.clients.end()) return;
  std::vector<std::string> names;
  names.reserve(config.login.clients.size());
  for (const Client& client : config.login.clients) names.push_back(client.name);
  const std::string nearest = nearest_name(name, names);
  findings.error(at, "there is no client \"" + name + "\"",
                 nearest.empty() ? "add it under login.clients" : "did you mean \"" + nearest + "\"?");
}

void check_rule(const Config& config, const Rule& rule, const Policy& policy, Findings& findings) {
  if (!rule.clients) return;
  for (const std::string& name : *rule.clients) check_client_name(config, name, rule.at, findings);
  const bool names_person =
      rule.authenticated || rule.providers || rule.emails || rule.email_domains || rule.orgs || rule.teams;
  if (names_person) {
    findings.error(rule.at,
                   "policies." + policy.name +
                       ": a client is a machine: it has no provider and no e-mail, so nobody fits this rule",
                   "write two rules, one for the client and one for persons");
  }
}

}  // namespace

void check_clients(const Config& config, Findings& findings) {
  for (const Policy& policy : config.policies) {
    for (const auto* rules : {&policy.deny, &policy.allow}) {
      for (const Rule& rule : *rules) check_rule(config, rule, policy, findings);
    }
  }
  for (const Client& client : config.login.clients) {
    for (const Provider& provider : config.login.providers) {
      if (!is_issuer_of(provider, client.issuer.issuer) || provider.client_id != client.audience) continue;
      findings.error(client.at,
                     "login.clients." + client.name + ".audience: is the client_id of the provider " +
                         provider.name + ", so that the ID token of any person would pass for this machine",
                     "have its tokens written for an audience of their own");
    }
  }
}

}  // namespace config
