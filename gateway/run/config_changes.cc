#include "gateway/run/config_changes.h"

#include <map>
#include <utility>

namespace gateway {
namespace {

/// Several routes of one name (conditions on header fields) are told apart by their order.
using Named = std::map<std::pair<std::string, int>, const config::Route*>;

std::string name_of(const config::Route& route) {
  return route.host + route.path.path;
}

Named by_name(const config::Config& config) {
  Named named;
  std::map<std::string, int> seen;
  for (const config::Route& route : config.routes) {
    const std::string name = name_of(route);
    named.emplace(std::pair(name, seen[name]++), &route);
  }
  return named;
}

/// Calls `note` with the names of routes that `is_it` holds for, in the order of `config`.
template <typename Predicate>
std::vector<std::string> names_where(const config::Config& config, const Named& others, Predicate is_it) {
  std::vector<std::string> names;
  std::map<std::string, int> seen;
  for (const config::Route& route : config.routes) {
    const std::string name = name_of(route);
    const auto other = others.find(std::pair(name, seen[name]++));
    if (is_it(route, other == others.end() ? nullptr : other->second)) names.push_back(name);
  }
  return names;
}

struct Placed {
  const config::Config& config;
  const config::Route& route;
};

/// What a policy says is part of its route; where it stands in the file is not.
bool say_alike(const Placed& a, const config::Access& one, const Placed& b, const config::Access& other) {
  if (one.kind != other.kind) return false;
  return one.kind != config::AccessKind::policy || a.config.policy_of(one) == b.config.policy_of(other);
}

bool are_alike(const Placed& a, const Placed& b) {
  if (!say_alike(a, a.route.access, b, b.route.access)) return false;
  if (a.route.excepts.size() != b.route.excepts.size()) return false;
  config::Route with_numbers_of_b = a.route;
  with_numbers_of_b.access.policy = b.route.access.policy;
  for (std::size_t i = 0; i < a.route.excepts.size(); ++i) {
    if (!say_alike(a, a.route.excepts[i].access, b, b.route.excepts[i].access)) return false;
    with_numbers_of_b.excepts[i].access.policy = b.route.excepts[i].access.policy;
  }
  return with_numbers_of_b == b.route;
}

/// The name of the key where the two differ; what is running stays.
template <typename T>
void keep(const char* key, const T& running, T& wanted, std::vector<std::string>& left) {
  if (wanted == running) return;
  wanted = running;
  left.emplace_back(key);
}

}  // namespace

RouteChanges route_changes(const config::Config& before, const config::Config& after) {
  const Named old_routes = by_name(before);
  const Named new_routes = by_name(after);
  const auto is_alone = [](const config::Route&, const config::Route* other) { return other == nullptr; };
  const auto is_other = [&](const config::Route& route, const config::Route* other) {
    return other != nullptr && !are_alike({after, route}, {before, *other});
  };
  return {names_where(after, old_routes, is_alone), names_where(before, new_routes, is_alone),
          names_where(after, old_routes, is_other)};
}

std::vector<std::string> keep_what_a_start_decides(const config::Config& running, config::Config& wanted) {
  std::vector<std::string> left;
  keep("workers", running.workers, wanted.workers, left);
  keep("resolver", running.resolver, wanted.resolver, left);
  keep("storage", running.storage, wanted.storage, left);
  keep("listen.control", running.listen.control, wanted.listen.control, left);
  keep("listen.admin", running.listen.admin, wanted.listen.admin, left);
  keep("listen.admin", running.listen.admin_socket, wanted.listen.admin_socket, left);
  keep("limits.connections", running.limits.connections, wanted.limits.connections, left);
  config::LogSettings log = running.log;
  log.level = wanted.log.level;
  keep("log", log, wanted.log, left);
  return left;
}

}  // namespace gateway
