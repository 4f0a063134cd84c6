#include "gateway/import/ingress_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/values.h"
#include "config/yaml_writer.h"
#include "core/text/url.h"
#include "gateway/import/ingress_known.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

constexpr std::string_view kPrefix = "nginx.ingress.kubernetes.io/";

/// 8m, 1g, 512k of nginx; empty for no limit, and for what is none.
std::string size_of(std::string text) {
  if (text.empty() || text == "0") return {};
  const char unit = text.back();
  if (unit >= '0' && unit <= '9') return text + "B";
  text.pop_back();
  const std::string name = unit == 'k' || unit == 'K'   ? "KiB"
                           : unit == 'm' || unit == 'M' ? "MiB"
                           : unit == 'g' || unit == 'G' ? "GiB"
                                                        : "";
  return name.empty() || !config::parse_size(text + name) ? std::string() : text + name;
}

/// Seconds, as nginx and its annotations write them.
std::string seconds_of(std::string text) {
  if (text.ends_with('s')) text.pop_back();
  return config::parse_duration(text + "s") && text != "0" ? text + "s" : std::string();
}

}  // namespace

IngressRules::IngressRules(const ImportDocument& document)
    : document_(document), annotations_(find_in(document.root, {"metadata", "annotations"})) {}

std::string IngressRules::text(std::string_view name) const {
  return annotations_ == nullptr ? std::string()
                                 : text_in(*annotations_, {std::string(kPrefix).append(name)});
}

ImportPlace IngressRules::place(std::string_view name) const {
  const config::YamlNode* found =
      annotations_ == nullptr ? nullptr : annotations_->find(std::string(kPrefix).append(name));
  return document_.place(found == nullptr ? document_.root : *found);
}

std::string IngressRules::scheme() const {
  const std::string name = config::lower_case(text("backend-protocol"));
  if (name.empty() || name == "http" || name == "auto_http") return "http";
  if (name == "https") return "https";
  if (name == "grpc") return "h2c";
  return name == "grpcs" ? "h2" : "";
}

void IngressRules::close(std::string_view annotation, std::string what, DraftRoute& route,
                         Draft& draft) const {
  route.access = {};
  draft.note(place(annotation),
             fmt::format("{} {}, so nobody passes to {}{}", annotation, what, route.host, route.path.text));
}

void IngressRules::apply(DraftRoute& route, Draft& draft) const {
  apply_access(route, draft);
  apply_networks(route, draft);
  apply_upstream(route, draft);
  apply_limits(route, draft);
  apply_cross_origin(route);
  if (annotations_ == nullptr) return;
  for (const config::YamlEntry& entry : annotations_->entries) {
    if (!entry.key.starts_with(kPrefix)) continue;
    const std::string name = entry.key.substr(kPrefix.size());
    const KnownAnnotation* known = known_annotation(name);
    const bool is_off = entry.value.text == "false" || entry.value.text == "off" || entry.value.text.empty();
    const bool is_snippet = name == "configuration-snippet" || name == "server-snippet";
    const bool closes = known == nullptr || known->fate == AnnotationFate::closing ||
                        (is_snippet && !is_harmless_snippet(entry.value.text));
    if (closes && !is_off) route.access = {};
  }
}

void IngressRules::note_rest(Draft& draft) const {
  if (annotations_ == nullptr) return;
  for (const config::YamlEntry& entry : annotations_->entries) {
    if (!entry.key.starts_with(kPrefix)) continue;
    const std::string name = entry.key.substr(kPrefix.size());
    const KnownAnnotation* known = known_annotation(name);
    const bool is_off = entry.value.text == "false" || entry.value.text == "off" || entry.value.text.empty();
    const bool is_snippet = name == "configuration-snippet" || name == "server-snippet";
    if (is_off) continue;
    const ImportPlace at = document_.place(entry.value);
    if (known == nullptr) {
      draft.note(at, name + " is not known: as it may keep people out, nobody passes");
    } else if (known->fate == AnnotationFate::closing) {
      draft.note(at, name + " decided who passes, so nobody does", std::string(known->mend));
    } else if (known->fate == AnnotationFate::lost) {
      draft.note(at, name, std::string(known->mend));
    } else if (is_snippet) {
      draft.note(
          at, name + (is_harmless_snippet(entry.value.text) ? "" : " may decide who passes, so nobody does"),
          "see request_headers, response_headers and timeouts of the routes");
    }
  }
}

