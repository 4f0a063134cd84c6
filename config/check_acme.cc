// Rules between tls.acme and the rest of the file: somebody must bring certificates, and what is to be proved
// must be provable.
#include <algorithm>

#include "config/check.h"

namespace config {
namespace {

bool is_for_acme(const Route& route) {
  return route.acme && route.host != "*";
}

bool has_dns(const Acme& acme) {
  return acme.dns.has_value() || acme.challenge == AcmeChallengeKind::dns_persist_01;
}

void check_challenge(const Config& config, const Acme& acme, Findings& findings) {
  if (acme.challenge == AcmeChallengeKind::dns_01 && !acme.dns) {
    findings.error(acme.at, "tls.acme.challenge: dns-01 needs tls.acme.dns",
                   "say how records are written: dns: {provider: …}");
  }
  if (acme.challenge == AcmeChallengeKind::http_01 && config.listen.http.empty()) {
    findings.warn(acme.at, "tls.acme.challenge: http-01 comes to port 80, and listen.http is off",
                  "open listen.http, or use tls-alpn-01");
  }
}

/// A wildcard that no given certificate covers can only be proved by DNS. Whether one covers it is known once
/// the certificates are read, so this is a warning where there are some.
void check_wildcards(const Config& config, const Acme& acme, Findings& findings) {
  if (has_dns(acme)) return;
  for (const Route& route : config.routes) {
    if (!is_for_acme(route) || !route.host.starts_with("*.")) continue;
    const std::string text = "routes.host: " + route.host + ": a wildcard certificate needs tls.acme.dns";
    const std::string mend = "add tls.acme.dns, write challenge: dns-persist-01, or acme: false on the route";
    if (config.tls.certificates.empty()) {
      findings.error(route.at, text, mend);
    } else {
      findings.warn(route.at, text + " unless a given certificate covers it", mend);
    }
  }
}

}  // namespace

void check_acme(const Config& config, Findings& findings) {
  if (!config.tls.acme) {
    if (!config.tls.certificates.empty() || config.listen.https.empty()) return;
    findings.error(
        {1, 1}, "tls.certificates: is missing",
        "name a certificate and its key: tls: {certificates: [{certificate: …, key: …}]}, or let them "
        "be issued: tls: {acme: {email: …}}");
    return;
  }
  if (config.listen.https.empty()) {
    findings.error(config.tls.acme->at, "tls.acme: listen.https is off: nobody is shown a certificate",
                   "remove tls.acme, or open listen.https");
    return;
  }
  check_challenge(config, *config.tls.acme, findings);
  check_wildcards(config, *config.tls.acme, findings);
  if (!config.tls.certificates.empty()) return;
  for (const Route& route : config.routes) {
    if (is_for_acme(route)) continue;
    findings.error(route.at,
                   "routes.host: " + route.host + ": no certificate is given or ordered for this host",
                   route.host == "*" ? "an any-host route needs given certificates (tls.certificates)"
                                     : "remove acme: false, or give a certificate");
  }
}

}  // namespace config
