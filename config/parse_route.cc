// routes and defaults: one host and path, what answers there and who may pass.
#include <algorithm>
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/http/fields.h"
#include "core/text/host_pattern.h"

namespace config {
namespace {

constexpr std::size_t kMaxRoutes = 20'000;
constexpr std::size_t kMaxMethods = 32;
constexpr std::size_t kMaxOrigins = 100;
/// Keys that speak of an upstream or of a person and mean nothing where the gateway itself answers.
constexpr std::array<std::string_view, 14> kOnlyWithUpstream{
    "identity", "request_headers", "upstream_host", "encoded_slashes", "websocket", "limits",     "timeouts",
    "tls",      "balance",         "health",        "circuit",         "retry",     "slow_start", "compress"};

constexpr std::array<std::pair<std::string_view, bool>, 2> kCompress{{{"off", false}, {"on", true}}};
constexpr std::array<std::pair<std::string_view, SlashMode>, 2> kSlashModes{
    {{"refuse", SlashMode::refuse}, {"keep", SlashMode::keep}}};

core::Result<std::string> parse_host_pattern(std::string_view text) {
  auto pattern = core::HostPattern::parse(text);
  if (!pattern) return core::failure(std::move(pattern.error()).during("expected a host name"));
  return pattern->text();
}

core::Result<std::string> parse_method(std::string_view text) {
  const bool has_lower = std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!core::is_token(text) || has_lower || text == "CONNECT") {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                         "expected a method in upper case, such as GET; not CONNECT");
  }
  return std::string(text);
}

core::Result<std::string> parse_web_origin(std::string_view text) {
  auto url = parse_origin(text);
  if (!url) return core::failure(url.error());
  return url->origin();
}

void read_compress(MapReader& map, bool& out) {
  map.value("compress", out, [](std::string_view text) { return parse_word<bool>(text, kCompress); });
}

void read_methods(MapReader& map, Route& out) {
  const YamlNode* node = map.take("methods");
  if (node == nullptr) return;
  const std::string name = map.path("methods");
  read_list(*node, name, map.findings(), out.methods, parse_method);
  std::ranges::sort(out.methods);
  if (std::ranges::adjacent_find(out.methods) != out.methods.end()) {
    map.findings().error(node->at, name + ": a method stands twice");
  }
  if ((node->is_list() && node->items.empty()) || out.methods.size() > kMaxMethods) {
    map.findings().error(node->at, name + ": expected 1 to 32 methods", "remove the key to admit all");
  }
}

void read_websocket(MapReader& map, Route& out) {
  const YamlNode* node = map.take("websocket");
  if (node == nullptr) return;
  MapReader websocket(*node, map.path("websocket"), map.findings());
  read_time_or_off(websocket, "lifetime", out.websocket_lifetime);
  if (const YamlNode* origins = websocket.take("origins")) {
    read_list(*origins, websocket.path("origins"), map.findings(), out.websocket_origins, parse_web_origin);
    if (origins->is_list() && (origins->items.empty() || origins->items.size() > kMaxOrigins)) {
      map.findings().error(origins->at, websocket.path("origins") + ": expected 1 to 100 origins");
    }
  }
  websocket.finish();
}

void read_sign_in(MapReader& map, Route& out) {
  const YamlNode* node = map.take("sign_in");
  if (node == nullptr) return;
  MapReader sign_in(*node, map.path("sign_in"), map.findings());
  sign_in.value("provider", out.sign_in_provider, parse_name);
  sign_in.not_yet({"prompt", "acr_values"});
  sign_in.finish();
}

/// Exactly one of to, redirect and respond.
void read_action(MapReader& map, Inputs& inputs, const RouteDefaults& defaults, Route& out) {
  Upstream upstream;
  upstream.balancing = defaults.balancing;
  read_balancing(map, upstream.balancing);
  Redirect redirect;
  Respond respond;
  const bool has_upstream = read_upstream(map, inputs, upstream);
  const bool has_redirect = read_redirect(map, redirect);
  const bool has_respond = read_respond(map, respond);
  if (int{has_upstream} + int{has_redirect} + int{has_respond} != 1) {
    inputs.findings.error(map.at(), "routes: expected exactly one of to, redirect and respond",
                          "say what answers on this host and path");
  }
  if (has_upstream) {
    out.action = std::move(upstream);
    return;
  }
  if (has_redirect) out.action = std::move(redirect);
  if (has_respond) out.action = std::move(respond);
  for (const std::string_view key : kOnlyWithUpstream) {
    if (!map.has(key)) continue;
    inputs.findings.error(map.at(key), map.path(key) + ": means nothing without an upstream (to)",
                          "remove the key");
  }
}

