// policies, written out.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/print.h"

namespace config {
namespace {

std::string text_of(const ClaimValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  std::string number = fmt::format("{}", std::get<double>(value));
  if (number.find_first_of(".e") == std::string::npos) number.append(".0");
  return number;
}

std::string list_of_claim_values(const std::vector<ClaimValue>& values) {
  std::string text;
  for (const ClaimValue& value : values) text.append(text.empty() ? "" : ", ").append(text_of(value));
  return "[" + text + "]";
}

/// As "organisation/team".
std::vector<std::string> team_names(std::vector<std::string> teams) {
  for (std::string& team : teams) std::ranges::replace(team, ':', '/');
  return teams;
}

std::vector<std::string> network_names(const std::vector<core::Network>& networks) {
  std::vector<std::string> names;
  for (const core::Network& network : networks) names.push_back(network.text());
  return names;
}

std::vector<std::string> policy_names(const std::vector<std::size_t>& indices,
                                      const std::vector<Policy>& policies) {
  std::vector<std::string> names;
  for (const std::size_t index : indices) names.push_back(policies[index].name);
  return names;
}

void print_approval(const Approval& approval, const std::vector<Policy>& policies, Writer& out) {
  out.open("approval");
  out.entry("admins", quoted(policies[approval.admins].name));
  if (!approval.webhook.empty()) {
    out.open("webhook");
    out.entry("url", quoted(approval.webhook));
    if (!approval.webhook_key.value.empty()) out.entry("key", text_of(approval.webhook_key));
    if (!approval.webhook_ca.empty()) out.entry("ca", quoted(approval.webhook_ca));
    out.close();
  }
  out.close();
}

void print_rule(const Rule& rule, const std::vector<Policy>& policies, Writer& out) {
  out.item();
  if (rule.authenticated) out.entry("authenticated", "true");
  if (rule.providers) out.entry("provider", list_of(*rule.providers));
  if (rule.clients) out.entry("client", list_of(*rule.clients));
  if (!rule.email_file.empty()) {
    out.entry("email", "{file: " + quoted(rule.email_file) + "}");
  } else if (rule.emails) {
    out.entry("email", list_of(*rule.emails));
  }
  if (rule.email_domains) out.entry("email_domain", list_of(*rule.email_domains));
  if (rule.users) out.entry("user", list_of(*rule.users));
  if (!rule.group_file.empty()) {
    out.entry("group", "{file: " + quoted(rule.group_file) + "}");
  } else if (rule.groups) {
    out.entry("group", list_of(*rule.groups));
  }
  if (rule.roles) out.entry("role", list_of(*rule.roles));
  if (rule.orgs) out.entry("org", list_of(*rule.orgs));
  if (rule.teams) out.entry("team", list_of(team_names(*rule.teams)));
  if (rule.networks) out.entry("ip", list_of(network_names(*rule.networks)));
  if (rule.methods) out.entry("method", list_of(*rule.methods));
  if (rule.policies) out.entry("policy", list_of(policy_names(*rule.policies, policies)));
  if (!rule.claims.empty()) {
    out.open("claim");
    for (const ClaimTest& test : rule.claims)
      out.entry(quoted(test.path.literal), list_of_claim_values(test.any_of));
    out.close();
  }
  out.close();
}

}  // namespace

std::string rule_text(const Rule& rule, const std::vector<Policy>& policies) {
  Writer out;
  print_rule(rule, policies, out);
  const std::string block = out.take();
  std::string line;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t end = block.find('\n', at);
    std::string_view entry = std::string_view(block).substr(at, end - at);
    entry.remove_prefix(std::min(entry.find_first_not_of(" -"), entry.size()));
    if (!line.empty()) line.append(line.ends_with(':') ? " " : ", ");
    line.append(entry);
    at = end + 1;
  }
  return line;
}

void print_policies(const std::vector<Policy>& policies, Writer& out) {
  if (policies.empty()) return;
  out.open("policies");
  for (const Policy& policy : policies) {
    out.open(policy.name);
    for (const auto& [name, rules] : {std::pair("deny", &policy.deny), std::pair("allow", &policy.allow)}) {
      if (rules->empty()) continue;
      out.open(name);
      for (const Rule& rule : *rules) print_rule(rule, policies, out);
      out.close();
    }
    if (policy.otherwise == Otherwise::pending) out.entry("otherwise", "pending");
    if (policy.otherwise == Otherwise::redirect) out.entry("otherwise", quoted(policy.otherwise_url));
    if (policy.approval) print_approval(*policy.approval, policies, out);
    out.close();
  }
  out.close();
}

}  // namespace config
