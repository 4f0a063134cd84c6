// Rules between client certificates and the rest: one host asks in one way, for hosts that are served, over
// TLS that is ours.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "config/check.h"
#include "core/text/host_pattern.h"

namespace config {
namespace {

bool is_served(const Config& config, const std::string& host) {
  if (host == config.login.host) return true;
  return std::ranges::any_of(config.routes, [&host](const Route& route) {
    if (route.host == host) return true;
    const auto pattern = core::HostPattern::parse(route.host);
    return pattern && !host.starts_with("*.") && pattern->matches(host);
  });
}

}  // namespace

void check_client_certificates(const Config& config, Findings& findings) {
  std::map<std::string, std::string> askers;
  for (const CertificateClient& client : config.login.certificate_clients) {
    const std::string path = "login.client_certificates." + client.name;
    if (std::ranges::find(config.login.clients, client.name, &Client::name) != config.login.clients.end()) {
      findings.error(client.at, fmt::format("{}: login.clients has one of that name", path),
                     "give it another one");
    }
    for (const std::string& host : client.hosts) {
      const auto [asker, is_new] = askers.try_emplace(host, client.name);
      if (!is_new) {
        findings.error(client.at,
                       fmt::format("{}.hosts: {} is one of {} already, and a host asks in one way", path,
                                   host, asker->second),
                       "put both authorities into one file, and tell their clients apart by claims");
      }
      if (!is_served(config, host)) {
        findings.error(client.at, fmt::format("{}.hosts: no route is for {}", path, host),
                       "name hosts as routes have them");
      }
    }
    if (config.listen.https.empty()) {
      findings.error(client.at,
                     fmt::format("{}: listen.https is off, so nobody is asked for a certificate", path),
                     "whoever ends TLS in front of the gateway has to ask");
    }
  }
}

}  // namespace config
