// policies: named rules over the session's claims.
#include <algorithm>
#include <charconv>
#include <utility>

#include "config/email_list.h"
#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

std::unexpected<core::Error> expected(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(text));
}

core::Result<std::string> parse_email_domain(std::string_view text) {
  if (text.contains('@') || text.contains('*'))
    return expected("a domain such as example.com, without @ and *");
  auto host = parse_host(text);
  if (!host || text.contains(':') || !text.contains('.')) return expected("a domain such as example.com");
  return host;
}

ClaimValue parse_claim_value(const YamlNode& node) {
  const std::string& text = node.text;
  if (node.style == YamlNode::Style::quoted || node.from_environment) return text;
  if (text == "true") return true;
  if (text == "false") return false;
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto parsed = std::from_chars(text.data(), end, integer);
      parsed.ec == std::errc() && parsed.ptr == end) {
    return integer;
  }
  double number = 0;
  const bool looks_numeric = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
  const auto parsed = std::from_chars(text.data(), end, number);
  if (looks_numeric && parsed.ec == std::errc() && parsed.ptr == end) return number;
  return text;
}

void read_email_file(const YamlNode& node, const std::string& name, Inputs& inputs, Rule& rule) {
  MapReader map(node, name, inputs.findings);
  const bool has_file = map.value("file", rule.email_file, parse_file_path);
  map.finish();
  rule.emails.emplace();
  if (!has_file) return;
  inputs.files.push_back(rule.email_file);
  auto list = read_email_list(rule.email_file);
  if (!list) {
    inputs.findings.error(node.at, name + ": " + list.error().text,
                          "create the file, or let the user that runs the gateway read it");
    return;
  }
  for (std::string& error : list->errors) inputs.findings.error(node.at, std::move(error));
  rule.emails = std::move(list->emails);
}

template <typename Parse>
void read_test(MapReader& map, std::string_view key, std::optional<std::vector<std::string>>& out,
               Parse parse) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return;
  out.emplace();
  read_list(*node, map.path(key), map.findings(), *out, parse);
  if (node->is_list() && node->items.empty()) {
    map.findings().error(node->at, map.path(key) + ": an empty list matches nobody",
                         "remove the rule, or name someone");
  }
}

void read_claims(MapReader& map, Rule& rule) {
  const YamlNode* node = map.take("claim");
  if (node == nullptr) return;
  Findings& findings = map.findings();
  if (!node->is_map() || node->entries.empty()) {
    findings.error(node->at,
                   map.path("claim") + ": expected a map from a claim to its value: {realm.roles: admin}");
    return;
  }
  for (const YamlEntry& entry : node->entries) {
    const std::string name = map.path("claim") + "." + entry.key;
    ClaimTest test;
    if (auto path = parse_claim_path(entry.key)) {
      test.path = std::move(*path);
    } else {
      findings.error(entry.at, name + ": " + path.error().text);
    }
    for (const YamlNode* item : one_or_list(entry.value)) {
      if (scalar_text(*item, name, findings) == nullptr) continue;
      test.any_of.push_back(parse_claim_value(*item));
    }
    if (test.any_of.empty()) findings.error(entry.at, name + ": expected a value or a list of values");
    rule.claims.push_back(std::move(test));
  }
}

Rule parse_rule(const YamlNode& node, const std::string& name, Inputs& inputs) {
  Rule rule;
  rule.at = node.at;
  MapReader map(node, name, inputs.findings);
  const YamlNode* email = map.take("email");
  if (email != nullptr && email->is_map()) {
    read_email_file(*email, map.path("email"), inputs, rule);
  } else {
    read_test(map, "email", rule.emails, parse_listed_email);
    if (rule.emails) make_set(*rule.emails);
  }
  read_test(map, "email_domain", rule.email_domains, parse_email_domain);
  read_test(map, "group", rule.groups, parse_line);
  read_test(map, "provider", rule.providers, parse_name);
  read_claims(map, rule);
  if (map.value("authenticated", rule.authenticated, parse_flag) && !rule.authenticated) {
    inputs.findings.error(map.at("authenticated"), map.path("authenticated") + ": expected true",
                          "or remove the key");
  }
  map.not_yet({"org", "team", "client"});
  map.finish();
  if (node.is_map() && node.entries.empty()) {
    inputs.findings.error(node.at, name + ": the rule is empty",
                          "to admit anyone who signs in: authenticated: true");
  }
  return rule;
}

void read_rules(MapReader& map, std::string_view key, Inputs& inputs, std::vector<Rule>& out) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return;
  if (!node->is_list()) {
    inputs.findings.error(node->at, map.path(key) + ": expected a list of rules",
                          "put \"- \" before each rule");
    return;
  }
  for (const YamlNode& item : node->items) out.push_back(parse_rule(item, map.path(key), inputs));
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

}  // namespace

std::vector<Policy> parse_policies(const YamlNode& node, Inputs& inputs) {
  std::vector<Policy> policies;
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
    read_rules(map, "deny", inputs, policy.deny);
    read_rules(map, "allow", inputs, policy.allow);
    if (entry.value.is_map() && !map.has("allow")) {
      inputs.findings.error(entry.at, name + ".allow: is missing", "name whom the policy admits");
    }
    read_otherwise(map, policy);
    map.not_yet({"approval"});
    map.finish();
    policies.push_back(std::move(policy));
  }
  return policies;
}

}  // namespace config
