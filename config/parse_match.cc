// Which requests a route is for: path, methods, header fields.
#include <algorithm>
#include <set>
#include <utility>

#include "config/header_rules.h"
#include "config/parse.h"
#include "config/values.h"
#include "core/http/fields.h"
#include "core/text/regular_expression.h"

namespace config {
namespace {

constexpr std::size_t kMaxMethods = 32;
constexpr std::size_t kMaxHeaderMatches = 8;
constexpr std::size_t kMaxHeaderValues = 32;
constexpr std::size_t kMaxNameBytes = 128;

core::Result<std::string> parse_path_regex(std::string_view text) {
  const auto wrong = [](std::string why) {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration, std::move(why));
  };
  const std::string_view start = text.starts_with('^') ? text.substr(1) : text;
  if (!start.starts_with('/') && !start.starts_with('(') && !start.starts_with('['))
    return wrong("expected a regular expression for a whole path, which begins with /");
  const auto expression = core::RegularExpression::parse(text);
  if (!expression) return wrong("expected a regular expression (" + expression.error().text + ")");
  return std::string(text);
}

core::Result<std::string> parse_match_value(std::string_view text) {
  if (core::is_field_value(text) && !text.empty()) return std::string(text);
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected a header's value of one line");
}

/// A field that only the client and the app speak of: what the gateway itself writes or reads decides nothing
/// here.
bool read_match_name(const YamlEntry& entry, const std::string& name, Findings& findings,
                     std::set<std::string>& seen) {
  if (!core::is_token(entry.key) || entry.key.size() > kMaxNameBytes) {
    findings.error(entry.at, name + ": expected the name of a header field");
    return false;
  }
  if (const std::string_view reason = reserved_in_matches(entry.key); !reason.empty()) {
    findings.error(entry.at, name + ": " + entry.key + " cannot choose a route", std::string(reason));
    return false;
  }
  if (seen.insert(folded_name(entry.key)).second) return true;
  findings.error(entry.at, name + ": " + entry.key + " stands twice, if case and - _ . are read alike",
                 "keep one of them; a list of values means any of them");
  return false;
}

}  // namespace

core::Result<std::string> parse_method(std::string_view text) {
  const bool has_lower = std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!core::is_token(text) || has_lower || text == "CONNECT") {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                         "expected a method in upper case, such as GET; not CONNECT");
  }
  return std::string(text);
}

void read_methods(MapReader& map, std::vector<std::string>& out) {
  const YamlNode* node = map.take("methods");
  if (node == nullptr) return;
  const std::string name = map.path("methods");
  read_list(*node, name, map.findings(), out, parse_method);
  std::ranges::sort(out);
  if (std::ranges::adjacent_find(out) != out.end())
    map.findings().error(node->at, name + ": a method stands twice");
  if ((node->is_list() && node->items.empty()) || out.size() > kMaxMethods) {
    map.findings().error(node->at, name + ": expected 1 to 32 methods", "remove the key to admit all");
  }
}

void read_path_pattern(MapReader& map, PathPattern& out) {
  const YamlNode* node = map.take("path");
  if (node == nullptr) return;
  if (!node->is_map()) {
    read_scalar(*node, map.path("path"), map.findings(), out.path, parse_path);
    return;
  }
  MapReader pattern(*node, map.path("path"), map.findings());
  if (pattern.value("exact", out.path, parse_exact_path)) out.match = PathMatch::exact;
  if (pattern.value("regex", out.path, parse_path_regex)) out.match = PathMatch::regex;
  pattern.finish();
  if (pattern.has("exact") == pattern.has("regex")) {
    map.findings().error(node->at,
                         map.path("path") + ": expected a path, {exact: /path} or {regex: \"/v[0-9]+/.*\"}");
  }
}

void read_header_matches(MapReader& map, std::vector<HeaderMatch>& out) {
  const YamlNode* node = map.take("headers");
  if (node == nullptr) return;
  const std::string name = map.path("headers");
  if (!node->is_map()) {
    map.findings().error(node->at, name + ": expected a map from a header's name to its value");
    return;
  }
  std::set<std::string> seen;
  for (const YamlEntry& entry : node->entries) {
    HeaderMatch match;
    match.name = entry.key;
    const bool has_name = read_match_name(entry, name, map.findings(), seen);
    const std::string at = name + "." + entry.key;
    read_list(entry.value, at, map.findings(), match.values, parse_match_value);
    std::ranges::sort(match.values);
    match.values.erase(std::ranges::unique(match.values).begin(), match.values.end());
    if (entry.value.is_list() && (entry.value.items.empty() || entry.value.items.size() > kMaxHeaderValues)) {
      map.findings().error(entry.value.at, at + ": expected 1 to 32 values");
    }
    if (has_name && !match.values.empty()) out.push_back(std::move(match));
  }
  std::ranges::sort(out, {}, [](const HeaderMatch& match) { return folded_name(match.name); });
  if (node->entries.empty() || node->entries.size() > kMaxHeaderMatches)
    map.findings().error(node->at, name + ": expected 1 to 8 header fields", "remove the key to take all");
}

}  // namespace config
