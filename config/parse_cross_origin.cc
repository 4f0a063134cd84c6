// cors: which other origins' scripts may use a route.
#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/http/fields.h"

namespace config {
namespace {

constexpr std::size_t kMaxOrigins = 100;
constexpr std::size_t kMaxNames = 64;
constexpr std::chrono::seconds kMaxAge = std::chrono::hours(24);

core::Result<std::string> parse_field_name(std::string_view text) {
  if (core::is_token(text) && text != "*") return std::string(text);
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected the name of a header field");
}

void read_names(MapReader& map, std::string_view key, std::vector<std::string>& out) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return;
  read_list(*node, map.path(key), map.findings(), out, parse_field_name);
  if (out.size() > kMaxNames) map.findings().error(node->at, map.path(key) + ": more than 64 fields");
}

/// Whether every origin may.
bool read_origins(MapReader& map, CrossOrigin& out) {
  const YamlNode* node = map.take("origins");
  const std::string name = map.path("origins");
  if (node == nullptr) {
    if (!map.has("origins"))
      map.findings().error(map.at(), name + ": is missing", "list the origins, or write \"*\"");
    return false;
  }
  if (node->is_scalar() && node->text == "*") return true;
  read_list(*node, name, map.findings(), out.origins, parse_web_origin);
  if (node->is_list() && (node->items.empty() || node->items.size() > kMaxOrigins))
    map.findings().error(node->at, name + ": expected 1 to 100 origins, or \"*\"");
  return false;
}

void read_max_age(MapReader& map, std::chrono::seconds& out) {
  if (map.value("max_age", out, parse_seconds) && out > kMaxAge)
    map.findings().error(map.at("max_age"), map.path("max_age") + ": at most 24h");
}

}  // namespace

core::Result<std::string> parse_web_origin(std::string_view text) {
  auto url = parse_origin(text);
  if (!url) return core::failure(url.error());
  return url->origin();
}

void read_cross_origin(MapReader& map, Route& route) {
  const YamlNode* node = map.take("cors");
  if (node == nullptr) return;
  route.cross_origin.reset();
  if (is_off(*node)) return;
  MapReader cors(*node, map.path("cors"), map.findings());
  if (!node->is_map()) return;
  CrossOrigin made;
  const bool is_for_all = read_origins(cors, made);
  cors.value("credentials", made.takes_credentials, parse_flag);
  read_methods(cors, made.methods);
  std::vector<std::string> headers;
  read_names(cors, "headers", headers);
  if (cors.has("headers")) made.headers = std::move(headers);
  read_names(cors, "expose", made.exposed);
  read_max_age(cors, made.max_age);
  cors.finish();
  if (is_for_all && made.takes_credentials) {
    map.findings().error(
        cors.at("credentials"),
        cors.path("credentials") + ": not for every origin: any page could act as its visitor",
        "list the origins that may");
  }
  route.cross_origin = std::move(made);
}

void settle_cross_origin(Route& route) {
  if (!route.cross_origin || !route.cross_origin->methods.empty()) return;
  route.cross_origin->methods = route.methods;
  if (route.methods.empty()) route.cross_origin->methods = {"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"};
}

}  // namespace config
