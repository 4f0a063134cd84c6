// Rules between routes: what the login reserves, what would blur two access rules. What can never be reached:
// check_matches.cc.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "config/check.h"
#include "config/header_rules.h"
#include "config/identity.h"
#include "core/net/address.h"
#include "core/net/host_name.h"

namespace config {
namespace {

/// Names that resolve only inside, by convention.
constexpr std::array<std::string_view, 9> kPrivateEndings{
    ".svc",  ".svc.cluster.local", ".local",     ".internal", ".lan",
    ".home", ".home.arpa",         ".localhost", ".test"};

bool is_below_prefix(const PathPattern& path, const std::string& prefix) {
  return core::path_has_prefix(path.path, prefix);
}

/// Whether a connection to `url` arrives at a listener on `own`, as far as that can be told without asking
/// anybody for names.
bool leads_to(const core::Url& url, const ListenAddress& own) {
  if (own.port == 0 || url.effective_port() != own.port) return false;
  std::string_view host = url.authority.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::optional<core::Addresses> found = core::fixed_addresses(host);
  return found && std::ranges::any_of(*found, [&own](const core::IpAddress& address) {
           return own.ip ? address == *own.ip : address.is_loopback();
         });
}

}  // namespace

bool looks_private(const std::string& host) {
  std::string_view bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  if (const auto ip = core::IpAddress::parse(bare)) return ip->is_private();
  if (!host.contains('.')) return true;
  return std::ranges::any_of(kPrivateEndings,
                             [&host](std::string_view ending) { return host.ends_with(ending); }) ||
         host.contains(".svc.");
}

bool is_protected(const Route& route) {
  const auto asks = [](const Access& access) { return access.kind == AccessKind::policy; };
  return asks(route.access) ||
         std::ranges::any_of(route.excepts, [&asks](const Except& e) { return asks(e.access); });
}

void check_login_prefix(const Config& config, Findings& findings) {
  std::set<std::string> reserved{config.login.host};
  for (const Route& route : config.routes) {
    if (is_protected(route)) reserved.insert(route.host);
  }
  const std::string& prefix = config.login.prefix;
  const std::string why = prefix + " belongs to the sign-in here, so this can never be reached";
  const std::string mend = "use another path, or set login.prefix";
  for (const Route& route : config.routes) {
    if (route.host.empty() || !reserved.contains(route.host)) continue;
    if (is_below_prefix(route.path, prefix)) findings.error(route.at, why, mend);
    for (const Except& except : route.excepts) {
      if (is_below_prefix(except.path, prefix)) findings.error(except.at, why, mend);
    }
  }
}

void check_encoded_slashes(const Config& config, Findings& findings) {
  // Routes of one host to one upstream; all must have one and the same rule where one of them keeps %2F.
  std::map<std::pair<std::string, std::string>, std::vector<const Route*>> groups;
  for (const Route& route : config.routes) {
    const auto* upstream = std::get_if<Upstream>(&route.action);
    if (upstream == nullptr) continue;
    // By what is reached, not by how: http and h2c to one place are one upstream.
    for (const OriginUrl& origin : upstream->origins)
      groups[{route.host, origin.url.origin() + origin.unix_path}].push_back(&route);
  }
  for (const auto& [place, routes] : groups) {
    const auto differs = [first = routes.front()](const Route* route) {
      return route->access != first->access || route->methods != first->methods || !route->excepts.empty();
    };
    if (!std::ranges::any_of(routes, differs)) continue;
    for (const Route* route : routes) {
      if (route->encoded_slashes != SlashMode::keep) continue;
      findings.error(
          route->at,
          "routes.encoded_slashes: keep is not allowed where another access rule of this host reaches the "
          "same upstream",
          "the upstream may read %2F as a slash and answer for a path that the other rule guards");
    }
  }
}

void check_health_path(const Config& config, Findings& findings) {
  const std::string& path = config.listen.health_path;
  if (path.empty()) return;
  if (core::path_has_prefix(path, config.login.prefix)) {
    findings.error({1, 1}, "listen.health_path: " + path + " is below login.prefix " + config.login.prefix,
                   "use a path such as /healthz");
  }
  for (const Route& route : config.routes) {
    if (route.path.match == PathMatch::regex || route.path.path != path) continue;
    findings.error(route.at, "this can never be reached: " + path + " is listen.health_path on every host",
                   "use another path here or there");
  }
}

void warn_rates(const Config& config, Findings& findings) {
  for (const Route& route : config.routes) {
    if (!route.limits.rate || route.limits.rate->per != RatePer::user || is_protected(route)) continue;
    findings.warn(route.at, "routes.limits.rate.per: a public route knows no user: an address counts as one",
                  "write per: address, or name a policy");
  }
}

namespace {

void for_each_engine(const Route& route, const std::function<void(const Authorize&)>& visit) {
  if (route.access.authorize) visit(*route.access.authorize);
  for (const Except& except : route.excepts) {
    if (except.access.authorize && except.access != route.access) visit(*except.access.authorize);
  }
}

/// What the engine says and what we say must not meet in one field.
void refuse_shared_fields(const Route& route, Findings& findings) {
  std::set<std::string> ours;
  for (const IdentityLine& line : identity_lines(route.identity)) ours.insert(folded_name(line.name));
  for_each_engine(route, [&](const Authorize& engine) {
    for (const std::string& name : engine.identity) {
      if (!ours.contains(folded_name(name))) continue;
      findings.error(route.at,
                     "routes.authorize.identity: " + name + " is set by the route's own identity, too",
                     "take it out of one of them");
    }
  });
}

}  // namespace

void check_header_owners(const Config& config, Findings& findings) {
  std::set<std::string> owned;
  for (const Route& route : config.routes) {
    for (const IdentityField& field : route.identity.fields) owned.insert(folded_name(field.name));
    for_each_engine(route, [&owned](const Authorize& engine) {
      for (const std::string& name : engine.identity) owned.insert(folded_name(name));
    });
  }
  const auto complain = [&](const std::string& name, Position at) {
    if (!owned.contains(folded_name(name))) return;
    findings.error(at, "routes.request_headers: " + name + " carries the identity on a route of this file",
                   "use another name here or there");
  };
  for (const Route& route : config.routes) {
    for (const auto& [name, value] : route.request_headers.set) complain(name, value.at);
    for (const std::string& name : route.request_headers.remove) complain(name, route.at);
    refuse_shared_fields(route, findings);
    const bool is_nobodys = route.access.kind == AccessKind::open || route.access.kind == AccessKind::engine;
    if (is_nobodys && route.identity.preset != IdentityPreset::none && !is_protected(route)) {
      findings.warn(route.at, "routes.identity: a public route sends no identity",
                    "remove identity, or name a policy");
    }
  }
}

void check_cross_origin(const Config& config, Findings& findings) {
  for (const Route& route : config.routes) {
    if (!route.cross_origin) continue;
    for (const auto& [name, value] : route.response_headers.set) {
      if (!folded_name(name).starts_with("access-control-")) continue;
      findings.error(value.at, "routes.response_headers: " + name + " is said by cors on this route already",
                     "remove it here; browsers refuse an answer that says it twice");
    }
  }
}

void warn_plain_upstreams(const Config& config, Findings& findings) {
  const std::string mend = "use https, or an address of your own network";
  for (const Route& route : config.routes) {
    for_each_engine(route, [&](const Authorize& engine) {
      if (engine.url.scheme != "http" || looks_private(engine.url.authority.host)) return;
      findings.warn(route.at, "routes.authorize.url: plain http may cross a public network", mend);
    });
    const auto* upstream = std::get_if<Upstream>(&route.action);
    if (upstream == nullptr) continue;
    for (const OriginUrl& origin : upstream->origins) {
      const std::string& host = origin.url.authority.host;
      if (origin.url.scheme != "http" || looks_private(host)) continue;
      std::string doubt =
          origin.protocol == OriginProtocol::h2c ? "routes.to: h2c to " : "routes.to: plain http to ";
      doubt.append(host).append(" may cross a public network");
      findings.warn(route.at, std::move(doubt), mend);
    }
  }
  for (const Provider& provider : config.login.providers) {
    if (!provider.connect_to || provider.connect_to->scheme != "http") continue;
    if (looks_private(provider.connect_to->authority.host)) continue;
    findings.warn(provider.at,
                  "login.providers." + provider.name + ".connect_to: plain http may cross a public network",
                  mend);
  }
  for (const Policy& policy : config.policies) {
    if (!policy.approval || !policy.approval->webhook.starts_with("http:")) continue;
    const auto url = core::parse_url(policy.approval->webhook);
    if (!url || looks_private(url->authority.host)) continue;
    findings.warn(policy.at,
                  "policies." + policy.name + ".approval.webhook: plain http may cross a public network",
                  mend);
  }
}

void refuse_control_as_origin(const Config& config, Findings& findings) {
  if (config.listen.control.empty()) return;
  for (const Route& route : config.routes) {
    const auto* upstream = std::get_if<Upstream>(&route.action);
    if (upstream == nullptr) continue;
    const auto is_control = [&config](const OriginUrl& origin) {
      return origin.unix_path == config.listen.control;
    };
    if (!std::ranges::any_of(upstream->origins, is_control)) continue;
    findings.error(
        route.at,
        "routes.to is this gateway's own listen.control: whoever may use the route could command it",
        "write the socket of the application");
  }
}

void refuse_admin_as_origin(const Config& config, Findings& findings) {
  for (const Route& route : config.routes) {
    const auto* upstream = std::get_if<Upstream>(&route.action);
    if (upstream == nullptr) continue;
    for (const OriginUrl& origin : upstream->origins) {
      const auto is_it = [&origin](const ListenAddress& own) {
        return origin.unix_path.empty() && leads_to(origin.url, own);
      };
      const bool is_socket = !origin.unix_path.empty() && origin.unix_path == config.listen.admin_socket;
      if (!is_socket && !std::ranges::any_of(config.listen.admin, is_it)) continue;
      findings.error(route.at,
                     "routes.to: " + (is_socket ? origin.unix_path : origin.url.origin()) +
                         " is this gateway's own listen.admin: whoever may use the route could read it",
                     "write where the application listens");
    }
  }
}

void warn_own_listeners(const Config& config, Findings& findings) {
  const Listen& listen = config.listen;
  for (const Route& route : config.routes) {
    const auto* upstream = std::get_if<Upstream>(&route.action);
    if (upstream == nullptr) continue;
    for (const OriginUrl& origin : upstream->origins) {
      if (!origin.unix_path.empty()) continue;
      for (const auto& [name, addresses] :
           {std::pair{"https", &listen.https}, std::pair{"http", &listen.http},
            std::pair{"plain", &listen.plain}}) {
        const auto is_it = [&origin](const ListenAddress& own) { return leads_to(origin.url, own); };
        if (!std::ranges::any_of(*addresses, is_it)) continue;
        findings.warn(route.at,
                      "routes.to: " + origin.url.origin() + " is this gateway's own listen." + name +
                          ": requests would come back to it",
                      "write where the application listens");
      }
    }
  }
}

}  // namespace config
