// The top of gateway.yaml: which sections there are, and in which order they need each other.
#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::uint64_t kMaxWorkers = 1024;
constexpr std::size_t kMaxNameServers = 8;
constexpr std::string_view kDefaultStorage = "/var/lib/gateway";

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

/// The first directory of $STATE_DIRECTORY, which systemd joins by colons.
std::string default_storage(const Environment& environment) {
  const auto state = environment.variable("STATE_DIRECTORY");
  if (!state || state->empty()) return std::string(kDefaultStorage);
  return state->substr(0, state->find(':'));
}

void read_storage(MapReader& map, const Inputs& inputs, Config& out) {
  out.storage_directory = default_storage(inputs.environment);
  const YamlNode* node = map.take("storage");
  if (node == nullptr) return;
  const bool is_other =
      node->is_map() || (node->is_scalar() && (node->text == "kubernetes" || node->text.contains("://")));
  if (is_other) {
    inputs.findings.error(node->at, "storage: other than a directory is not supported yet",
                          "write the path of a directory");
    return;
  }
  if (!read_scalar(*node, "storage", inputs.findings, out.storage_directory, parse_file_path)) return;
  if (out.storage_directory.starts_with('/')) return;
  inputs.findings.error(node->at, "storage: expected the absolute path of a directory");
}

}  // namespace

Config parse_file(const YamlNode& root, Inputs& inputs) {
  Config out;
  MapReader map(root, "", inputs.findings);
  if (const YamlNode* listen = map.take("listen")) parse_listen(*listen, inputs, out.listen);
  read_workers(map, out);
  read_resolver(map, out);
  if (const YamlNode* tls = map.take("tls")) parse_tls(*tls, inputs, out.tls);
  read_storage(map, inputs, out);
  if (const YamlNode* login = map.take("login")) parse_login(*login, inputs, out.login);
  if (const YamlNode* policies = map.take("policies")) out.policies = parse_policies(*policies, inputs);
  if (const YamlNode* limits = map.take("limits")) parse_limits(*limits, inputs, out.limits);
  if (const YamlNode* shutdown = map.take("shutdown")) parse_shutdown(*shutdown, inputs, out.shutdown);
  if (const YamlNode* log = map.take("log")) parse_log(*log, inputs, out.log);
  RouteDefaults defaults;
  if (const YamlNode* node = map.take("defaults")) parse_defaults(*node, inputs, out.policies, defaults);
  const YamlNode* routes = map.take("routes");
  if (routes != nullptr) {
    out.routes = parse_routes(*routes, inputs, defaults, out.policies);
  } else if (root.is_map() && !map.has("routes")) {
    inputs.findings.error(root.at, "routes: is missing", "add a list of routes: what is served where");
  }
  map.not_yet({"storage_key", "tokens", "client_certificates", "break_glass", "tracing"});
  map.finish();
  return out;
}

}  // namespace config
