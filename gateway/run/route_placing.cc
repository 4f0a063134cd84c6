#include "gateway/run/route_placing.h"

#include <fmt/format.h>

namespace gateway {

std::string route_name(const config::Route& route, const config::PathPattern& path) {
  const char mark[] = {path.match == config::PathMatch::exact ? '=' : '~', '\0'};
  std::string name =
      fmt::format("{}{}{}", route.host, path.match == config::PathMatch::prefix ? "" : mark, path.path);
  for (const config::HeaderMatch& match : route.headers) name.append(" ").append(match.name);
  return name;
}

std::vector<HeaderCondition> route_conditions(const config::Route& route) {
  std::vector<HeaderCondition> conditions;
  for (const config::HeaderMatch& match : route.headers) conditions.push_back({match.name, match.values});
  return conditions;
}

core::Result<void> place_route(HostRoutes& host, const config::PathPattern& path, const Route& placed) {
  switch (path.match) {
    case config::PathMatch::prefix:
      host.add_prefix(path.path, placed);
      break;
    case config::PathMatch::exact:
      host.add_exact(path.path, placed);
      break;
    case config::PathMatch::regex:
      return host.add_expression(path.path, placed);
  }
  return {};
}

}  // namespace gateway
