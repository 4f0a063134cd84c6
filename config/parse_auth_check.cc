// login.auth_check: which other proxies may ask about requests of theirs.
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {

void read_policy_name(MapReader& map, const std::vector<Policy>& policies, std::optional<std::size_t>& out) {
  std::string name;
  if (!map.value("policy", name, parse_name)) return;
  const PolicySought sought{policies, name, map.at("policy"), map.path("policy") + ": "};
  out = find_policy(sought, map.findings());
}

void parse_auth_check(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies,
                      std::optional<AuthCheck>& out) {
  if (node.is_scalar() && node.text == "off") return;
  MapReader map(node, "login.auth_check", inputs.findings);
  AuthCheck check;
  check.at = node.at;
  const YamlNode* from = map.take("from");
  if (from != nullptr) {
    const NetworkList list{map.path("from"), "lets strangers say which page is meant"};
    check.from = read_networks(*from, list, inputs.findings);
  }
  const bool has_none = from == nullptr || (from->is_list() && from->items.empty());
  if (node.is_map() && has_none) {
    inputs.findings.error(node.at, "login.auth_check.from: is missing",
                          "list the addresses of the proxies that ask, such as [10.2.0.5]");
  }
  read_policy_name(map, policies, check.policy);
  map.finish();
  out = std::move(check);
}

}  // namespace config
