#include "gateway/import/proxy_draft.h"

#include <algorithm>
#include <array>

#include "config/values.h"
#include "core/text/url.h"
#include "gateway/import/path_expression.h"

namespace gateway {
namespace {

constexpr std::string_view kNoHost = "change-me.invalid";

/// Claims of oauth2-proxy's header sources, and the placeholder of each.
std::string placeholder_of(const std::string& claim) {
  for (const std::string_view known : {"user", "email", "groups", "preferred_username"})
    if (claim == known) return "{" + claim + "}";
  if (claim == "sub" || claim == "name") return "{" + claim + "}";
  if (claim.empty() || claim.find_first_of("{}: ") != std::string::npos) return {};
  return "{claim." + claim + "}";
}

/// What a field of oauth2-proxy's answer says; empty if that is no claim.
std::string claim_of(const std::string& field) {
  const std::string name = config::lower_case(field);
  if (name == "x-auth-request-user" || name == "x-forwarded-user") return "{user}";
  if (name == "x-auth-request-email" || name == "x-forwarded-email") return "{email}";
  if (name == "x-auth-request-groups" || name == "x-forwarded-groups") return "{groups}";
  if (name == "x-auth-request-preferred-username" || name == "x-forwarded-preferred-username")
    return "{preferred_username}";
  return {};
}

class RoutesDraft {
 public:
  RoutesDraft(const ProxyOptions& options, Draft& draft) : options_(options), draft_(draft) {}

  void write() {
    write_listen();
    read_identity();
    std::vector<ProxyUpstream> upstreams = options_.upstreams;
    for (const std::string& uri : options_.list("upstreams")) upstreams.push_back(legacy_upstream(uri));
    for (const ProxyUpstream& upstream : upstreams) add_route(upstream);
    add_excepts();
  }

 private:
  [[nodiscard]] ImportPlace place_of(std::string_view option) const {
    const ProxyOption* found = options_.find(option);
    return found == nullptr ? ImportPlace{"oauth2-proxy", 0} : found->at;
  }

  void write_listen() {
    const std::string certificate = options_.text("tls_cert_file");
    if (!certificate.empty()) draft_.certificates.emplace_back(certificate, options_.text("tls_key_file"));
    const std::string https = options_.text("https_address");
    if (!https.empty() && config::parse_listen_address(https))
      draft_.listen.emplace_back("https", https);
    else if (!https.empty())
      draft_.note(place_of("https_address"), "https_address " + https, "see listen.https");
    if (options_.text("tls_min_version") == "TLS1.3")
      draft_.note(place_of("tls_min_version"), "tls_min_version", "write tls: {min_version: \"1.3\"}");
    const std::string metrics = options_.text("metrics_address");
    if (!metrics.empty() && config::parse_listen_address(metrics))
      draft_.listen.emplace_back("admin", metrics);
    if (const std::string ping = options_.text("ping_path"); !ping.empty()) {
      const auto is_plain = is_plain_path(ping) && !ping.starts_with("/oauth2");
      if (is_plain) draft_.listen.emplace_back("health_path", ping);
    }
    for (const std::string& network : options_.list("trusted_proxy_ips"))
      if (config::parse_network(network)) draft_.trusted_proxies.push_back(network);
    if (options_.flag("reverse_proxy") && draft_.trusted_proxies.empty()) {
      draft_.remark(
          "something stood in front of oauth2-proxy (reverse_proxy); if it stays, name its addresses in "
          "listen.trusted_proxies, else browsers are the clients");
    }
  }

  ProxyUpstream legacy_upstream(const std::string& text) {
    ProxyUpstream upstream;
    upstream.at = place_of("upstreams");
    upstream.uri = text;
    upstream.path = "/";
    upstream.preserves_host = options_.flag("pass_host_header", true);
    if (text.starts_with("static://")) {
      const auto code = config::parse_count(text.substr(9));
      upstream.static_status = code && *code >= 200 && *code < 600 ? static_cast<int>(*code) : 200;
    } else if (const auto url = core::parse_url(text)) {
      upstream.path = url->path;
    }
    return upstream;
  }

