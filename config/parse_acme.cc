// tls.acme: certificates from an authority. Which hosts need one follows from the routes (tls/issue).
#include <algorithm>
#include <array>
#include <utility>

#include "config/email_list.h"
#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"
#include "core/text/base64.h"

namespace config {
namespace {

constexpr std::size_t kMaxAuthorities = 4;
constexpr std::size_t kMaxHosts = 16;
constexpr std::size_t kMaxArguments = 32;
constexpr std::size_t kMaxNamesPerCertificate = 100;
constexpr std::size_t kMaxKeyIdBytes = 1024;
constexpr std::string_view kScalewayApi = "https://api.scaleway.com";

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kKnownAuthorities{
    {{"letsencrypt", "https://acme-v02.api.letsencrypt.org/directory"},
     {"letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"},
     {"zerossl", "https://acme.zerossl.com/v2/DV90"}}};
constexpr std::array<std::pair<std::string_view, AcmeChallengeKind>, 4> kChallenges{
    {{"http-01", AcmeChallengeKind::http_01},
     {"tls-alpn-01", AcmeChallengeKind::tls_alpn_01},
     {"dns-01", AcmeChallengeKind::dns_01},
     {"dns-persist-01", AcmeChallengeKind::dns_persist_01}}};
constexpr std::array<std::pair<std::string_view, SelfTest>, 3> kSelfTests{
    {{"warn", SelfTest::warn}, {"require", SelfTest::require}, {"off", SelfTest::off}}};
constexpr std::array<std::pair<std::string_view, DnsProviderKind>, 3> kDnsProviders{
    {{"exec", DnsProviderKind::exec},
     {"rfc2136", DnsProviderKind::rfc2136},
     {"scaleway", DnsProviderKind::scaleway}}};
constexpr std::array<std::string_view, 3> kTsigAlgorithms{"hmac-sha256", "hmac-sha384", "hmac-sha512"};

std::unexpected<core::Error> expected(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, std::move(text));
}

core::Result<AcmeAuthority> parse_authority_url(std::string_view text) {
  AcmeAuthority out;
  out.name = text;
  for (const auto& [name, url] : kKnownAuthorities) {
    if (name == text) text = url;
  }
  auto url = core::parse_url(text, core::Side::configuration);
  if (!url || url->scheme != "https") {
    return expected("expected letsencrypt, letsencrypt-staging, zerossl, or the https URL of a directory");
  }
  out.url = std::move(*url);
  return out;
}

core::Result<std::string> parse_email(std::string_view text) {
  auto email = parse_listed_email(text);
  if (!email) return core::failure(std::move(email.error()));
  // A comma would be a second address (RFC 8555 section 7.3).
  if (email->contains(',') || email->contains('?')) return expected("expected one e-mail address");
  return email;
}

core::Result<std::string> parse_algorithm(std::string_view text) {
  if (std::ranges::find(kTsigAlgorithms, text) != kTsigAlgorithms.end()) return std::string(text);
  return expected("expected hmac-sha256, hmac-sha384 or hmac-sha512");
}

/// "ns.example.com", "10.0.0.1:5353", "[::1]:53".
bool read_server(MapReader& map, DnsSettings& out) {
  core::Authority authority;
  const auto parse = [](std::string_view text) {
    return core::parse_authority(text, core::Side::configuration);
  };
  if (!map.value("server", authority, parse)) return false;
  out.server = authority.host;
  if (out.server.starts_with('[')) out.server = out.server.substr(1, out.server.size() - 2);
  if (authority.port != 0) out.port = authority.port;
  return true;
}

void demand(MapReader& map, bool is_given, std::string_view key, std::string_view mend) {
  if (is_given || map.has(key)) return;
  map.findings().error(map.at(), map.path(key) + ": is missing", std::string(mend));
}

/// Base64 of either alphabet, with or without padding, as authorities and tools hand keys out.
bool decode_key(const YamlNode& node, const std::string& name, Findings& findings, ConfiguredSecret& secret) {
  std::string text(secret.value.reveal());
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  auto key = core::base64url_decode(text, core::Side::configuration);
  core::wipe(text);
  if (!key || key->size() < 16) {
    findings.error(node.at, name + ": expected a key of 16 bytes or more in base64",
                   "write it as the authority or tsig-keygen gave it");
    return false;
  }
  secret.value = core::Secret::take(*key);
  return true;
}

void read_rfc2136(MapReader& map, Inputs& inputs, DnsSettings& out) {
  demand(map, read_server(map, out), "server", "write the primary name server of the zone");
  map.value("key_name", out.key_name, parse_host);
  map.value("algorithm", out.algorithm, parse_algorithm);
  if (const YamlNode* secret = map.take("secret")) {
    if (read_secret(*secret, map.path("secret"), inputs, out.secret)) {
      decode_key(*secret, map.path("secret"), map.findings(), out.secret);
    }
  }
  if (map.has("key_name") != map.has("secret")) {
    map.findings().error(map.at(), map.path("key_name") + " and secret belong together",
                         "give both (tsig-keygen makes them), or neither");
  }
}

void read_command(MapReader& map, DnsSettings& out) {
  const YamlNode* node = map.take("command");
  demand(map, node != nullptr, "command", "write the program that sets records, with its first arguments");
  if (node == nullptr) return;
  read_list(*node, map.path("command"), map.findings(), out.command, parse_line);
  if (out.command.empty() || out.command.size() > kMaxArguments || !out.command.front().starts_with('/')) {
    map.findings().error(node->at,
                         map.path("command") + ": expected the absolute path of a program, and arguments");
  }
}

void read_scaleway(MapReader& map, Inputs& inputs, DnsSettings& out) {
  const YamlNode* secret = map.take("secret_key");
  demand(map, secret != nullptr, "secret_key", "make an API key that may change DNS records");
  if (secret != nullptr) read_secret(*secret, map.path("secret_key"), inputs, out.secret);
  out.url = core::parse_url(kScalewayApi).value_or(core::Url{});
  map.value("url", out.url, parse_origin);
}

void read_dns(const YamlNode& node, Inputs& inputs, Acme& acme) {
  MapReader map(node, "tls.acme.dns", inputs.findings);
  DnsSettings out;
  const auto parse = [](std::string_view text) { return parse_word<DnsProviderKind>(text, kDnsProviders); };
  const bool is_known = map.value("provider", out.kind, parse);
  if (!is_known) {
    demand(map, false, "provider", "write provider: exec, rfc2136 or scaleway");
    return;
  }
  map.value("propagation", out.propagation, parse_duration);
  if (const YamlNode* servers = map.take("servers")) {
    read_list(*servers, map.path("servers"), inputs.findings, out.servers, parse_name_server);
    if (out.servers.size() > kMaxHosts) {
      inputs.findings.error(servers->at, map.path("servers") + ": expected 16 name servers at most");
    }
  }
  switch (out.kind) {
    case DnsProviderKind::exec:
      read_command(map, out);
      break;
    case DnsProviderKind::rfc2136:
      read_rfc2136(map, inputs, out);
      break;
    case DnsProviderKind::scaleway:
      read_scaleway(map, inputs, out);
      break;
  }
  map.finish();
  acme.dns = std::move(out);
}

void read_external_account(const YamlNode& node, Inputs& inputs, Acme& acme) {
  MapReader map(node, "tls.acme.external_account", inputs.findings);
  AcmeExternalAccount out;
  demand(map, map.value("key_id", out.key_id, parse_line), "key_id", "the authority's console shows it");
  if (out.key_id.size() > kMaxKeyIdBytes) {
    inputs.findings.error(map.at("key_id"), map.path("key_id") + ": over 1024 bytes");
  }
  const YamlNode* key = map.take("hmac_key");
  demand(map, key != nullptr, "hmac_key", "the authority's console shows it");
  if (key != nullptr && read_secret(*key, map.path("hmac_key"), inputs, out.hmac_key)) {
    decode_key(*key, map.path("hmac_key"), inputs.findings, out.hmac_key);
  }
  map.finish();
  acme.external_account = std::move(out);
}

/// One authority: a name, a URL, or {url, hosts}.
bool read_authority(const YamlNode& node, Inputs& inputs, AcmeAuthority& out) {
  if (!node.is_map())
    return read_scalar(node, "tls.acme.directory", inputs.findings, out, parse_authority_url);
  MapReader map(node, "tls.acme.directory", inputs.findings);
  const bool is_read = map.value("url", out, parse_authority_url);
  demand(map, is_read, "url", "write the https URL of the directory");
  if (const YamlNode* hosts = map.take("hosts")) {
    read_list(*hosts, map.path("hosts"), inputs.findings, out.hosts, parse_host);
    if (out.hosts.size() > kMaxHosts) {
      inputs.findings.error(hosts->at, map.path("hosts") + ": expected 16 hosts at most");
    }
  }
  map.finish();
  return is_read;
}

void read_authorities(MapReader& map, Inputs& inputs, Acme& out) {
  const YamlNode* node = map.take("directory");
  if (node == nullptr) {
    out.authorities.push_back(*parse_authority_url("letsencrypt"));
    return;
  }
  const std::vector<const YamlNode*> items = one_or_list(*node);
  if (items.empty() || items.size() > kMaxAuthorities) {
    inputs.findings.error(node->at, "tls.acme.directory: expected 1 to 4 directories");
  }
  for (const YamlNode* item : items) {
    AcmeAuthority authority;
    if (!read_authority(*item, inputs, authority)) continue;
    const auto is_same = [&](const AcmeAuthority& other) { return other.url == authority.url; };
    if (std::ranges::any_of(out.authorities, is_same)) {
      inputs.findings.error(item->at, "tls.acme.directory: this directory stands twice");
    }
    out.authorities.push_back(std::move(authority));
  }
}

}  // namespace

