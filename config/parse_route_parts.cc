// The parts of a route that are maps of their own: what answers by itself (redirect, respond), who may pass
// (public, policy, except).
#include <algorithm>
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/http/fields.h"
#include "core/text/expand.h"
#include "core/text/request_path.h"

namespace config {
namespace {

constexpr std::size_t kMaxBodyText = 64UL * 1024;
constexpr std::size_t kMaxExcepts = 1000;
constexpr std::array<int, 5> kRedirectStatuses{301, 302, 303, 307, 308};
constexpr std::array<std::pair<std::string_view, Unauthenticated>, 3> kUnauthenticated{
    {{"auto", Unauthenticated::automatic},
     {"redirect", Unauthenticated::redirect},
     {"401", Unauthenticated::refuse}}};

/// What follows "://" up to the path: a literal authority or exactly {host}.
bool has_safe_authority(std::string_view rest) {
  constexpr std::string_view kHost = "{host}";
  if (rest.starts_with(kHost)) {
    rest.remove_prefix(kHost.size());
  } else {
    const std::size_t end = std::min(rest.find_first_of("/?#{"), rest.size());
    if (!core::parse_authority(rest.substr(0, end))) return false;
    rest.remove_prefix(end);
  }
  return rest.empty() || rest.starts_with('/') || rest.starts_with('?') || rest.starts_with("{uri}") ||
         rest.starts_with("{path}");
}

core::Result<std::string> parse_redirect_template(std::string_view text) {
  const auto wrong = [](std::string why) {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration, std::move(why));
  };
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong("expected a URL that begins with https:// or http://");
  }
  const auto parsed = core::Template::parse(text);
  if (!parsed) return wrong(parsed.error().text);
  for (const std::string_view name : parsed->names()) {
    if (name != "uri" && name != "path" && name != "host") {
      return wrong("unknown placeholder {" + std::string(name) + "}; there are {uri}, {path} and {host}");
    }
  }
  if (!has_safe_authority(rest)) {
    return wrong(
        "expected a host name or exactly {host} after the scheme, then nothing, a path, {uri} or {path}");
  }
  if (text.contains('\\') || !core::is_field_value(text) || text.contains(' '))
    return wrong("expected a URL");
  return std::string(text);
}

void read_redirect_status(MapReader& map, Redirect& out) {
  std::uint64_t status = 308;
  if (!map.value("status", status, parse_count)) return;
  if (std::ranges::find(kRedirectStatuses, static_cast<int>(status)) == kRedirectStatuses.end()) {
    map.findings().error(map.at("status"), map.path("status") + ": expected 301, 302, 303, 307 or 308");
  }
  out.status = static_cast<int>(status);
}

Except parse_except(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies,
                    const Route& route) {
  Except except;
  except.at = node.at;
  except.unauthenticated = route.unauthenticated;
  except.methods = route.methods;
  MapReader map(node, "routes.except", inputs.findings);
  if (node.is_map() && !map.has("path")) inputs.findings.error(node.at, "routes.except.path: is missing");
  read_path_pattern(map, except.path);
  const AccessReading access = read_access(map, inputs, policies);
  except.access = access.was_given ? access.access : route.access;
  if (node.is_map() && map.has("path") && node.entries.size() == 1) {
    inputs.findings.error(node.at, "routes.except: changes nothing",
                          "write public: true, policy, authorize, unauthenticated or methods");
  }
  read_unauthenticated(map, except.unauthenticated);
  read_methods(map, except.methods);
  map.finish();
  if (map.has("path") && !is_inside(except.path, route.path)) {
    inputs.findings.error(
        map.at("path"),
        "routes.except.path: " + except.path.path + " is not below the route's path " + route.path.path,
        "write the whole path, as clients send it");
  }
  return except;
}

}  // namespace

