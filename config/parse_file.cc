// The top of gateway.yaml: which sections there are, and in which order they need each other.
#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::uint64_t kMaxWorkers = 1024;
constexpr std::size_t kMaxNameServers = 8;

void read_workers(MapReader& map, Config& out) {
  const YamlNode* node = map.take("workers");
  if (node == nullptr || (node->is_scalar() && node->text == "auto")) return;
  std::uint64_t count = 0;
  if (!read_scalar(*node, "workers", map.findings(), count, parse_count)) return;
  if (count == 0 || count > kMaxWorkers)
    map.findings().error(node->at, "workers: expected auto or 1 to 1024");
  out.workers = static_cast<unsigned>(count);
}

void read_resolver(MapReader& map, Config& out) {
  const YamlNode* node = map.take("resolver");
  if (node == nullptr || (node->is_scalar() && node->text == "system")) return;
  read_list(*node, "resolver", map.findings(), out.resolver, parse_name_server);
  if (node->is_list() && (node->items.empty() || node->items.size() > kMaxNameServers)) {
    map.findings().error(node->at, "resolver: expected 1 to 8 name servers, or system");
  }
}

/// Of login, and often looked for here.
void refuse_misplaced(MapReader& map) {
  for (const std::string_view key : {"tokens", "client_certificates", "break_glass"}) {
    if (map.take(key) == nullptr) continue;
    map.findings().error(map.at(key), std::string(key) + ": is a key of login",
                         "write it as login." + std::string(key));
  }
}

}  // namespace

Config parse_file(const YamlNode& root, Inputs& inputs) {
  Config out;
  MapReader map(root, "", inputs.findings);
  out.listen.control = default_control(inputs.environment);
  if (const YamlNode* listen = map.take("listen")) parse_listen(*listen, inputs, out.listen);
  read_workers(map, out);
  read_resolver(map, out);
  if (const YamlNode* tls = map.take("tls")) parse_tls(*tls, inputs, out.tls);
  read_storage(map, inputs, out.storage);
  read_kubernetes(map, out.storage, out.kubernetes);
  if (const YamlNode* policies = map.take("policies")) out.policies = parse_policies(*policies, inputs);
  if (const YamlNode* login = map.take("login")) parse_login(*login, inputs, out.policies, out.login);
  if (const YamlNode* limits = map.take("limits")) parse_limits(*limits, inputs, out.limits);
  if (const YamlNode* shutdown = map.take("shutdown")) parse_shutdown(*shutdown, inputs, out.shutdown);
  if (const YamlNode* log = map.take("log")) parse_log(*log, inputs, out.log);
  if (const YamlNode* tracing = map.take("tracing")) parse_tracing(*tracing, inputs, out.tracing);
  RouteDefaults defaults;
  if (const YamlNode* node = map.take("defaults")) parse_defaults(*node, inputs, out.policies, defaults);
  const YamlNode* routes = map.take("routes");
  if (routes != nullptr) {
    out.routes = parse_routes(*routes, inputs, defaults, out.policies);
  } else if (root.is_map() && !map.has("routes")) {
    inputs.findings.error(root.at, "routes: is missing", "add a list of routes: what is served where");
  }
  refuse_misplaced(map);
  map.finish();
  return out;
}

}  // namespace config
