// policies: named lists of rules, which may name one another.
#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "config/suggest.h"
#include "config/values.h"

namespace config {
namespace {

/// Where a rule names policies that the file may hold further below.
struct Reference {
  std::size_t policy;
  std::vector<Rule> Policy::* rules;
  std::size_t rule;
  std::vector<std::string> names;
};

using References = std::vector<Reference>;

/// The same for `approval`.
struct AdminsReference {
  std::size_t policy;
  std::string name;
};

/// `place` says which rules of which policy.
void read_rules(MapReader& map, Inputs& inputs, Policy& policy, Reference place, References& references) {
  const std::string_view key = place.rules == &Policy::deny ? "deny" : "allow";
  std::vector<Rule>& out = policy.*place.rules;
  const YamlNode* node = map.take(key);
  if (node == nullptr) return;
  if (!node->is_list()) {
    inputs.findings.error(node->at, map.path(key) + ": expected a list of rules",
                          "put \"- \" before each rule");
    return;
  }
  for (const YamlNode& item : node->items) {
    RuleReading reading = parse_rule(item, map.path(key), inputs);
    if (reading.policies) {
      place.rule = out.size();
      place.names = std::move(*reading.policies);
      references.push_back(place);
    }
    out.push_back(std::move(reading.rule));
  }
  if (node->items.empty()) inputs.findings.error(node->at, map.path(key) + ": the list is empty");
}

void read_otherwise(MapReader& map, Policy& out) {
  std::string text;
  if (!map.value("otherwise", text, parse_line) || text == "denied") return;
  if (text == "pending") {
    out.otherwise = Otherwise::pending;
    return;
  }
  const auto url = core::parse_url(text);
  if (!url || url->scheme != "https") {
    map.findings().error(map.at("otherwise"),
                         map.path("otherwise") + ": expected denied, pending or an https URL");
    return;
  }
  out.otherwise = Otherwise::redirect;
  out.otherwise_url = text;
}

void resolve(const Reference& reference, std::vector<Policy>& policies, Findings& findings) {
  Rule& rule = (policies[reference.policy].*reference.rules)[reference.rule];
  rule.policies.emplace();
  for (const std::string& name : reference.names) {
    const auto found = find_policy({policies, name, rule.at, {}}, findings);
    if (found) rule.policies->push_back(*found);
  }
}

void resolve(const AdminsReference& reference, std::vector<Policy>& policies, Findings& findings) {
  Policy& policy = policies[reference.policy];
  const std::string key = "policies." + policy.name + ".approval.admins: ";
  if (const auto found = find_policy({policies, reference.name, policy.at, key}, findings))
    policy.approval->admins = *found;
}

}  // namespace

std::optional<std::size_t> find_policy(const PolicySought& sought, Findings& findings) {
  const auto found = std::ranges::find(sought.policies, sought.name, &Policy::name);
  if (found != sought.policies.end()) return static_cast<std::size_t>(found - sought.policies.begin());
  std::vector<std::string> names;
  names.reserve(sought.policies.size());
  for (const Policy& policy : sought.policies) names.push_back(policy.name);
  const std::string nearest = nearest_name(sought.name, names);
  findings.error(sought.at, sought.key + "there is no policy \"" + sought.name + "\"",
                 nearest.empty() ? "add it under policies" : "did you mean \"" + nearest + "\"?");
  return std::nullopt;
}

std::vector<Policy> parse_policies(const YamlNode& node, Inputs& inputs) {
  std::vector<Policy> policies;
  References references;
  std::vector<AdminsReference> admins;
  if (!node.is_map()) {
    inputs.findings.error(node.at, "policies: expected a map from a name to a policy");
    return policies;
  }
  for (const YamlEntry& entry : node.entries) {
    Policy policy;
    policy.name = entry.key;
    policy.at = entry.at;
    const std::string name = "policies." + entry.key;
    if (const auto valid = parse_name(entry.key); !valid) {
      inputs.findings.error(entry.at, name + ": " + valid.error().text);
    }
    MapReader map(entry.value, name, inputs.findings);
    read_rules(map, inputs, policy, {policies.size(), &Policy::deny, 0, {}}, references);
    read_rules(map, inputs, policy, {policies.size(), &Policy::allow, 0, {}}, references);
    if (entry.value.is_map() && !map.has("allow")) {
      inputs.findings.error(entry.at, name + ".allow: is missing", "name whom the policy admits");
    }
    read_otherwise(map, policy);
    if (auto name = read_approval(map, inputs, policy)) admins.push_back({policies.size(), std::move(*name)});
    map.finish();
    policies.push_back(std::move(policy));
  }
  for (const Reference& reference : references) resolve(reference, policies, inputs.findings);
  for (const AdminsReference& reference : admins) resolve(reference, policies, inputs.findings);
  return policies;
}

}  // namespace config
