#include "gateway/oidc/metadata.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/issuer.h"
#include "core/text/json.h"

namespace gateway {
namespace {

core::Error refused(std::string text) {
  return {core::ErrorKind::malformed, core::Side::provider, "discovery: " + std::move(text),
          core::Retry::later};
}

bool is_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  const std::size_t last = host.rfind('.');
  const std::string_view label = last == std::string_view::npos ? host : host.substr(last + 1);
  return !label.empty() && label.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_loopback_name(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         (host.starts_with("127.") && is_address(host));
}

/// Second levels under which a country's registry sells names.
bool is_public_second_level(std::string_view label) {
  static constexpr std::array<std::string_view, 12> kLabels = {"ac",  "co", "com", "edu", "go", "gob",
                                                               "gov", "ne", "net", "nom", "or", "org"};
  return std::find(kLabels.begin(), kLabels.end(), label) != kLabels.end();
}

std::string_view last_labels(std::string_view host, std::size_t labels) {
  std::size_t at = host.size();
  for (; labels > 0; --labels) {
    at = at == 0 ? std::string_view::npos : host.rfind('.', at - 1);
    if (at == std::string_view::npos) return host;
  }
  return host.substr(at + 1);
}

std::string_view registrable(std::string_view host) {
  const std::string_view two = last_labels(host, 2);
  const std::size_t dot = two.find('.');
  const bool is_country = dot != std::string_view::npos && two.size() - dot - 1 == 2;
  return is_country && is_public_second_level(two.substr(0, dot)) ? last_labels(host, 3) : two;
}

/// Microsoft's clouds, and where each has its Graph (and the userinfo endpoint).
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMicrosoftGraphs{
    {{"login.microsoftonline.com", "graph.microsoft.com"},
     {"login.microsoftonline.us", "graph.microsoft.us"},
     {"login.microsoftonline.us", "dod-graph.microsoft.us"},
     {"login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"}}};

/// Providers known to run their endpoints under another name than their issuer's.
bool is_known_companion(std::string_view host, std::string_view issuer) {
  if (issuer == "accounts.google.com") return host.ends_with(".googleapis.com");
  for (const auto& [cloud, companion] : kMicrosoftGraphs) {
    if (issuer == cloud && host == companion) return true;
  }
  return false;
}

/// `fetched`: we go there ourselves; otherwise only browsers are sent there.
enum class Use { fetched, visited };

/// Where a client that shows a certificate finds the endpoint: perhaps on a host that asks for one (RFC 8705
/// section 5).
const core::Json& holder_of(const core::Json& document, std::string_view name,
                            const config::Provider& provider) {
  const core::Json* aliases = document.find("mtls_endpoint_aliases");
  const bool has_alias = aliases != nullptr && aliases->find(name) != nullptr;
  return has_alias && !provider.certificate_file.empty() ? *aliases : document;
}

core::Result<core::Url> endpoint(const core::Json& document, std::string_view name,
                                 const config::Provider& provider, Use use) {
  const auto text = holder_of(document, name, provider).string_at(name);
  if (!text) return core::failure(refused("no " + std::string(name)));
  core::Result<core::Url> url = core::parse_url(*text);
  if (!url) return core::failure(refused(std::string(name) + " is no URL"));
  const std::string& host = url->authority.host;
  const std::string& issuer = provider.issuer_url.authority.host;
  const bool is_plain_allowed = provider.issuer_url.scheme == "http" && is_loopback_name(host);
  if (url->scheme != "https" && !is_plain_allowed) {
    return core::failure(refused(std::string(name) + " is not https"));
  }
  if (use == Use::fetched && !is_same_site(host, issuer) && !is_known_companion(host, issuer)) {
    return core::failure(refused(std::string(name) + " is on " + host + ", which is not the issuer's site"));
  }
  return url;
}

core::Result<std::optional<core::Url>> optional_endpoint(const core::Json& document, std::string_view name,
                                                         const config::Provider& provider, Use use) {
  if (document.find(name) == nullptr) return std::nullopt;
  core::Result<core::Url> url = endpoint(document, name, provider, use);
  if (!url) return core::failure(std::move(url.error()));
  return std::optional<core::Url>(std::move(*url));
}

/// A host name, of the issuer's site or a known companion of it, as an origin.
core::Result<std::optional<core::Url>> graph_of(const core::Json& document,
                                                const config::Provider& provider) {
  const auto host = document.string_at("msgraph_host");
  if (provider.type != config::ProviderType::entra || !host) return std::nullopt;
  const core::Result<core::Url> url = core::parse_url("https://" + std::string(*host), core::Side::provider);
  if (!url || url->path != "/" || !url->query.empty())
    return core::failure(refused("msgraph_host is no host"));
  const std::string& issuer = provider.issuer_url.authority.host;
  if (!is_same_site(url->authority.host, issuer) && !is_known_companion(url->authority.host, issuer)) {
    return core::failure(refused("msgraph_host is not the issuer's site"));
  }
  return std::optional<core::Url>(*url);
}

/// Whoever writes tokens for machines may have no endpoint for people.
core::Result<Metadata> token_metadata(const core::Json& document, const config::Provider& provider) {
  Metadata metadata;
  core::Result<core::Url> keys = endpoint(document, "jwks_uri", provider, Use::fetched);
  if (!keys) return core::failure(std::move(keys.error()));
  metadata.jwks_uri = std::move(*keys);
  if (provider.client_id.empty()) return metadata;
  core::Result<core::Url> introspection =
      endpoint(document, "introspection_endpoint", provider, Use::fetched);
  if (!introspection) return core::failure(std::move(introspection.error()));
  metadata.introspection_endpoint = std::move(*introspection);
  const core::Result<ClientAuthentication> authentication =
      choose_authentication(document, "introspection", provider);
  if (!authentication) return core::failure(authentication.error());
  metadata.client_authentication = *authentication;
  return metadata;
}

}  // namespace

core::Url discovery_url(const config::Provider& provider) {
  core::Url url = provider.issuer_url;
  if (url.path.ends_with('/')) url.path.pop_back();
  url.path += "/.well-known/openid-configuration";
  url.query.clear();
  return url;
}

bool is_same_site(std::string_view host, std::string_view issuer) {
  if (host == issuer) return true;
  if (is_loopback_name(host) || is_loopback_name(issuer))
    return is_loopback_name(host) && is_loopback_name(issuer);
  if (is_address(host) || is_address(issuer)) return false;
  const std::string_view domain = registrable(issuer);
  return domain.find('.') != std::string_view::npos && registrable(host) == domain;
}

core::Result<Metadata> parse_metadata(std::string_view body, const config::Provider& provider) {
  const core::Result<core::Json> document = core::Json::parse(body, core::Side::provider);
  if (!document || !document->is_object()) return core::failure(refused("the document is no JSON object"));
  const std::string issuer = config::published_issuer(provider);
  if (document->string_at("issuer") != issuer) {
    return core::failure(refused("the issuer it names is not " + issuer + ", byte for byte"));
  }
  if (provider.use == config::ProviderUse::tokens) return token_metadata(*document, provider);
  Metadata metadata;
  core::Result<core::Url> authorization =
      endpoint(*document, "authorization_endpoint", provider, Use::visited);
  core::Result<core::Url> token = endpoint(*document, "token_endpoint", provider, Use::fetched);
  core::Result<core::Url> keys = endpoint(*document, "jwks_uri", provider, Use::fetched);
  for (core::Result<core::Url>* url : {&authorization, &token, &keys}) {
    if (!*url) return core::failure(std::move(url->error()));
  }
  auto userinfo = optional_endpoint(*document, "userinfo_endpoint", provider, Use::fetched);
  if (!userinfo) return core::failure(std::move(userinfo.error()));
  auto end_session = optional_endpoint(*document, "end_session_endpoint", provider, Use::visited);
  if (!end_session) return core::failure(std::move(end_session.error()));
  auto pushed = optional_endpoint(*document, "pushed_authorization_request_endpoint", provider, Use::fetched);
  if (!pushed) return core::failure(std::move(pushed.error()));
  auto graph = graph_of(*document, provider);
  if (!graph) return core::failure(std::move(graph.error()));
  const core::Result<ClientAuthentication> authentication =
      choose_authentication(*document, "token", provider);
  if (!authentication) return core::failure(authentication.error());
  metadata.authorization_endpoint = std::move(*authorization);
  metadata.token_endpoint = std::move(*token);
  metadata.jwks_uri = std::move(*keys);
  metadata.userinfo_endpoint = std::move(*userinfo);
  metadata.end_session_endpoint = std::move(*end_session);
  metadata.pushed_request_endpoint = std::move(*pushed);
  metadata.graph = std::move(*graph);
  metadata.client_authentication = *authentication;
  metadata.sends_issuer =
      document->boolean_at("authorization_response_iss_parameter_supported").value_or(false);
  return metadata;
}

}  // namespace gateway