void IngressRules::apply_access(DraftRoute& route, Draft& draft) const {
  const std::string url = text("auth-url");
  route.access.kind = DraftAccess::Kind::open;
  if (url.empty()) {
    if (flag("enable-global-auth"))
      close("enable-global-auth", "asks a service that is not in the input", route, draft);
    return;
  }
  apply_engine(url, route, draft);
}

void IngressRules::apply_engine(const std::string& url, DraftRoute& route, Draft& draft) const {
  const std::size_t query = url.find('?');
  if (is_of_oauth2_proxy(url)) {
    apply_login(query == std::string::npos ? std::string() : url.substr(query + 1), route, draft);
    apply_identity(route, draft);
    return;
  }
  if (url.find('$') != std::string::npos || !core::parse_url(url)) {
    close("auth-url", "is no URL that is always the same", route, draft);
    return;
  }
  route.access.kind = DraftAccess::Kind::engine;
  route.access.engine = {url, "auth_request", split_list(text("auth-response-headers"), ',')};
  constexpr std::string_view kAuthelia = "/api/authz/auth-request";
  if (url.ends_with(kAuthelia)) {
    // The same rules, and a redirect to the sign-in besides.
    route.access.engine.url = url.substr(0, url.size() - kAuthelia.size()) + "/api/authz/forward-auth";
    route.access.engine.convention = "forward_auth";
  } else if (url.find("/api/verify") != std::string::npos) {
    route.access.engine.convention = "forward_auth";
  } else if (!text("auth-signin").empty()) {
    draft.note(place("auth-signin"), "auth-signin: who is not signed in gets 401 and no redirect",
               "an engine that answers 302 by itself can be asked with convention: forward_auth");
  }
}

/// oauth2-proxy is asked for more than a session in the query.
void IngressRules::apply_login(const std::string& query, DraftRoute& route, Draft& draft) const {
  route.access.kind = DraftAccess::Kind::login;
  for (const std::string& parameter : split_list(query, '&')) {
    const std::size_t equals = parameter.find('=');
    const std::string name = parameter.substr(0, equals);
    const std::vector<std::string> values = split_list(
        equals == std::string::npos ? std::string_view() : std::string_view(parameter).substr(equals + 1),
        ',');
    const bool is_plain = std::ranges::none_of(
        values, [](const std::string& value) { return value.find_first_of("%$+*") != std::string::npos; });
    const std::string test = name == "allowed_groups"          ? "group"
                             : name == "allowed_emails"        ? "email"
                             : name == "allowed_email_domains" ? "email_domain"
                                                               : "";
    if (test.empty() || values.empty() || !is_plain)
      return close("auth-url", "asks for " + parameter, route, draft);
    route.access.of.push_back({test, values});
  }
  const std::string sign_in = text("auth-signin");
  const std::size_t host = sign_in.find("://");
  if (host == std::string::npos || !draft.login_host.empty()) return;
  const std::string authority = sign_in.substr(host + 3, sign_in.find_first_of("/?", host + 3) - host - 3);
  if (const auto parsed = core::parse_authority(authority)) draft.login_host = parsed->host;
}

void IngressRules::apply_identity(DraftRoute& route, Draft& draft) const {
  put_identity(split_list(text("auth-response-headers"), ','), place("auth-response-headers"), route, draft);
}

