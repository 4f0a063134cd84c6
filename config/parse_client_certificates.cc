// login.client_certificates: clients that are known by a certificate, and the hosts on which they are asked.
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/text/host_pattern.h"

namespace config {
namespace {

constexpr std::size_t kMaxClients = 100;
constexpr std::array<std::pair<std::string_view, ClientCertificates>, 2> kModes{
    {{"optional", ClientCertificates::optional}, {"required", ClientCertificates::required}}};

core::Result<std::string> parse_asking_host(std::string_view text) {
  auto pattern = core::HostPattern::parse(text);
  if (!pattern) return core::failure(std::move(pattern.error()).during("expected a host name"));
  if (pattern->kind() == core::HostPattern::Kind::any) {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                         "expected a host name or *. and a host name");
  }
  return pattern->text();
}

void read_hosts(MapReader& map, CertificateClient& out) {
  const YamlNode* node = map.take("hosts");
  if (node != nullptr) read_list(*node, map.path("hosts"), map.findings(), out.hosts, parse_asking_host);
  if (node == nullptr || (node->is_list() && node->items.empty())) {
    map.findings().error(node == nullptr ? map.at() : node->at, map.path("hosts") + ": is missing",
                         "name the hosts on which clients are asked for a certificate");
  }
}

/// What stands in a certificate and could say who it is of; see gateway/oidc/certificate_identity.h.
ClaimNames usual_claims() {
  ClaimNames names;
  names.user = {"cn", {"cn"}};
  names.name = {"cn", {"cn"}};
  names.preferred_username = {"cn", {"cn"}};
  names.groups = {"ou", {"ou"}};
  return names;
}

CertificateClient parse_one(const YamlEntry& entry, Inputs& inputs) {
  CertificateClient out;
  out.name = entry.key;
  out.at = entry.at;
  const std::string name = "login.client_certificates." + entry.key;
  if (const auto valid = parse_name(entry.key); !valid) {
    inputs.findings.error(entry.at, name + ": " + valid.error().text);
  }
  out.issuer.name = "clients." + entry.key;
  out.issuer.title = entry.key;
  out.issuer.use = ProviderUse::tokens;
  out.issuer.issuer = "client-certificates:" + entry.key;  // no URL, so no issuer of anybody's
  out.issuer.email = EmailTrust::trusted;                  // its authority vouches for it
  out.issuer.claims = usual_claims();
  out.issuer.at = entry.at;
  MapReader map(entry.value, name, inputs.findings);
  if (!entry.value.is_map()) return out;
  read_hosts(map, out);
  if (const YamlNode* ca = map.take("ca")) {
    read_file_name(*ca, map.path("ca"), inputs, out.ca_file);
  } else {
    inputs.findings.error(entry.at, map.path("ca") + ": is missing",
                          "name the PEM file of the authority whose certificates count");
  }
  if (const YamlNode* crl = map.take("crl")) read_file_name(*crl, map.path("crl"), inputs, out.crl_file);
  map.value("mode", out.mode,
            [](std::string_view text) { return parse_word<ClientCertificates>(text, kModes); });
  read_claim_names(map, out.issuer.claims);
  map.finish();
  return out;
}

}  // namespace

void parse_client_certificates(const YamlNode& node, Inputs& inputs, std::vector<CertificateClient>& out) {
  if (!node.is_map()) {
    inputs.findings.error(node.at, "login.client_certificates: expected a map from a name to a client");
    return;
  }
  if (node.entries.size() > kMaxClients) {
    inputs.findings.error(node.at,
                          "login.client_certificates: more than " + std::to_string(kMaxClients) + " clients");
    return;
  }
  for (const YamlEntry& entry : node.entries) out.push_back(parse_one(entry, inputs));
}

}  // namespace config
