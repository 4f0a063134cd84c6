#include "gateway/import/traefik_middleware.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/header_rules.h"
#include "config/values.h"
#include "core/http/fields.h"
#include "core/text/url.h"
#include "gateway/import/path_expression.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

using Kind = DraftAccess::Kind;

/// Middlewares that mean nothing here, or that the gateway does by itself.
constexpr auto kOurs = std::to_array<std::string_view>(
    {"redirectscheme", "compress", "retry", "circuitbreaker", "contenttype", "grpcweb"});
/// That keep nobody out.
constexpr auto kLost = std::to_array<std::string_view>(
    {"errors", "inflightreq", "passtlsclientcert", "redirectregex", "replacepathregex", "stripprefixregex"});

class Application {
 public:
  Application(const TraefikMiddleware& middleware, DraftRoute& route, Draft& draft)
      : middleware_(middleware), route_(route), draft_(draft) {}

  void apply() {
    const std::string& type = middleware_.type;
    if (type == "forwardauth") return ask_engine();
    if (type == "ipallowlist" || type == "ipwhitelist") return narrow();
    if (type == "stripprefix") return strip();
    if (type == "addprefix") return rewrite(text("prefix"), "{path}");
    if (type == "replacepath") return rewrite(text("path"), "");
    if (type == "headers") return edit_headers();
    if (type == "ratelimit") return limit_rate();
    if (type == "buffering") return limit_body();
    if (std::ranges::find(kOurs, type) != kOurs.end()) return;
    if (std::ranges::find(kLost, type) != kLost.end()) return note(type);
    close(type.empty() ? "a middleware that says nothing" : type + " decided who passes");
  }

 private:
  [[nodiscard]] std::string text(std::string_view option) const {
    const std::vector<std::string> values = list(option);
    return values.empty() ? std::string() : values.front();
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view option) const {
    const auto found = middleware_.options.find(std::string(option));
    return found == middleware_.options.end() ? std::vector<std::string>() : found->second;
  }
  void note(std::string what, std::string mend = {}) {
    draft_.note(middleware_.at, std::move(what), std::move(mend));
  }
  void close(const std::string& what) {
    note(what + ", so nobody passes to " + route_.host + route_.path.text, "write its rule into a policy");
    route_.access = {};
  }

  void ask_engine() {
    const std::string url = text("address");
    if (route_.access.kind != Kind::open) return close("a second forwardAuth, or one behind another rule,");
    if (!core::parse_url(url)) return close("forwardAuth without an address");
    if (!list("authresponseheadersregex").empty())
      note("authResponseHeadersRegex", "name the headers in identity or authorize.identity");
    const bool is_known = !draft_.login_policy.empty() || draft_.login_is_closed;
    if (is_known && is_of_oauth2_proxy(url)) {
      if (url.find('?') != std::string::npos) return close("what forwardAuth asks for in its query");
      route_.access.kind = Kind::login;
      put_identity(list("authresponseheaders"), middleware_.at, route_, draft_);
      return;
    }
    route_.access.kind = Kind::engine;
    route_.access.engine = {url, "forward_auth", list("authresponseheaders")};
    if (!list("authrequestheaders").empty()) note("authRequestHeaders", "see authorize.send");
    if (text("tls.insecureskipverify") == "true") note("tls.insecureSkipVerify", "see authorize.ca");
  }

  void narrow() {
    const std::vector<std::string> networks = list("sourcerange");
    const bool is_good = !networks.empty() && std::ranges::all_of(networks, [](const std::string& network) {
      return config::parse_network(network).has_value();
    });
    const auto is_ip = [](const DraftTest& test) { return test.name == "ip"; };
    const bool is_first = std::ranges::none_of(route_.access.of, is_ip);
    if (route_.access.kind != Kind::login || !is_good || !is_first)
      return close(middleware_.type + " without a sign-in before it");
    route_.access.of.push_back({"ip", networks});
  }