void IngressRules::apply_networks(DraftRoute& route, Draft& draft) const {
  std::vector<std::string> networks = split_list(text("whitelist-source-range"), ',');
  std::ranges::move(split_list(text("allowlist-source-range"), ','), std::back_inserter(networks));
  const bool denies = !split_list(text("denylist-source-range"), ',').empty();
  if (networks.empty() && !denies) return;
  const std::string_view name = denies ? "denylist-source-range" : "whitelist-source-range";
  const bool is_good = std::ranges::all_of(
      networks, [](const std::string& network) { return config::parse_network(network).has_value(); });
  if (route.access.kind == DraftAccess::Kind::login && is_good && !denies) {
    route.access.of.push_back({"ip", networks});
    return;
  }
  if (route.access.kind != DraftAccess::Kind::nobody)
    close(name, "is a rule of addresses without a sign-in", route, draft);
}

void IngressRules::apply_upstream(DraftRoute& route, Draft& draft) const {
  if (const std::string host = text("upstream-vhost"); !host.empty()) {
    if (config::parse_host(host))
      route.entries.emplace_back("upstream_host", host);
    else
      draft.note(place("upstream-vhost"), "upstream-vhost " + host);
  }
  const bool is_tls = scheme() == "https" || scheme() == "h2";
  if (is_tls && text("proxy-ssl-verify") != "on") {
    draft.remark(
        "certificates of apps are always verified here; where an app has one of its own authority, name "
        "that: "
        "tls: {ca: PATH} of its route");
  }
  const std::string connect = seconds_of(text("proxy-connect-timeout"));
  const std::string read = seconds_of(text("proxy-read-timeout"));
  if (!connect.empty()) route.timeouts.emplace_back("connect", connect);
  if (!read.empty()) {
    route.timeouts.emplace_back("response", read);
    route.timeouts.emplace_back("idle", read);
  }
}

void IngressRules::apply_limits(DraftRoute& route, Draft& draft) const {
  const std::string body = size_of(text("proxy-body-size"));
  if (!body.empty()) route.limits.emplace_back("body", body);
  const std::string per_second = text("limit-rps");
  const std::string per_minute = text("limit-rpm");
  const std::string count = per_second.empty() ? per_minute : per_second;
  if (count.empty()) return;
  if (!per_second.empty() && !per_minute.empty())
    draft.note(place("limit-rpm"), "limit-rpm beside limit-rps", "one rate is counted here");
  const auto requests = config::parse_count(count);
  const std::string multiplier = text("limit-burst-multiplier");
  const auto times = config::parse_count(multiplier.empty() ? "5" : multiplier);
  if (!requests || !times || *requests == 0 || *times == 0 || *requests * *times > 1'000'000)
    return draft.note(place("limit-rps"), "the rate " + count);
  route.limits.emplace_back("rate", fmt::format("{{requests: {}/{}, burst: {}}}", *requests,
                                                per_second.empty() ? "m" : "s", *requests * *times));
}

void IngressRules::apply_cross_origin(DraftRoute& route) const {
  if (!flag("enable-cors")) return;
  std::vector<std::string> origins = split_list(text("cors-allow-origin"), ',');
  const bool is_any = origins.empty() || std::ranges::find(origins, "*") != origins.end();
  const bool takes_credentials = text("cors-allow-credentials") != "false" && !is_any;
  route.cors.emplace_back("origins", is_any ? "\"*\"" : config::list_of(origins));
  route.cors.emplace_back("credentials", takes_credentials ? "true" : "false");
  if (const auto methods = split_list(text("cors-allow-methods"), ','); !methods.empty())
    route.cors.emplace_back("methods", config::list_of(methods));
  if (const auto headers = split_list(text("cors-allow-headers"), ','); !headers.empty())
    route.cors.emplace_back("headers", config::list_of(headers));
  if (const auto exposed = split_list(text("cors-expose-headers"), ',');
      !exposed.empty() && exposed.front() != "*")
    route.cors.emplace_back("expose", config::list_of(exposed));
}

}  // namespace gateway
