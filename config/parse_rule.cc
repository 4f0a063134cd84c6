// policies: one rule, test by test.
#include <algorithm>
#include <charconv>
#include <utility>

#include "config/email_list.h"
#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::size_t kMaxGithubName = 100;

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

/// {file: PATH} in place of a list.
struct ListInFile {
  ListKind kind;
  std::string& file;
  std::optional<std::vector<std::string>>& entries;
};

void read_list_in_file(const YamlNode& node, const std::string& name, Inputs& inputs, ListInFile out) {
  MapReader map(node, name, inputs.findings);
  const bool has_file = map.value("file", out.file, parse_file_path);
  map.finish();
  out.entries.emplace();
  if (!has_file) return;
  inputs.files.push_back(out.file);
  auto list = read_list_file(out.file, out.kind);
  if (!list) {
    inputs.findings.error(node.at, name + ": " + list.error().text,
                          "create the file, or let the user that runs the gateway read it");
    return;
  }
  for (std::string& error : list->errors) inputs.findings.error(node.at, std::move(error));
  out.entries = std::move(list->entries);
}

/// The name of an organisation or a team at GitHub, whose case means nothing there.
core::Result<std::string> parse_github_name(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const bool is_name = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (name.empty() || name.size() > kMaxGithubName || !is_name)
    return expected("a name as GitHub's URLs have it");
  return name;
}

/// "organisation/team", as the group that stands for it.
core::Result<std::string> parse_team(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return expected("organisation/team");
  const auto organisation = parse_github_name(text.substr(0, slash));
  const auto team = parse_github_name(text.substr(slash + 1));
  if (!organisation || !team) return expected("organisation/team, as GitHub's URLs have them");
  return *organisation + ":" + *team;
}

template <typename T, typename Parse>
void read_test(MapReader& map, std::string_view key, std::optional<std::vector<T>>& out, Parse parse) {
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

void read_names(MapReader& map, Rule& rule) {
  read_test(map, "email_domain", rule.email_domains, parse_email_domain);
  read_test(map, "user", rule.users, parse_line);
  read_test(map, "role", rule.roles, parse_line);
  read_test(map, "org", rule.orgs, parse_github_name);
  read_test(map, "team", rule.teams, parse_team);
  read_test(map, "provider", rule.providers, parse_name);
  read_test(map, "client", rule.clients, parse_name);
}

}  // namespace

RuleReading parse_rule(const YamlNode& node, const std::string& name, Inputs& inputs) {
  RuleReading reading;
  Rule& rule = reading.rule;
  rule.at = node.at;
  MapReader map(node, name, inputs.findings);
  const YamlNode* email = map.take("email");
  if (email != nullptr && email->is_map()) {
    read_list_in_file(*email, map.path("email"), inputs, {ListKind::emails, rule.email_file, rule.emails});
  } else {
    read_test(map, "email", rule.emails, parse_listed_email);
    if (rule.emails) make_set(*rule.emails);
  }
  const YamlNode* group = map.take("group");
  if (group != nullptr && group->is_map()) {
    read_list_in_file(*group, map.path("group"), inputs, {ListKind::groups, rule.group_file, rule.groups});
  } else {
    read_test(map, "group", rule.groups, parse_line);
  }
  read_names(map, rule);
  read_test(map, "ip", rule.networks, parse_network);
  read_test(map, "method", rule.methods, parse_method);
  read_test(map, "policy", reading.policies, parse_name);
  read_claims(map, rule);
  if (map.value("authenticated", rule.authenticated, parse_flag) && !rule.authenticated) {
    inputs.findings.error(map.at("authenticated"), map.path("authenticated") + ": expected true",
                          "or remove the key");
  }
  map.finish();
  if (node.is_map() && node.entries.empty()) {
    inputs.findings.error(node.at, name + ": the rule is empty",
                          "to admit anyone who signs in: authenticated: true");
  }
  return reading;
}

}  // namespace config
