// login: where sign-in happens, how long a session lasts, and with which keys it is sealed.
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/text/url.h"

namespace config {
namespace {

constexpr std::array<std::pair<std::string_view, bool>, 2> kKeepFragment{{{"off", false}, {"on", true}}};

constexpr std::size_t kMaxOrigins = 100;

core::Result<std::string> parse_https_origin(std::string_view text) {
  auto url = parse_origin(text);
  if (!url) return core::failure(url.error());
  if (url->scheme != "https") {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                         "expected an https origin such as https://app.example.org");
  }
  return url->origin();
}

constexpr std::string_view kLocalPart = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";
constexpr std::size_t kMaxSupport = 254;

/// Where somebody finds help: what a link may lead to without a question.
core::Result<std::string> parse_support(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool is_mail = at != std::string_view::npos && at != 0 &&
                       text.substr(0, at).find_first_not_of(kLocalPart) == std::string_view::npos &&
                       parse_host(text.substr(at + 1)).has_value();
  const core::Result<core::Url> url = core::parse_url(text);
  if (text.size() > kMaxSupport || (!is_mail && (!url || url->scheme != "https"))) {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                         "expected an e-mail address or an https URL");
  }
  return std::string(text);
}

void parse_pages(const YamlNode& node, Inputs& inputs, PageSettings& out) {
  MapReader map(node, "login.pages", inputs.findings);
  map.value("directory", out.directory, parse_file_path);
  map.value("title", out.title, parse_line);
  map.value("logo", out.logo, parse_file_path);
  map.value("support", out.support, parse_support);
  map.finish();
}

void parse_providers(const YamlNode& node, Inputs& inputs, Login& out) {
  if (!node.is_map()) {
    inputs.findings.error(node.at, "login.providers: expected a map from a name to a provider");
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    Provider provider = parse_provider(entry, inputs);
    if (out.session.refresh) ask_for_refresh_token(provider);
    out.providers.push_back(std::move(provider));
  }
}

/// Of one person, whatever is written.
void read_person_rate(MapReader& map, std::string_view key, std::optional<RateLimit>& out) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return;
  if (node->find("per") != nullptr) {
    map.findings().error(node->at, map.path(key) + ".per: is always one person", "leave it out");
    return;
  }
  parse_rate(*node, map.path(key), map.findings(), out);
  if (out) out->per = RatePer::user;
}

}  // namespace

void parse_login(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies, Login& out) {
  MapReader map(node, "login", inputs.findings);
  map.value("host", out.host, parse_host);
  if (map.value("prefix", out.prefix, parse_path) && out.prefix == "/") {
    inputs.findings.error(map.at("prefix"), "login.prefix: / would take every path",
                          "use a path such as /oauth2");
    out.prefix = Login{}.prefix;
  }
  map.value("keep_fragment", out.keeps_fragment,
            [](std::string_view text) { return parse_word<bool>(text, kKeepFragment); });
  if (const YamlNode* origins = map.take("return_to")) {
    read_list(*origins, "login.return_to", inputs.findings, out.return_to, parse_https_origin);
    if (out.return_to.size() > kMaxOrigins) {
      inputs.findings.error(origins->at,
                            "login.return_to: more than " + std::to_string(kMaxOrigins) + " origins");
    }
  }
  if (const YamlNode* session = map.take("session")) parse_session(*session, inputs, out.session);
  if (const YamlNode* pages = map.take("pages")) parse_pages(*pages, inputs, out.pages);
  if (const YamlNode* providers = map.take("providers")) parse_providers(*providers, inputs, out);
  if (const YamlNode* rate = map.take("rate")) {
    parse_rate(*rate, "login.rate", inputs.findings, out.rate);
    if (out.rate && out.rate->per != RatePer::address) {
      inputs.findings.error(rate->at, "login.rate.per: nobody is signed in there yet", "write per: address");
    }
  }
  read_person_rate(map, "sign_in_rate", out.sign_in_rate);
  read_person_rate(map, "denied_rate", out.denied_rate);
  if (const YamlNode* check = map.take("auth_check"))
    parse_auth_check(*check, inputs, policies, out.auth_check);
  if (const YamlNode* tokens = map.take("tokens"))
    parse_personal_tokens(*tokens, inputs, policies, out.tokens);
  if (const YamlNode* account = map.take("break_glass")) parse_break_glass(*account, inputs, out.break_glass);
  if (const YamlNode* clients = map.take("clients")) parse_clients(*clients, inputs, out.clients);
  if (const YamlNode* certificates = map.take("client_certificates"))
    parse_client_certificates(*certificates, inputs, out.certificate_clients);
  map.finish();
}

}  // namespace config
