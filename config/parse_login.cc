// login: where sign-in happens, how long a session lasts, and with which keys it is sealed.
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/secret.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::chrono::seconds kMinLifetime{60};
constexpr std::chrono::hours kMaxLifetime{24L * 400};  // browsers cut Max-Age there (RFC 6265bis section 5.5)
constexpr std::size_t kMaxOrigins = 100;

constexpr std::array<std::pair<std::string_view, SameSite>, 2> kSameSites{
    {{"lax", SameSite::lax}, {"none", SameSite::none}}};

core::Result<std::string> parse_https_origin(std::string_view text) {
  auto url = parse_origin(text);
  if (!url) return core::failure(url.error());
  if (url->scheme != "https") {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                         "expected an https origin such as https://app.example.org");
  }
  return url->origin();
}

void read_lifetimes(MapReader& map, SessionSettings& out) {
  const auto check = [&map](std::string_view key, std::chrono::seconds value) {
    if (value >= kMinLifetime && value <= kMaxLifetime) return;
    map.findings().error(map.at(key), map.path(key) + ": expected a duration from 1m to 400d");
  };
  if (map.value("lifetime", out.lifetime, parse_seconds)) check("lifetime", out.lifetime);
  if (map.value("idle", out.idle, parse_seconds)) {
    check("idle", out.idle);
    if (out.idle > out.lifetime) {
      map.findings().error(map.at("idle"), map.path("idle") + ": is longer than the lifetime of the session",
                           "make it at most session.lifetime");
    }
  } else if (out.idle > out.lifetime) {
    out.idle = out.lifetime;
  }
}

void parse_session(const YamlNode& node, Inputs& inputs, SessionSettings& out) {
  MapReader map(node, "login.session", inputs.findings);
  read_lifetimes(map, out);
  map.only_off({"refresh"});
  if (map.value("cookie_domain", out.cookie_domain, parse_host) &&
      (out.cookie_domain.starts_with('[') || core::IpAddress::parse(out.cookie_domain))) {
    inputs.findings.error(map.at("cookie_domain"), "login.session.cookie_domain: an address has no domain");
  }
  map.value("cookie_name", out.cookie_name, parse_name);
  map.value("same_site", out.same_site,
            [](std::string_view text) { return parse_word<SameSite>(text, kSameSites); });
  if (const YamlNode* keys = map.take("keys")) parse_seal_keys(*keys, "login.session.keys", inputs, out.keys);
  const YamlNode* store = map.take("store");
  if (store != nullptr && !(store->is_scalar() && store->text == "cookie")) {
    inputs.findings.error(map.at("store"), "login.session.store: other than cookie is not supported yet",
                          "write cookie");
  }
  map.finish();
}

void parse_pages(const YamlNode& node, Inputs& inputs, Login& out) {
  MapReader map(node, "login.pages", inputs.findings);
  map.value("title", out.page_title, parse_line);
  map.not_yet({"directory"});
  map.finish();
}

void parse_providers(const YamlNode& node, Inputs& inputs, Login& out) {
  if (!node.is_map()) {
    inputs.findings.error(node.at, "login.providers: expected a map from a name to a provider");
    return;
  }
  for (const YamlEntry& entry : node.entries) out.providers.push_back(parse_provider(entry, inputs));
}

}  // namespace

void parse_login(const YamlNode& node, Inputs& inputs, Login& out) {
  MapReader map(node, "login", inputs.findings);
  map.value("host", out.host, parse_host);
  if (map.value("prefix", out.prefix, parse_path) && out.prefix == "/") {
    inputs.findings.error(map.at("prefix"), "login.prefix: / would take every path",
                          "use a path such as /oauth2");
    out.prefix = Login{}.prefix;
  }
  map.only_off({"keep_fragment"});
  if (const YamlNode* origins = map.take("return_to")) {
    read_list(*origins, "login.return_to", inputs.findings, out.return_to, parse_https_origin);
    if (out.return_to.size() > kMaxOrigins) {
      inputs.findings.error(origins->at,
                            "login.return_to: more than " + std::to_string(kMaxOrigins) + " origins");
    }
  }
  if (const YamlNode* session = map.take("session")) parse_session(*session, inputs, out.session);
  if (const YamlNode* pages = map.take("pages")) parse_pages(*pages, inputs, out);
  if (const YamlNode* providers = map.take("providers")) parse_providers(*providers, inputs, out);
  if (const YamlNode* rate = map.take("rate")) {
    parse_rate(*rate, "login.rate", inputs.findings, out.rate);
    if (out.rate && out.rate->per != RatePer::address) {
      inputs.findings.error(rate->at, "login.rate.per: nobody is signed in there yet", "write per: address");
    }
  }
  map.not_yet({"clients", "auth_check"});
  map.finish();
}

}  // namespace config