AccessReading read_access(MapReader& map, Inputs& inputs, const std::vector<Policy>& policies) {
  AccessReading reading;
  bool is_open = false;
  const bool has_open = map.value("public", is_open, parse_flag);
  std::string name;
  const bool has_policy = map.value("policy", name, parse_name);
  std::optional<Authorize> engine = read_authorize(map, inputs);
  reading.was_given = map.has("public") || map.has("policy") || map.has("authorize");
  if (has_open && !is_open) {
    map.findings().error(map.at("public"), map.path("public") + ": expected true",
                         "remove the key and name a policy");
  }
  for (const std::string_view other : {"policy", "authorize"}) {
    if (!map.has("public") || !map.has(other)) continue;
    map.findings().error(map.at(other),
                         map.path(other) + ": public and " + std::string(other) + " exclude each other",
                         "keep one of them");
    return reading;
  }
  if (has_open && is_open) reading.access.kind = AccessKind::open;
  if (engine && !map.has("policy")) reading.access.kind = AccessKind::engine;
  reading.access.authorize = std::move(engine);
  if (!has_policy) return reading;
  const PolicySought sought{policies, name, map.at("policy"), map.path("policy") + ": "};
  if (const auto found = find_policy(sought, map.findings())) {
    reading.access.kind = AccessKind::policy;
    reading.access.policy = *found;
  }
  return reading;
}

void read_unauthenticated(MapReader& map, Unauthenticated& out) {
  map.value("unauthenticated", out,
            [](std::string_view text) { return parse_word<Unauthenticated>(text, kUnauthenticated); });
}

bool is_inside(const PathPattern& except, const PathPattern& route) {
  // What an expression matches cannot be compared: such a route, and such an except, has no other inside.
  if (route.match != PathMatch::prefix || except.match == PathMatch::regex) return false;
  if (except.path == route.path) return except.match == PathMatch::exact;
  return core::path_has_prefix(except.path, route.path);
}

void parse_excepts(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies, Route& route) {
  if (!node.is_list()) {
    inputs.findings.error(node.at, "routes.except: expected a list of {path: …, public: true}");
    return;
  }
  route.excepts.clear();
  for (const YamlNode& item : node.items)
    route.excepts.push_back(parse_except(item, inputs, policies, route));
  if (route.excepts.size() > kMaxExcepts)
    inputs.findings.error(node.at, "routes.except: more than 1000 entries");
}

bool read_redirect(MapReader& map, Redirect& out) {
  const YamlNode* node = map.take("redirect");
  if (node == nullptr) return map.has("redirect");
  if (!node->is_map()) {
    read_scalar(*node, map.path("redirect"), map.findings(), out.to.text, parse_redirect_template);
    out.to.at = node->at;
    return true;
  }
  MapReader redirect(*node, map.path("redirect"), map.findings());
  if (redirect.value("to", out.to.text, parse_redirect_template)) out.to.at = redirect.at("to");
  if (!redirect.has("to")) map.findings().error(node->at, redirect.path("to") + ": is missing");
  read_redirect_status(redirect, out);
  redirect.finish();
  return true;
}

bool read_respond(MapReader& map, Respond& out) {
  const YamlNode* node = map.take("respond");
  if (node == nullptr) return map.has("respond");
  MapReader respond(*node, map.path("respond"), map.findings());
  std::uint64_t status = 200;
  if (respond.value("status", status, parse_count) && (status < 200 || status > 599)) {
    map.findings().error(respond.at("status"), respond.path("status") + ": expected 200 to 599");
  }
  out.status = static_cast<int>(status);
  respond.value("body", out.body, [](std::string_view text) { return core::Result<std::string>(text); });
  if (out.body.size() > kMaxBodyText) {
    map.findings().error(respond.at("body"), respond.path("body") + ": more than 64 KiB",
                         "serve files by an upstream");
  }
  if (!out.body.empty() && (status == 204 || status == 304)) {
    map.findings().error(respond.at("body"), respond.path("body") + ": this status has no body");
  }
  if (respond.value("content_type", out.content_type, parse_line) &&
      !core::is_field_value(out.content_type)) {
    map.findings().error(respond.at("content_type"),
                         respond.path("content_type") + ": expected a media type");
  }
  respond.finish();
  return true;
}

}  // namespace config