void read_route_access(MapReader& map, const std::vector<Policy>& policies, Route& out) {
  const AccessReading reading = read_access(map, policies);
  out.access = reading.access;
  if (reading.was_given) return;
  if (map.has("to")) {
    map.findings().error(map.at(), "routes: a route with to needs exactly one of public: true and policy",
                         "name a policy, or write public: true if everybody may pass");
    return;
  }
  out.access.kind = AccessKind::open;
}

Route parse_route(const YamlNode& node, Inputs& inputs, const RouteDefaults& defaults,
                  const std::vector<Policy>& policies) {
  Route out;
  out.at = node.at;
  MapReader map(node, "routes", inputs.findings);
  if (!node.is_map()) return out;
  if (!map.value("host", out.host, parse_host_pattern) && !map.has("host")) {
    inputs.findings.error(node.at, "routes.host: is missing", "write the host name as browsers see it");
  }
  read_path_pattern(map, out.path);
  read_action(map, inputs, defaults, out);
  if (std::holds_alternative<Upstream>(out.action)) {
    out.timeouts = defaults.timeouts;
    out.limits = defaults.limits;
    out.compresses = defaults.compresses;
  }
  read_route_access(map, policies, out);
  read_unauthenticated(map, out.unauthenticated);
  if (const YamlNode* excepts = map.take("except")) parse_excepts(*excepts, inputs, policies, out);
  if (const YamlNode* identity = map.take("identity"))
    parse_identity(*identity, inputs.findings, out.identity);
  read_methods(map, out);
  if (const YamlNode* headers = map.take("request_headers")) {
    parse_request_headers(*headers, inputs.findings, out.request_headers);
  }
  if (const YamlNode* headers = map.take("response_headers")) {
    parse_response_headers(*headers, inputs.findings, out.response_headers);
  }
  map.value("encoded_slashes", out.encoded_slashes,
            [](std::string_view text) { return parse_word<SlashMode>(text, kSlashModes); });
  read_websocket(map, out);
  if (const YamlNode* limits = map.take("limits")) {
    parse_request_limits(*limits, map.path("limits"), inputs.findings, out.limits);
  }
  if (const YamlNode* timeouts = map.take("timeouts")) {
    parse_timeouts(*timeouts, map.path("timeouts"), inputs.findings, out.timeouts);
  }
  read_sign_in(map, out);
  read_compress(map, out.compresses);
  map.not_yet(
      {"app", "authorize", "external", "strip_prefix", "rewrite", "cors", "acme", "forward_token", "basic"});
  map.finish();
  return out;
}

}  // namespace

void parse_defaults(const YamlNode& node, Inputs& inputs, RouteDefaults& out) {
  MapReader map(node, "defaults", inputs.findings);
  if (const YamlNode* timeouts = map.take("timeouts")) {
    parse_timeouts(*timeouts, map.path("timeouts"), inputs.findings, out.timeouts);
  }
  if (const YamlNode* limits = map.take("limits")) {
    parse_request_limits(*limits, map.path("limits"), inputs.findings, out.limits);
  }
  read_balancing(map, out.balancing);
  read_compress(map, out.compresses);
  map.not_yet({"policy",
               "identity",
               "except",
               "unauthenticated",
               "methods",
               "tls",
               "request_headers",
               "response_headers",
               "upstream_host",
               "encoded_slashes",
               "websocket",
               "sign_in",
               "app",
               "authorize",
               "external",
               "strip_prefix",
               "rewrite",
               "cors",
               "acme",
               "forward_token",
               "basic"});
  map.finish();
}

std::vector<Route> parse_routes(const YamlNode& node, Inputs& inputs, const RouteDefaults& defaults,
                                const std::vector<Policy>& policies) {
  std::vector<Route> routes;
  if (!node.is_list()) {
    inputs.findings.error(node.at, "routes: expected a list", "put \"- \" before each route");
    return routes;
  }
  if (node.items.empty() || node.items.size() > kMaxRoutes) {
    inputs.findings.error(node.at, "routes: expected 1 to 20000 routes");
    return routes;
  }
  routes.reserve(node.items.size());
  for (const YamlNode& item : node.items) routes.push_back(parse_route(item, inputs, defaults, policies));
  return routes;
}

}  // namespace config
