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
  std::vector<std::string> names;
  for (const Client& client : config.login.clients) names.push_back(client.name);
  for (const CertificateClient& client : config.login.certificate_clients) names.push_back(client.name);
  if (std::ranges::find(names, name) != names.end()) return;
  const std::string nearest = nearest_name(name, names);
  findings.error(at, "there is no client \"" + name + "\"",
                 nearest.empty() ? "add it under login.clients or login.client_certificates"
                                 : "did you mean \"" + nearest + "\"?");
}

void check_rule(const Config& config, const Rule& rule, const Policy& policy, Findings& findings) {
  if (!rule.clients) return;
  for (const std::string& name : *rule.clients) check_client_name(config, name, rule.at, findings);
  // A certificate may have an e-mail, which its authority vouches for.
  const bool has_email = std::ranges::any_of(*rule.clients, [&config](const std::string& name) {
    const auto& known = config.login.certificate_clients;
    return std::ranges::find(known, name, &CertificateClient::name) != known.end();
  });
  const bool names_person = rule.authenticated || rule.providers || rule.orgs || rule.teams ||
                            (!has_email && (rule.emails || rule.email_domains));
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
