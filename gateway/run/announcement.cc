#include "gateway/run/announcement.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "gateway/model/public_port.h"

namespace gateway {
namespace {

std::string access_of(const config::Config& config, const config::Access& access) {
  switch (access.kind) {
    case config::AccessKind::open:
      return "public";
    case config::AccessKind::policy:
      return "policy " + config.policy_of(access).name;
    case config::AccessKind::engine:
      return "authorize " + access.authorize->url.text();
    case config::AccessKind::deny:
      break;
  }
  return "answered here";
}

std::string target_of(const config::Route& route) {
  if (const auto* upstream = std::get_if<config::Upstream>(&route.action)) return upstream->text();
  if (const auto* redirect = std::get_if<config::Redirect>(&route.action))
    return "redirect " + redirect->to.text;
  return "fixed answer";
}

std::string public_routes(const config::Config& config) {
  std::string list;
  const auto add = [&list](std::string_view host, std::string_view path) {
    if (!list.empty()) list.append(", ");
    list.append(host).append(path);
  };
  for (const config::Route& route : config.routes) {
    if (route.access.kind == config::AccessKind::open) add(route.host, route.path.path);
    for (const config::Except& except : route.excepts) {
      if (except.access.kind == config::AccessKind::open) add(route.host, except.path.path);
    }
  }
  return list.empty() ? "none" : list;
}

/// A URL of login.host to register at a provider, with the port that browsers use.
std::string login_url(const Started& started, std::string_view path) {
  std::vector<std::uint16_t> ports;
  for (const OpenListener& listener : started.listeners) {
    if (listener.entry == Entry::https) ports.push_back(listener.local.port);
  }
  const config::Config& config = started.config;
  const PublicPort port = config.listen.public_port ? PublicPort::fixed(*config.listen.public_port)
                                                    : PublicPort::automatic(std::move(ports));
  const std::string suffix = port.for_redirect() == 443 ? "" : fmt::format(":{}", port.for_redirect());
  return fmt::format("https://{}{}{}{}", config.login.host, suffix, config.login.prefix, path);
}

}  // namespace

std::string_view name_of(Entry entry) {
  switch (entry) {
    case Entry::https:
      return "https";
    case Entry::redirect:
      return "http (redirects to https)";
    case Entry::plain:
      return "http (trusted proxies)";
    case Entry::open:
      return "http";
  }
  return "";
}

void announce_start(const Started& started, const core::Log& log) {
  const config::Config& config = started.config;
  for (const OpenListener& listener : started.listeners) {
    log.info("listening", {{"address", listener.local.text()},
                           {"for", name_of(listener.entry)},
                           {"inherited", listener.is_inherited}});
  }
  for (const core::Endpoint& admin : started.admin)
    log.info("listening", {{"address", admin.text()}, {"for", "health and metrics"}});
  constexpr std::size_t kShownRoutes = 50;
  for (std::size_t i = 0; i < config.routes.size() && i < kShownRoutes; ++i) {
    const config::Route& route = config.routes[i];
    log.info("route", {{"route", route.host + route.path.path},
                       {"access", access_of(config, route.access)},
                       {"to", target_of(route)}});
  }
  if (config.routes.size() > kShownRoutes)
    log.info("further routes", {{"count", config.routes.size() - kShownRoutes}});
  log.info("public routes", {{"routes", public_routes(config)}});
  const std::string callback = login_url(started, "/callback");
  const std::string signed_out = login_url(started, "/signed_out");
  for (const config::Provider& provider : config.login.providers) {
    log.info("provider", {{"provider", provider.name},
                          {"issuer", provider.issuer},
                          {"register", callback},
                          {"register_for_sign_out", signed_out},
                          {"register_for_backchannel_logout", login_url(started, "/backchannel_logout")},
                          {"register_for_frontchannel_logout", login_url(started, "/frontchannel_logout")}});
  }
  log.info(
      "ready",
      {{"workers", started.workers}, {"routes", config.routes.size()}, {"connections", started.connections}});
}

}  // namespace gateway
