// login.providers: what the type of a provider presets, and which keys it has or refuses.
#include <algorithm>
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::string_view kGoogleIssuer = "https://accounts.google.com";
constexpr std::string_view kGithubIssuer = "https://github.com";
constexpr std::string_view kGitlabIssuer = "https://gitlab.com";
constexpr std::string_view kEntraCloud = "https://login.microsoftonline.com";
constexpr std::array<std::string_view, 3> kSharedTenants{"organizations", "common", "consumers"};
/// The one tenant of all personal accounts.
constexpr std::string_view kConsumerTenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
constexpr std::size_t kMaxTenants = 100;
constexpr std::array<std::pair<std::string_view, ProviderType>, 7> kTypes{
    {{"oidc", ProviderType::oidc},
     {"google", ProviderType::google},
     {"keycloak", ProviderType::keycloak},
     {"github", ProviderType::github},
     {"gitlab", ProviderType::gitlab},
     {"entra", ProviderType::entra},
     {"dex", ProviderType::dex}}};

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
  const auto ip = core::IpAddress::parse(host);
  return ip && ip->is_loopback();
}

/// An issuer that is an origin and nothing else, in one spelling.
void read_origin_issuer(MapReader& map, std::string_view fallback, Provider& out) {
  read_issuer(map, fallback, out);
  if (out.issuer_url.authority.host.empty()) return;
  if (out.issuer_url.path != "/") {
    map.findings().error(map.at("issuer"), map.path("issuer") + ": expected scheme, host and port only");
  }
  out.issuer = out.issuer_url.origin();
}

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

core::Result<std::string> parse_tenant(std::string_view text) {
  std::string tenant(text);
  for (char& c : tenant) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  bool is_id = tenant.size() == 36;
  for (std::size_t i = 0; is_id && i < tenant.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    is_id = is_dash ? tenant[i] == '-' : is_hexadecimal(tenant[i]);
  }
  if (is_id || std::ranges::find(kSharedTenants, tenant) != kSharedTenants.end()) return tenant;
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected a directory (tenant) id such as 72f988bf-86f1-41af-91ab-2d7cd011db47, or "
                       "organizations, common or consumers");
}

/// One tenant has an issuer of its own; several come by one that they share, and are told apart by `tid`.
void read_tenants(MapReader& map, Provider& out) {
  const YamlNode* node = map.take("tenant");
  if (node == nullptr) {
    if (!map.has("tenant")) {
      map.findings().error(map.at(), map.path("tenant") + ": is missing", "write the directory (tenant) id");
    }
    return;
  }
  std::vector<std::string> tenants;
  read_list(*node, map.path("tenant"), map.findings(), tenants, parse_tenant);
  if (tenants.empty() || tenants.size() > kMaxTenants) return;
  if (tenants.size() == 1) {
    out.tenant = tenants.front();
    return;
  }
  std::ranges::sort(tenants);
  const bool has_shared = std::ranges::any_of(tenants, [](const std::string& tenant) {
    return std::ranges::find(kSharedTenants, tenant) != kSharedTenants.end();
  });
  if (has_shared || std::ranges::adjacent_find(tenants) != tenants.end()) {
    map.findings().error(node->at, map.path("tenant") + ": a list holds different tenant ids");
  }
  const bool has_consumers = std::ranges::find(tenants, kConsumerTenant) != tenants.end();
  out.tenant = has_consumers ? "common" : "organizations";
  out.tenants = std::move(tenants);
}

void read_entra(MapReader& map, Provider& out) {
  read_origin_issuer(map, kEntraCloud, out);
  read_tenants(map, out);
  // Microsoft Graph, where groups are asked for that do not fit a token.
  out.scopes = {"openid", "email", "profile", "User.Read"};
  if (out.tenant.empty() || out.issuer_url.authority.host.empty()) return;
  out.issuer += "/" + out.tenant + "/v2.0";
  out.issuer_url.path = "/" + out.tenant + "/v2.0";
}

void read_google(MapReader& map, Provider& out) {
  out.issuer = kGoogleIssuer;
  out.issuer_url = core::parse_url(kGoogleIssuer).value_or(core::Url{});
  out.claims.user = ClaimPath{"email", {"email"}};
  if (map.take("issuer") != nullptr) {
    map.findings().error(map.at("issuer"), map.path("issuer") + ": is fixed for google", "remove it");
  }
  map.value("hosted_domain", out.hosted_domain, parse_host);
}

void refuse_keys_of_others(MapReader& map, const Provider& out) {
  if (out.type != ProviderType::google && map.take("hosted_domain") != nullptr) {
    map.findings().error(map.at("hosted_domain"), map.path("hosted_domain") + ": only type: google has it",
                         "test the claim in a policy: claim: {hd: example.com}");
  }
  if (out.type != ProviderType::entra && map.take("tenant") != nullptr) {
    map.findings().error(map.at("tenant"), map.path("tenant") + ": only type: entra has it", "remove it");
  }
}

}  // namespace

void read_issuer(MapReader& map, std::string_view fallback, Provider& out) {
  out.issuer = fallback;
  if (!map.has("issuer") && fallback.empty()) {
    map.findings().error(map.at(), map.path("issuer") + ": is missing", "write the issuer's URL");
  }
  if (!map.value("issuer", out.issuer, parse_line) && fallback.empty()) return;
  const auto url = core::parse_url(out.issuer);
  if (!url) {
    map.findings().error(map.at("issuer"),
                         map.path("issuer") + ": expected an https URL (" + url.error().text + ")");
  } else if (out.issuer.contains('?') || out.issuer.contains('#')) {
    map.findings().error(map.at("issuer"), map.path("issuer") + ": an issuer has no query and no fragment");
  } else if (url->scheme != "https" && !is_loopback_host(url->authority.host)) {
    map.findings().error(
        map.at("issuer"), map.path("issuer") + ": expected https; http only on localhost",
        "to reach it another way inside your network, keep the https issuer and set connect_to");
  } else {
    out.issuer_url = *url;
  }
}

bool read_provider_type(MapReader& map, Provider& out) {
  const YamlNode* node = map.take("type");
  if (node == nullptr) {
    if (!map.has("type")) {
      map.findings().error(map.at(), map.path("type") + ": is missing",
                           "write type: oidc, keycloak, google, github, gitlab, entra or dex");
    }
    return false;
  }
  const auto parse = [](std::string_view text) { return parse_word<ProviderType>(text, kTypes); };
  if (!read_scalar(*node, map.path("type"), map.findings(), out.type, parse)) return false;
  switch (out.type) {
    case ProviderType::keycloak:
      out.claims_from.push_back(ClaimSource::access_token);
      [[fallthrough]];
    case ProviderType::oidc:
      read_issuer(map, {}, out);
      break;
    case ProviderType::google:
      read_google(map, out);
      break;
    case ProviderType::github:
      read_origin_issuer(map, kGithubIssuer, out);
      out.scopes = {"read:user", "user:email", "read:org"};
      out.claims.user = ClaimPath{"login", {"login"}};
      break;
    case ProviderType::gitlab:
      read_issuer(map, kGitlabIssuer, out);
      out.claims.user = out.claims.preferred_username;
      break;
    case ProviderType::entra:
      read_entra(map, out);
      break;
    case ProviderType::dex:
      read_issuer(map, {}, out);
      out.scopes.emplace_back("groups");
      break;
  }
  refuse_keys_of_others(map, out);
  return true;
}

}  // namespace config