  void strip() {
    for (std::string prefix : list("prefixes")) {
      if (prefix.size() > 1 && prefix.ends_with('/')) prefix.pop_back();
      if (prefix == route_.path.text && route_.path.match == DraftMatch::prefix && prefix != "/") {
        route_.strips_prefix = true;
        return;
      }
    }
    note("stripPrefix of another path than the route's", "see strip_prefix and rewrite of the routes");
  }

  void rewrite(const std::string& path, std::string_view rest) {
    if (!is_plain_path(path) || !route_.rewrite.empty() || route_.strips_prefix)
      return note(middleware_.type + " " + path, "see rewrite of the routes");
    route_.rewrite = literal_template(path).append(rest);
  }

  void edit_headers() {
    constexpr std::string_view kRequest = "customrequestheaders.";
    constexpr std::string_view kResponse = "customresponseheaders.";
    for (const auto& [option, values] : middleware_.options) {
      const std::string value = values.empty() ? std::string() : values.front();
      if (option.starts_with(kRequest)) {
        edit(option.substr(kRequest.size()), value,
             config::reserved_in_requests(option.substr(kRequest.size())), route_.set_request_headers,
             route_.remove_request_headers);
      } else if (option.starts_with(kResponse)) {
        edit(option.substr(kResponse.size()), value,
             config::reserved_in_responses(option.substr(kResponse.size())), route_.set_response_headers,
             route_.remove_response_headers);
      } else if (!option.starts_with("ssl") && value != "false") {
        note("headers." + option, "see tls.hsts, cors and response_headers");
      }
    }
  }

  void edit(const std::string& name, const std::string& value, std::string_view reason, DraftEntries& set,
            std::vector<std::string>& remove) {
    const bool is_there =
        std::ranges::any_of(set, [&name](const auto& entry) { return entry.first == name; }) ||
        std::ranges::find(remove, name) != remove.end();
    if (!reason.empty() || is_there || !core::is_token(name) || !core::is_field_value(value))
      return note("the header " + name, std::string(reason));
    if (value.empty())
      remove.push_back(name);
    else
      set.emplace_back(name, literal_template(value));
  }

  void limit_rate() {
    const auto average = config::parse_count(text("average"));
    const std::string burst_text = text("burst");
    const auto burst = config::parse_count(burst_text.empty() ? "1" : burst_text);
    const std::string period = text("period");
    const bool is_usual = period.empty() || period == "1s" || period == "1m";
    const auto is_rate = [](const auto& entry) { return entry.first == "rate"; };
    const bool is_good =
        average && burst && *average > 0 && *average <= 100'000 && *burst > 0 && *burst <= 1'000'000;
    if (!is_good || !is_usual || std::ranges::any_of(route_.limits, is_rate))
      return note("rateLimit", "see limits.rate of the routes");
    route_.limits.emplace_back(
        "rate", fmt::format("{{requests: {}/{}, burst: {}}}", *average, period == "1m" ? "m" : "s", *burst));
  }

  void limit_body() {
    const auto bytes = config::parse_count(text("maxrequestbodybytes"));
    if (bytes && *bytes > 0) route_.limits.emplace_back("body", fmt::format("{}B", *bytes));
  }

  const TraefikMiddleware& middleware_;
  DraftRoute& route_;
  Draft& draft_;
};

}  // namespace

void flatten_options(const config::YamlNode& node, const std::string& path,
                     std::map<std::string, std::vector<std::string>>& options) {
  if (!node.is_map()) {
    options[path] = texts_of(&node);
    return;
  }
  for (const config::YamlEntry& entry : node.entries) {
    const std::string name = config::lower_case(entry.key);
    const std::string below = path.empty() ? name : fmt::format("{}.{}", path, name);
    flatten_options(entry.value, below, options);
  }
}

void apply_middleware(const TraefikMiddleware& middleware, DraftRoute& route, Draft& draft) {
  Application(middleware, route, draft).apply();
}

}  // namespace gateway
