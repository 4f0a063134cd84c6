// Issuers that a route of the same file serves: providers that would otherwise be asked by way of our own
// listeners, which are not open yet when the gateway starts, and may not be reachable from inside.
#include <algorithm>
#include <optional>

#include "config/check.h"

namespace config {
namespace {

bool is_our_port(const Listen& listen, std::uint16_t port) {
  if (listen.public_port) return port == *listen.public_port;
  return port == 443 || std::ranges::any_of(listen.https, [port](const ListenAddress& address) {
           return address.port == port;
         });
}

bool holds(const PathPattern& pattern, const std::string& path) {
  if (pattern.match != PathMatch::prefix) return false;  // all that is below must go there, too
  return pattern.path == "/" || path == pattern.path || path.starts_with(pattern.path + "/");
}

/// The route that a request for the issuer's path would go to: the longest, as in
/// gateway/model/host_routes.h.
const Route* route_of(const Config& config, const core::Url& issuer) {
  std::string path = issuer.path;
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const Route* longest = nullptr;
  for (const Route& route : config.routes) {
    if (route.host != issuer.authority.host || !holds(route.path, path)) continue;
    if (!route.headers.empty()) return nullptr;  // which of them depends on who asks
    if (longest == nullptr || route.path.path.size() > longest->path.path.size()) longest = &route;
  }
  return longest;
}

/// Where the provider itself listens, if it can be asked there as if it were asked here.
std::optional<core::Url> origin_of(const Route& route) {
  const auto* upstream = std::get_if<Upstream>(&route.action);
  if (upstream == nullptr || upstream->protocol() != OriginProtocol::http) return std::nullopt;
  if (upstream->origins.front().service) return std::nullopt;  // its name leads to other ports
  if (!upstream->origins.front().unix_path.empty() || upstream->proxy_header != SentProxyHeader::none) {
    return std::nullopt;
  }
  if (upstream->host != UpstreamHost{} || route.path_change != PathChange{}) return std::nullopt;
  return upstream->origins.front().url;
}

void settle(const Config& config, Provider& provider) {
  const core::Url& issuer = provider.issuer_url;
  if (provider.connect_to || issuer.scheme != "https" || issuer.authority.host.empty()) return;
  if (!is_our_port(config.listen, issuer.effective_port())) return;
  const Route* route = route_of(config, issuer);
  if (route != nullptr) provider.connect_to = origin_of(*route);
}

}  // namespace

void settle_own_issuers(Config& config) {
  for (Provider& provider : config.login.providers) settle(config, provider);
  for (Client& client : config.login.clients) settle(config, client.issuer);
}

}  // namespace config