  /// What each app is told.
  void read_identity() {
    if (options_.has_headers) {
      for (const ProxyHeader& header : options_.headers) read_header(header);
      return;
    }
    if (options_.flag("pass_basic_auth", true) && !options_.text("basic_auth_password").empty())
      draft_.note(place_of("basic_auth_password"), "basic_auth_password", "see basic of the routes");
    forwards_id_token_ = options_.flag("pass_authorization_header");
    if (!options_.flag("pass_basic_auth", true) && !options_.flag("pass_user_headers", true)) return;
    if (!options_.flag("prefer_email_to_user")) {
      identity_ = "forwarded-user";
      return;
    }
    fields_ = {{"X-Forwarded-User", "{email}"},
               {"X-Forwarded-Preferred-Username", "{preferred_username}"},
               {"X-Forwarded-Groups", "{groups}"}};
  }

  void read_header(const ProxyHeader& header) {
    if (config::lower_case(header.name) == "authorization" && header.claim == "id_token") {
      forwards_id_token_ = true;
      return;
    }
    const std::string placeholder = placeholder_of(header.claim);
    const bool is_token =
        header.claim == "access_token" || header.claim == "id_token" || header.claim == "refresh_token";
    if (placeholder.empty() || is_token || header.name.empty()) {
      draft_.note(header.at, "the header " + header.name,
                  "see request_headers, basic and forward_token of the routes");
      return;
    }
    const auto is_it = [&header](const auto& field) { return field.first == header.name; };
    if (std::ranges::any_of(fields_, is_it))
      return draft_.note(header.at, "a second value of the header " + header.name);
    fields_.emplace_back(header.name, literal_template(header.prefix) + placeholder);
  }

  void add_route(const ProxyUpstream& upstream) {
    if (upstream.static_status) {
      if (*upstream.static_status == 202 || *upstream.static_status == 200) {
        draft_.remark("oauth2-proxy only decided, for another proxy (" + upstream.at.text() +
                      "): give that one's files to this command as well, or see login.auth_check");
      } else {
        draft_.note(upstream.at, "a static answer", "see respond of the routes, which has no sign-in");
      }
      return;
    }
    const auto url = core::parse_url(upstream.uri);
    const bool is_unix = upstream.uri.starts_with("unix://");
    if (!url && !is_unix)
      return draft_.note(upstream.at, "the upstream " + upstream.uri, "files are served by an app");
    DraftRoute route;
    route.at = upstream.at;
    route.host = draft_.login_host.empty() ? kNoHost : draft_.login_host;
    if (draft_.login_host.empty() && draft_.routes.empty())
      draft_.note(upstream.at, "the host is not in the input (redirect_url)",
                  "write it in place of change-me.invalid");
    route.to.emplace_back(is_unix ? "unix:" + upstream.uri.substr(7) : url->origin(), 1);
    if (!read_path(upstream, route)) return;
    route.access.kind = DraftAccess::Kind::login;
    route.identity = identity_;
    route.identity_fields = fields_;
    route.forwards_id_token = forwards_id_token_;
    if (!upstream.preserves_host) route.entries.emplace_back("upstream_host", "upstream");
    if (options_.flag("force_json_errors")) route.entries.emplace_back("unauthenticated", "401");
    const std::string timeout = duration_of_go(options_.text("upstream_timeout"));
    if (!timeout.empty() && timeout != "0ms") route.timeouts.emplace_back("response", timeout);
    draft_.routes.push_back(std::move(route));
  }

  /// "/x/" is all below it, "/x" alone is that path; "^" begins an expression.
  bool read_path(const ProxyUpstream& upstream, DraftRoute& route) {
    std::string path = upstream.path.empty() ? "/" : upstream.path;
    if (path.starts_with('^') || !upstream.rewrite.empty()) {
      draft_.note(upstream.at, "the upstream of the expression " + path,
                  "see path.regex and rewrite of the routes");
      return false;
    }
    if (path.size() > 1 && path.back() == '/') {
      path.pop_back();
    } else if (path != "/") {
      route.path.match = DraftMatch::exact;
    }
    if (!is_plain_path(path)) {
      draft_.note(upstream.at, "the upstream for the path " + path);
      return false;
    }
    route.path.text = path;
    return true;
  }

