// routes, written out: defaults applied, identity presets with the fields they send.
#include "config/identity.h"
#include "config/print.h"

namespace config {
namespace {

std::string text_of(const PathPattern& path) {
  switch (path.match) {
    case PathMatch::exact:
      return "{exact: " + quoted(path.path) + "}";
    case PathMatch::regex:
      return "{regex: " + quoted(path.path) + "}";
    case PathMatch::prefix:
      break;
  }
  return quoted(path.path);
}

void print_header_matches(const std::vector<HeaderMatch>& headers, Writer& out) {
  if (headers.empty()) return;
  out.open("headers");
  for (const HeaderMatch& match : headers) out.entry(quoted(match.name), list_of(match.values));
  out.close();
}

void print_path_change(const PathChange& change, Writer& out) {
  if (change.strips_prefix) out.entry("strip_prefix", "true");
  if (!change.rewrite) return;
  if (change.rewrite->regex.empty()) return out.entry("rewrite", quoted(change.rewrite->to.text));
  out.entry("rewrite",
            "{regex: " + quoted(change.rewrite->regex) + ", to: " + quoted(change.rewrite->to.text) + "}");
}

void print_cross_origin(const CrossOrigin& cors, Writer& out) {
  out.open("cors");
  out.entry("origins", cors.origins.empty() ? "\"*\"" : list_of(cors.origins));
  out.entry("credentials", cors.takes_credentials ? "true" : "false");
  out.entry("methods", list_of(cors.methods));
  if (cors.headers) out.entry("headers", list_of(*cors.headers));
  out.entry("expose", list_of(cors.exposed));
  out.entry("max_age", duration_text(cors.max_age));
  out.close();
}

std::string_view text_of(Unauthenticated value) {
  switch (value) {
    case Unauthenticated::automatic:
      return "auto";
    case Unauthenticated::redirect:
      return "redirect";
    case Unauthenticated::refuse:
      return "\"401\"";
  }
  return "auto";
}

std::string_view text_of(EngineConvention convention) {
  switch (convention) {
    case EngineConvention::forward_auth:
      return "forward_auth";
    case EngineConvention::auth_request:
      return "auth_request";
    case EngineConvention::ext_authz:
      return "ext_authz";
  }
  return "forward_auth";
}

void print_authorize(const Authorize& authorize, Writer& out) {
  out.open("authorize");
  out.entry("url", quoted(authorize.url.text()));
  out.entry("convention", text_of(authorize.convention));
  out.entry("send", list_of(authorize.send));
  out.entry("identity", list_of(authorize.identity));
  out.entry("timeout", duration_text(authorize.timeout));
  out.entry("recheck", duration_text(authorize.recheck));
  if (!authorize.ca_file.empty()) out.entry("ca", quoted(authorize.ca_file));
  out.close();
}

void print_access(const Access& access, Unauthenticated unauthenticated, const Config& config, Writer& out) {
  if (access.kind == AccessKind::open) out.entry("public", "true");
  if (access.kind == AccessKind::policy) out.entry("policy", quoted(config.policy_of(access).name));
  if (access.authorize) print_authorize(*access.authorize, out);
  out.entry("unauthenticated", text_of(unauthenticated));
}

void print_identity(const Identity& identity, Writer& out) {
  if (identity.preset != IdentityPreset::fields) {
    out.entry("identity", name_of(identity.preset));
    for (const IdentityLine& line : identity_lines(identity)) {
      std::string values;
      for (const Located& value : line.values)
        values.append(values.empty() ? "" : ", else ").append(value.text);
      out.comment(line.name + ": " + values);
    }
    return;
  }
  out.open("identity");
  for (const IdentityField& field : identity.fields) out.entry(quoted(field.name), quoted(field.value.text));
  out.close();
}

std::string_view text_of(ForwardToken token) {
  switch (token) {
    case ForwardToken::none:
      return "\"off\"";
    case ForwardToken::access:
      return "access";
    case ForwardToken::id:
      return "id";
  }
  return "\"off\"";
}

void print_edits(std::string_view key, const HeaderEdits& edits, Writer& out) {
  if (edits.set.empty() && edits.remove.empty()) return;
  out.open(key);
  if (!edits.set.empty()) {
    out.open("set");
    for (const auto& [name, value] : edits.set) out.entry(quoted(name), quoted(value.text));
    out.close();
  }
  if (!edits.remove.empty()) out.entry("remove", list_of(edits.remove));
  out.close();
}

std::string_view text_of(Balance balance) {
  switch (balance) {
    case Balance::round_robin:
      return "round_robin";
    case Balance::least_requests:
      return "least_requests";
    case Balance::client_ip:
      return "client_ip";
    case Balance::cookie:
      return "cookie";
  }
  return "round_robin";
}

void print_origins(const std::vector<OriginUrl>& origins, Writer& out) {
  if (origins.size() == 1 && origins.front().weight == 1)
    return out.entry("to", quoted(origins.front().text()));
  out.open("to");
  for (const OriginUrl& origin : origins) {
    out.item();
    out.entry("url", quoted(origin.text()));
    out.entry("weight", std::to_string(origin.weight));
    out.close();
  }
  out.close();
}

void print_balancing(const Balancing& balancing, Writer& out) {
  out.entry("balance", text_of(balancing.balance));
  if (balancing.health) {
    const HealthCheck& health = *balancing.health;
    out.entry("health", "{path: " + quoted(health.path) + ", interval: " + duration_text(health.interval) +
                            ", timeout: " + duration_text(health.timeout) +
                            ", healthy: " + std::to_string(health.healthy) +
                            ", unhealthy: " + std::to_string(health.unhealthy) + "}");
  } else {
    out.entry("health", "\"off\"");
  }
  const std::optional<std::size_t>& connections = balancing.circuit.connections;
  out.entry("circuit", "{connections: " + (connections ? std::to_string(*connections) : "\"off\"") +
                           ", pending: " + std::to_string(balancing.circuit.pending) + "}");
  out.entry("retry", "{attempts: " + std::to_string(balancing.retry.attempts) +
                         ", budget: " + std::to_string(balancing.retry.budget_percent) + "%}");
  out.entry("slow_start", duration_text(balancing.slow_start));
}

void print_websocket(const Route& route, Writer& out) {
  const std::string lifetime =
      route.websocket_lifetime ? duration_text(*route.websocket_lifetime) : "\"off\"";
  const std::string origins =
      route.websocket_origins.empty() ? "" : "origins: " + list_of(route.websocket_origins) + ", ";
  out.entry("websocket", "{" + origins + "lifetime: " + lifetime + "}");
}

void print_tls(const UpstreamTls& tls, Writer& out) {
  out.open("tls");
  if (!tls.ca_file.empty()) out.entry("ca", quoted(tls.ca_file));
  if (!tls.server_name.empty()) out.entry("server_name", quoted(tls.server_name));
  if (!tls.certificate_file.empty()) {
    out.open("client_certificate");
    out.entry("certificate", quoted(tls.certificate_file));
    out.entry("key", quoted(tls.key_file));
    out.close();
  }
  out.close();
}

void print_upstream(const Route& route, const Upstream& upstream, Writer& out) {
  if (!route.app.empty()) out.entry("app", route.app);
  print_origins(upstream.origins, out);
  if (upstream.tls != UpstreamTls()) print_tls(upstream.tls, out);
  if (upstream.proxy_header == SentProxyHeader::v2) out.entry("proxy_protocol", "v2");
  if (upstream.host.mode == UpstreamHostMode::preserve) out.entry("upstream_host", "preserve");
  if (upstream.host.mode == UpstreamHostMode::upstream) out.entry("upstream_host", "upstream");
  if (upstream.host.mode == UpstreamHostMode::name) out.entry("upstream_host", quoted(upstream.host.name));
  print_identity(route.identity, out);
  if (route.basic) {
    out.entry("basic",
              "{user: " + quoted(route.basic->user) + ", password: " + text_of(route.basic->password) + "}");
  }
  if (route.forward_token != ForwardToken::none || !route.app.empty())
    out.entry("forward_token", text_of(route.forward_token));
  print_path_change(route.path_change, out);
  print_edits("request_headers", route.request_headers, out);
  out.entry("encoded_slashes", route.encoded_slashes == SlashMode::keep ? "keep" : "refuse");
  print_websocket(route, out);
  const std::string body = route.limits.body ? std::to_string(*route.limits.body) + "B" : "\"off\"";
  out.entry("limits", "{body: " + body + ", rate: " + rate_text(route.limits.rate) + "}");
  out.entry("timeouts", "{connect: " + duration_text(route.timeouts.connect) +
                            ", response: " + duration_text(route.timeouts.response) +
                            ", idle: " + duration_text(route.timeouts.idle) + ", total: " +
                            (route.timeouts.total ? duration_text(*route.timeouts.total) : "\"off\"") + "}");
  out.entry("compress", route.compresses ? "on" : "\"off\"");
  print_balancing(upstream.balancing, out);
}

void print_answer(const Route& route, Writer& out) {
  if (const auto* redirect = std::get_if<Redirect>(&route.action)) {
    out.open("redirect");
    out.entry("to", quoted(redirect->to.text));
    out.entry("status", std::to_string(redirect->status));
    out.close();
  }
  if (const auto* respond = std::get_if<Respond>(&route.action)) {
    out.open("respond");
    out.entry("status", std::to_string(respond->status));
    out.entry("body", quoted(respond->body));
    out.entry("content_type", quoted(respond->content_type));
    out.close();
  }
  const bool is_own = !std::holds_alternative<Upstream>(route.action);
  if (is_own && route.limits.rate) out.entry("limits", "{rate: " + rate_text(route.limits.rate) + "}");
}

void print_route(const Route& route, const Config& config, Writer& out) {
  out.item();
  out.entry("host", quoted(route.host));
  out.entry("path", text_of(route.path));
  print_header_matches(route.headers, out);
  if (const auto* upstream = std::get_if<Upstream>(&route.action)) print_upstream(route, *upstream, out);
  print_answer(route, out);
  print_access(route.access, route.unauthenticated, config, out);
  if (route.excepts.empty() && !route.app.empty()) out.entry("except", "[]");
  if (!route.excepts.empty()) {
    out.open("except");
    for (const Except& except : route.excepts) {
      out.item();
      out.entry("path", text_of(except.path));
      print_access(except.access, except.unauthenticated, config, out);
      if (!except.methods.empty()) out.entry("methods", list_of(except.methods));
      out.close();
    }
    out.close();
  }
  if (!route.methods.empty()) out.entry("methods", list_of(route.methods));
  print_edits("response_headers", route.response_headers, out);
  if (route.cross_origin) print_cross_origin(*route.cross_origin, out);
  if (!route.acme) out.entry("acme", "false");
  if (route.sign_in != SignIn{}) {
    out.open("sign_in");
    if (!route.sign_in.providers.empty()) out.entry("provider", list_of(route.sign_in.providers));
    if (!route.sign_in.prompt.empty()) out.entry("prompt", quoted(route.sign_in.prompt));
    if (!route.sign_in.acr_values.empty()) out.entry("acr_values", quoted(route.sign_in.acr_values));
    out.close();
  }
  out.close();
}

}  // namespace

void print_routes(const Config& config, Writer& out) {
  out.open("routes");
  for (const Route& route : config.routes) print_route(route, config, out);
  out.close();
}

}  // namespace config
