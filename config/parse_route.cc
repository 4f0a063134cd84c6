// routes and defaults: one host and path, what answers there and who may pass.
#include <algorithm>
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/text/host_pattern.h"

namespace config {
namespace {

constexpr std::size_t kMaxRoutes = 20'000;
constexpr std::size_t kMaxOrigins = 100;
/// Keys that speak of an upstream or of a person and mean nothing where the gateway itself answers.
constexpr std::array<std::string_view, 19> kOnlyWithUpstream{
    "app",           "basic",           "forward_token", "identity",      "request_headers",
    "upstream_host", "encoded_slashes", "websocket",     "timeouts",      "tls",
    "balance",       "health",          "circuit",       "retry",         "slow_start",
    "strip_prefix",  "rewrite",         "compress",      "proxy_protocol"};
/// Keys that say where a route is and what it is: nothing that others could have of it.
constexpr std::array<std::string_view, 7> kOfOneRoute{"host",     "path",    "headers", "to",
                                                      "redirect", "respond", "public"};

constexpr std::array<std::pair<std::string_view, SlashMode>, 2> kSlashModes{
    {{"refuse", SlashMode::refuse}, {"keep", SlashMode::keep}}};

constexpr std::array<std::pair<std::string_view, bool>, 2> kCompress{{{"off", false}, {"on", true}}};

core::Result<std::string> parse_host_pattern(std::string_view text) {
  auto pattern = core::HostPattern::parse(text);
  if (!pattern) return core::failure(std::move(pattern.error()).during("expected a host name"));
  return pattern->text();
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
  if (const YamlNode* names = sign_in.take("provider")) {
    out.sign_in.providers.clear();
    read_list(*names, sign_in.path("provider"), map.findings(), out.sign_in.providers, parse_name);
    if (names->is_list() && names->items.empty())
      map.findings().error(names->at, sign_in.path("provider") + ": expected at least one provider");
  }
  sign_in.value("prompt", out.sign_in.prompt, parse_prompt);
  sign_in.value("acr_values", out.sign_in.acr_values, parse_acr_values);
  sign_in.finish();
}

/// Every key that a route may write and defaults may give, but for access and excepts: over what is in `out`
/// and `upstream` already.
void read_shared_keys(MapReader& map, Inputs& inputs, Route& out, Upstream& upstream) {
  Findings& findings = inputs.findings;
  read_app(map, out);  // first: what is written goes over it
  read_upstream_settings(map, inputs, upstream);
  read_unauthenticated(map, out.unauthenticated);
  if (const YamlNode* identity = map.take("identity"))
    parse_identity(*identity, map.path("identity"), findings, out.identity);
  read_methods(map, out.methods);
  if (const YamlNode* headers = map.take("request_headers"))
    parse_request_headers(*headers, map.path("request_headers"), findings, out.request_headers);
  if (const YamlNode* headers = map.take("response_headers"))
    parse_response_headers(*headers, map.path("response_headers"), findings, out.response_headers);
  read_path_change(map, out.path_change);
  read_cross_origin(map, out);
  map.value("encoded_slashes", out.encoded_slashes,
            [](std::string_view text) { return parse_word<SlashMode>(text, kSlashModes); });
  read_websocket(map, out);
  if (const YamlNode* limits = map.take("limits"))
    parse_request_limits(*limits, map.path("limits"), findings, out.limits);
  if (const YamlNode* timeouts = map.take("timeouts"))
    parse_timeouts(*timeouts, map.path("timeouts"), findings, out.timeouts);
  read_sign_in(map, out);
  map.value("acme", out.acme, parse_flag);
  map.value("compress", out.compresses,
            [](std::string_view text) { return parse_word<bool>(text, kCompress); });
  read_basic(map, inputs, out.basic);
  read_forward_token(map, out.forward_token);
  map.not_yet({"external"});
}

/// What of the defaults is for answers of the gateway itself.
Route own_answer_defaults(const Route& defaults) {
  Route out;
  out.methods = defaults.methods;
  out.unauthenticated = defaults.unauthenticated;
  out.response_headers = defaults.response_headers;
  out.cross_origin = defaults.cross_origin;
  out.sign_in = defaults.sign_in;
  out.acme = defaults.acme;
  return out;
}

/// Exactly one of to, redirect and respond.
void read_action(MapReader& map, Inputs& inputs, Upstream upstream, Route& out) {
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
  if (out.limits.body) {
    inputs.findings.error(map.at("limits"), "routes.limits.body: means nothing without an upstream (to)",
                          "remove the key");
  }
}

void read_route_access(MapReader& map, Inputs& inputs, const RouteDefaults& defaults,
                       const std::vector<Policy>& policies, Route& out) {
  const AccessReading reading = read_access(map, inputs, policies);
  out.access = reading.access;
  if (reading.was_given) return;
  if (!map.has("to")) {
    out.access.kind = AccessKind::open;
    return;
  }
  out.access = defaults.route.access;
  if (defaults.has_access) return;
  map.findings().error(map.at(),
                       "routes: a route with to needs exactly one of public: true, policy and authorize",
                       "name a policy, or write public: true if everybody may pass");
}

/// Those of the route, else of its own app, else those of the defaults that are inside its path, else of the
/// defaults' app.
void read_excepts(MapReader& map, Inputs& inputs, const RouteDefaults& defaults,
                  const std::vector<Policy>& policies, Route& out) {
  if (const YamlNode* excepts = map.take("except")) return parse_excepts(*excepts, inputs, policies, out);
  if (map.has("except") || !map.has("to")) return;
  if (map.has("app") || defaults.excepts == nullptr) return add_app_excepts(out);
  Findings already_reported;
  Inputs again{inputs.environment, already_reported, inputs.files};
  parse_excepts(*defaults.excepts, again, policies, out);
  std::erase_if(out.excepts, [&out](const Except& except) { return !is_inside(except.path, out.path); });
}

Route parse_route(const YamlNode& node, Inputs& inputs, const RouteDefaults& defaults,
                  const std::vector<Policy>& policies) {
  MapReader map(node, "routes", inputs.findings);
  Route out = map.has("to") ? defaults.route : own_answer_defaults(defaults.route);
  out.at = node.at;
  if (!node.is_map()) return out;
  if (!map.value("host", out.host, parse_host_pattern) && !map.has("host")) {
    inputs.findings.error(node.at, "routes.host: is missing", "write the host name as browsers see it");
  }
  read_path_pattern(map, out.path);
  read_header_matches(map, out.headers);
  Upstream upstream = defaults.upstream;
  read_shared_keys(map, inputs, out, upstream);
  read_action(map, inputs, std::move(upstream), out);
  read_route_access(map, inputs, defaults, policies, out);
  read_excepts(map, inputs, defaults, policies, out);
  settle_path_change(map, out);
  settle_cross_origin(out);
  const auto is_protected = [](const Access& access) { return access.kind == AccessKind::policy; };
  const bool tells_nobody =
      !is_protected(out.access) && !std::ranges::any_of(out.excepts, is_protected, &Except::access);
  if (tells_nobody && !map.has("identity")) out.identity = Identity();  // defaults speak of persons
  if (tells_nobody && !map.has("basic")) out.basic.reset();
  if (tells_nobody && !map.has("forward_token")) out.forward_token = ForwardToken::none;
  map.finish();
  return out;
}

}  // namespace

void parse_defaults(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies,
                    RouteDefaults& out) {
  MapReader map(node, "defaults", inputs.findings);
  for (const std::string_view key : kOfOneRoute) {
    if (map.take(key) == nullptr) continue;
    inputs.findings.error(map.at(key), map.path(key) + ": is each route's own", "write it into the routes");
  }
  read_shared_keys(map, inputs, out.route, out.upstream);
  const AccessReading access = read_access(map, inputs, policies);
  out.has_access = map.has("policy") || map.has("authorize");
  out.route.access = access.access;
  if (const YamlNode* excepts = map.take("except")) {
    Route any_path = out.route;
    Findings found;
    Inputs reading{inputs.environment, found, inputs.files};
    parse_excepts(*excepts, reading, policies, any_path);
    for (const Diagnostic& error : found.errors()) inputs.findings.error(error.at, error.message, error.mend);
    if (!found.has_errors()) out.excepts = excepts;
  }
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