  /// Paths that anybody may ask for.
  void add_excepts() {
    for (const std::string_view option : {"skip_auth_routes", "skip_auth_regex"}) {
      for (const std::string& text : options_.list(option)) add_except(option, text);
    }
  }

  void add_except(std::string_view option, const std::string& text) {
    std::string_view expression = text;
    std::vector<std::string> methods;
    const std::size_t equals = expression.find('=');
    const std::string_view method = expression.substr(0, equals);
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const bool has_method = option == "skip_auth_routes" && equals != std::string_view::npos &&
                            !method.empty() &&
                            (std::ranges::all_of(method, is_upper) || method.ends_with('!'));
    if (has_method) {
      if (method.ends_with('!')) return draft_.note(place_of(option), text + " stays behind the sign-in");
      methods.emplace_back(method);
      expression.remove_prefix(equals + 1);
      draft_.note(place_of(option),
                  text + ": other methods of this path are refused (405), not behind the sign-in");
    }
    const auto paths = paths_of(expression);
    if (!paths) {
      draft_.note(place_of(option), text + " stays behind the sign-in",
                  "write its paths into except of the route");
      return;
    }
    if (!paths->is_all)
      draft_.remark(text + " (" + place_of(option).text() +
                    ") is public for whole segments below its path only");
    for (DraftRoute& route : draft_.routes) put_excepts(*paths, methods, route);
  }

  static bool is_below(const std::string& path, const std::string& prefix) {
    return prefix == "/" || path == prefix || path.starts_with(prefix + "/");
  }

  static void put_except(const DraftPath& path, DraftAccess::Kind kind,
                         const std::vector<std::string>& methods, DraftRoute& route) {
    const bool is_inside =
        route.path.match == DraftMatch::prefix && path != route.path && is_below(path.text, route.path.text);
    const auto is_there = [&path](const DraftExcept& except) { return except.path == path; };
    if (!is_inside || std::ranges::any_of(route.excepts, is_there)) return;
    route.excepts.push_back({path, {.kind = kind, .policy = {}, .engine = {}, .of = {}}, methods});
  }

  static void put_excepts(const ExpressionPaths& paths, const std::vector<std::string>& methods,
                          DraftRoute& route) {
    for (const DraftPath& path : paths.paths) {
      const bool covers =
          path == route.path || (path.match == DraftMatch::prefix && is_below(route.path.text, path.text));
      if (!covers) put_except(path, DraftAccess::Kind::open, methods, route);
      // Of some methods alone it would be more than was said.
      if (covers && methods.empty())
        route.access = {.kind = DraftAccess::Kind::open, .policy = {}, .engine = {}, .of = {}};
    }
    for (const DraftPath& path : paths.but_not) {
      // The exact path of an exact route would stay open.
      if (path == route.path)
        route.access = {.kind = DraftAccess::Kind::login, .policy = {}, .engine = {}, .of = {}};
      else
        put_except(path, DraftAccess::Kind::login, {}, route);
    }
  }

  const ProxyOptions& options_;
  Draft& draft_;
  std::string identity_;
  DraftEntries fields_;
  bool forwards_id_token_ = false;
};

}  // namespace

bool is_of_oauth2_proxy(const std::string& url) {
  const std::string path = url.substr(0, url.find('?'));
  return path.ends_with("/oauth2/auth") || path.find("oauth2-proxy") != std::string::npos;
}

void put_identity(const std::vector<std::string>& fields, const ImportPlace& at, DraftRoute& route,
                  Draft& draft) {
  for (const std::string& field : fields) {
    const std::string claim = claim_of(field);
    const auto is_it = [&field](const auto& known) { return known.first == field; };
    if (config::lower_case(field) == "authorization") {
      route.forwards_id_token = true;
    } else if (!claim.empty()) {
      if (std::ranges::none_of(route.identity_fields, is_it))
        route.identity_fields.emplace_back(field, claim);
    } else if (config::lower_case(field) != "set-cookie") {
      draft.note(at, "the header " + field, "see identity and forward_token of the routes");
    }
  }
}

void draft_proxy(const ProxyOptions& options, Draft& draft) {
  if (options.empty()) return;
  draft_proxy_login(options, draft);
  draft_proxy_policy(options, draft);
  RoutesDraft(options, draft).write();
}

}  // namespace gateway