Acme parse_acme(const YamlNode& node, Inputs& inputs) {
  Acme out;
  out.at = node.at;
  MapReader map(node, "tls.acme", inputs.findings);
  map.value("email", out.email, parse_email);
  read_authorities(map, inputs, out);
  map.value("profile", out.profile, parse_name);
  map.value("challenge", out.challenge,
            [](std::string_view text) { return parse_word<AcmeChallengeKind>(text, kChallenges); });
  map.value("self_test", out.self_test,
            [](std::string_view text) { return parse_word<SelfTest>(text, kSelfTests); });
  if (const YamlNode* dns = map.take("dns")) read_dns(*dns, inputs, out);
  if (const YamlNode* account = map.take("external_account")) read_external_account(*account, inputs, out);
  if (const YamlNode* roots = map.take("trusted_ca")) {
    read_file_name(*roots, map.path("trusted_ca"), inputs, out.trusted_ca);
  }
  map.value("preferred_issuer", out.preferred_issuer, parse_line);
  if (std::uint64_t count = 0; map.value("names_per_certificate", count, parse_count)) {
    out.names_per_certificate = std::clamp<std::uint64_t>(count, 1, kMaxNamesPerCertificate);
    if (out.names_per_certificate != count) {
      inputs.findings.error(map.at("names_per_certificate"),
                            "tls.acme.names_per_certificate: expected 1 to 100");
    }
  }
  if (node.is_map() && !map.has("email")) {
    inputs.findings.warn(node.at, "tls.acme.email: is missing; the authority can warn nobody",
                         "give an address that somebody reads");
  }
  map.finish();
  return out;
}

}  // namespace config
