// strip_prefix and rewrite: the path that an origin is asked for.
#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/text/expand.h"
#include "core/text/regular_expression.h"
#include "core/text/request_path.h"

namespace config {
namespace {

constexpr std::string_view kPath = "path";

std::unexpected<core::Error> expected(std::string what) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(what));
}

/// The number of a placeholder {1} to {9}; 0 for any other.
std::size_t group_of(std::string_view placeholder) {
  const bool is_group = placeholder.size() == 1 && placeholder[0] >= '1' && placeholder[0] <= '9';
  return is_group ? static_cast<std::size_t>(placeholder[0] - '0') : 0;
}

core::Result<std::string> parse_path_template(std::string_view text) {
  const auto parsed = core::Template::parse(text);
  if (!parsed) return core::failure(parsed.error());
  const std::vector<std::string_view> names = parsed->names();
  const bool begins_with_path = !names.empty() && text.starts_with("{path}");
  if (!text.starts_with('/') && !begins_with_path) return expected("a path that begins with / or {path}");
  for (const std::string_view name : names) {
    if (name != kPath && group_of(name) == 0)
      return expected("no other placeholder than {path} and {1} to {9}; {{ is a literal {");
  }
  // What stands there literally must be a path; any path may stand for the placeholders.
  std::string sample;
  const auto put = [](std::string_view name, std::string& out) {
    out.append(name == kPath ? "/p" : "p");
    return true;
  };
  if (!parsed->expand(put, sample)) return expected("a path");
  const auto normal = core::normalise_path(sample, core::EncodedSlashes::keep);
  if (!normal || text.contains('?')) return expected("a path without query and dot segments");
  std::string merged;
  for (const char c : sample) {
    if (c != '/' || !merged.ends_with('/')) merged.push_back(c);
  }
  if (*normal != merged) return expected("a path in normal form: " + *normal);
  return std::string(text);
}

core::Result<std::string> parse_expression(std::string_view text) {
  const auto expression = core::RegularExpression::parse(text);
  if (!expression) return expected("a regular expression (" + expression.error().text + ")");
  return std::string(text);
}

void read_rewrite(MapReader& map, std::optional<PathRewrite>& out) {
  const YamlNode* node = map.take("rewrite");
  if (node == nullptr) return;
  if (is_off(*node)) return out.reset();
  PathRewrite made;
  if (!node->is_map()) {
    if (read_scalar(*node, map.path("rewrite"), map.findings(), made.to.text, parse_path_template)) {
      made.to.at = node->at;
      out = std::move(made);
    }
    return;
  }
  MapReader rewrite(*node, map.path("rewrite"), map.findings());
  const bool has_regex = rewrite.value("regex", made.regex, parse_expression);
  const bool has_target = rewrite.value("to", made.to.text, parse_path_template);
  made.to.at = rewrite.at("to");
  if (!rewrite.has("regex") || !rewrite.has("to")) {
    map.findings().error(node->at, map.path("rewrite") + ": expected {regex: …, to: …}, or a path alone");
  }
  rewrite.finish();
  if (has_regex && has_target) out = std::move(made);
}

std::size_t groups_of(const std::string& regex) {
  const auto expression = core::RegularExpression::parse(regex);
  return expression ? expression->group_count() : 0;
}

}  // namespace

void read_path_change(MapReader& map, PathChange& out) {
  map.value("strip_prefix", out.strips_prefix, parse_flag);
  read_rewrite(map, out.rewrite);
}

void settle_path_change(MapReader& map, Route& route) {
  const bool has_prefix = route.path.match == PathMatch::prefix && route.path.path != "/";
  if (route.path_change.strips_prefix && !has_prefix) {
    route.path_change.strips_prefix = false;  // what defaults say is for routes that have a prefix
    if (map.has("strip_prefix")) {
      map.findings().error(map.at("strip_prefix"),
                           map.path("strip_prefix") + ": this route's path is no prefix that could go",
                           "write path: /prefix, or remove the key");
    }
  }
  if (!route.path_change.rewrite) return;
  const PathRewrite& rewrite = *route.path_change.rewrite;
  const bool uses_route = rewrite.regex.empty() && route.path.match == PathMatch::regex;
  const std::size_t groups = groups_of(uses_route ? route.path.path : rewrite.regex);
  const auto parsed = core::Template::parse(rewrite.to.text);
  if (!parsed) return;
  for (const std::string_view name : parsed->names()) {
    if (group_of(name) <= groups) continue;
    map.findings().error(rewrite.to.at,
                         map.path("rewrite") + ": there is no group {" + std::string(name) + "}",
                         "groups are those of rewrite.regex, or of path.regex without one");
    return;
  }
}

}  // namespace config
