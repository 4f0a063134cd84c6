#include "config/check.h"

#include <algorithm>
#include <array>

namespace config {
namespace {

/// Suffixes under which people register names, the ones most often mistaken for one's own. The full list
/// (publicsuffix.org) changes weekly and is the browsers' business.
constexpr std::array<std::string_view, 40> kPublicSuffixes{
    "ac.uk",        "appspot.com",    "azurewebsites.net",
    "blogspot.com", "cloudfront.net", "co.at",
    "co.id",        "co.il",          "co.in",
    "co.jp",        "co.kr",          "co.nz",
    "co.th",        "co.uk",          "co.za",
    "com.ar",       "com.au",         "com.br",
    "com.cn",       "com.mx",         "com.pl",
    "com.sg",       "com.tr",         "com.tw",
    "duckdns.org",  "dyndns.org",     "eu.org",
    "fly.dev",      "github.io",      "gitlab.io",
    "gov.uk",       "herokuapp.com",  "netlify.app",
    "ngrok.io",     "org.au",         "org.uk",
    "pages.dev",    "ts.net",         "vercel.app",
    "workers.dev"};

}  // namespace

void check(Config& config, Findings& findings) {
  check_acme(config, findings);
  settle_login_host(config, findings);
  check_providers(config, findings);
  settle_policies(config, findings);
  check_clients(config, findings);
  check_client_certificates(config, findings);
  check_matches(config, findings);
  check_login_prefix(config, findings);
  check_encoded_slashes(config, findings);
  check_health_path(config, findings);
  warn_rates(config, findings);
  check_header_owners(config, findings);
  check_credentials(config, findings);
  check_cross_origin(config, findings);
  warn_changed_paths(config, findings);
  check_storage(config, findings);
  check_services(config, findings);
  warn_plain_upstreams(config, findings);
  warn_tracing(config, findings);
  refuse_control_as_origin(config, findings);
  refuse_admin_as_origin(config, findings);
  warn_own_listeners(config, findings);
  warn_cookie_domain(config, findings);
  warn_apps_at_login_host(config, findings);
  warn_clients_of_asking_proxies(config, findings);
  warn_open_policies(config, findings);
  warn_ambiguous_identity(config, findings);
  settle_own_issuers(config);  // last: what is warned about is what was written
}

bool is_within_domain(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

bool is_public_suffix(std::string_view domain) {
  if (!domain.contains('.')) return true;
  return std::ranges::find(kPublicSuffixes, domain) != kPublicSuffixes.end();
}

}  // namespace config
