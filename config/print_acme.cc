// tls.acme, written out.
#include <array>

#include "config/print.h"

namespace config {
namespace {

constexpr std::array<std::string_view, 4> kChallenges{"http-01", "tls-alpn-01", "dns-01", "dns-persist-01"};
constexpr std::array<std::string_view, 3> kSelfTests{"warn", "require", "\"off\""};
constexpr std::array<std::string_view, 3> kDnsProviders{"exec", "rfc2136", "scaleway"};

void print_dns(const DnsSettings& dns, Writer& out) {
  out.open("dns");
  out.entry("provider", kDnsProviders[static_cast<std::size_t>(dns.kind)]);
  out.entry("propagation", duration_text(dns.propagation));
  std::vector<std::string> servers;
  servers.reserve(dns.servers.size());
  for (const core::Endpoint& server : dns.servers) servers.push_back(server.text());
  if (!servers.empty()) out.entry("servers", list_of(servers));
  switch (dns.kind) {
    case DnsProviderKind::exec:
      out.entry("command", list_of(dns.command));
      break;
    case DnsProviderKind::rfc2136: {
      const bool is_v6 = dns.server.contains(':');
      const std::string host = is_v6 ? "[" + dns.server + "]" : dns.server;
      out.entry("server", quoted(host + ":" + std::to_string(dns.port)));
      out.entry("algorithm", dns.algorithm);
      if (dns.key_name.empty()) break;
      out.entry("key_name", quoted(dns.key_name));
      out.entry("secret", text_of(dns.secret));
      break;
    }
    case DnsProviderKind::scaleway:
      out.entry("url", quoted(dns.url.origin()));
      out.entry("secret_key", text_of(dns.secret));
      break;
  }
  out.close();
}

}  // namespace

void print_acme(const Acme& acme, Writer& out) {
  out.open("acme");
  if (!acme.email.empty()) out.entry("email", quoted(acme.email));
  out.open("directory");
  for (const AcmeAuthority& authority : acme.authorities) {
    out.item();
    out.entry("url", quoted(authority.name));
    out.entry("hosts", list_of(authority.hosts));
    out.close();
  }
  out.close();
  if (!acme.profile.empty()) out.entry("profile", quoted(acme.profile));
  out.entry("challenge", kChallenges[static_cast<std::size_t>(acme.challenge)]);
  out.entry("self_test", kSelfTests[static_cast<std::size_t>(acme.self_test)]);
  if (acme.dns) print_dns(*acme.dns, out);
  if (acme.external_account) {
    out.open("external_account");
    out.entry("key_id", quoted(acme.external_account->key_id));
    out.entry("hmac_key", text_of(acme.external_account->hmac_key));
    out.close();
  }
  if (!acme.trusted_ca.empty()) out.entry("trusted_ca", quoted(acme.trusted_ca));
  if (!acme.preferred_issuer.empty()) out.entry("preferred_issuer", quoted(acme.preferred_issuer));
  out.entry("names_per_certificate", std::to_string(acme.names_per_certificate));
  out.close();
}

}  // namespace config
