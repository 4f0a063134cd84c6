#include "config/known_apps.h"

#include <algorithm>
#include <utility>

#include "config/identity.h"

namespace config {
namespace {

constexpr std::string_view kGateway = "ADDRESS-OF-THE-GATEWAY";

constexpr std::array kApps{
    KnownApp{"argo-cd",
             IdentityPreset::none,
             {},
             {},
             R"(argocd-cmd-params-cm: server.insecure: "true"
argocd-cm: url: <origin><path>
argocd-cm: oidc.config:
  issuer: ISSUER-OF-THE-PROVIDER
  clientID: CLIENT-ID-OF-THE-GATEWAY
  allowedAudiences: [CLIENT-ID-OF-THE-GATEWAY]
  logoutURL: <origin><prefix>/sign_out)",
             ForwardToken::id},
    KnownApp{"gitea", IdentityPreset::gitea, {}, {}, R"([service]
ENABLE_REVERSE_PROXY_AUTHENTICATION = true
ENABLE_REVERSE_PROXY_AUTO_REGISTRATION = true
ENABLE_REVERSE_PROXY_EMAIL = true
ENABLE_REVERSE_PROXY_FULL_NAME = true
[security]
REVERSE_PROXY_AUTHENTICATION_USER = <user>
REVERSE_PROXY_LIMIT = 1
REVERSE_PROXY_TRUSTED_PROXIES = <gateway>/32
REVERSE_PROXY_LOGOUT_REDIRECT = <origin><prefix>/sign_out
[server]
ROOT_URL = <origin><path>/)"},
    KnownApp{"grafana", IdentityPreset::grafana, {}, {}, R"([server]
root_url = <origin><path>/
[auth]
disable_login_form = true
signout_redirect_url = <origin><prefix>/sign_out
[auth.basic]
enabled = false
[auth.proxy]
enabled = true
header_name = <user>
header_property = email
headers = Name:X-WEBAUTH-NAME Email:X-WEBAUTH-EMAIL Groups:X-WEBAUTH-GROUPS
auto_sign_up = true
sync_ttl = 15
enable_login_token = false
whitelist = <gateway>/32)"},
    KnownApp{"grafana-jwt", IdentityPreset::signed_jwt, {}, {}, R"([server]
root_url = <origin><path>/
[auth]
disable_login_form = true
signout_redirect_url = <origin><prefix>/sign_out
[auth.basic]
enabled = false
[auth.jwt]
enabled = true
header_name = <user>
username_claim = email
email_claim = email
jwk_set_url = <origin><prefix>/jwks
cache_ttl = 60m
expect_claims = {"iss": "<host>", "aud": "<host>"}
auto_sign_up = true)"},
    KnownApp{"headlamp", IdentityPreset::forwarded_user, {}, {}, R"(HEADLAMP_CONFIG_PROXY_AUTH=true)"},
    KnownApp{"home-assistant", IdentityPreset::forwarded_user, {}, {}, R"(http:
  use_x_forwarded_for: true
  trusted_proxies: [<gateway>/32]
auth_header:
  username_header: X-Forwarded-Preferred-Username)"},
    KnownApp{
        "jupyterhub",
        IdentityPreset::remote_user,
        {},
        {},
        R"(c.JupyterHub.authenticator_class = "jhub_remote_user_authenticator.remote_user_auth.RemoteUserAuthenticator"
c.RemoteUserAuthenticator.header_name = "<user>"
c.Authenticator.allow_all = True
c.JupyterHub.base_url = "<path>/")"},
    KnownApp{"miniflux",
             IdentityPreset::remote_user,
             {"/v1", "/fever", "/reader"},
             {},
             R"(BASE_URL=<origin><path>
AUTH_PROXY_HEADER=<user>
AUTH_PROXY_USER_CREATION=1
TRUSTED_REVERSE_PROXY_NETWORKS=<gateway>/32
DISABLE_LOCAL_AUTH=1)"},
    KnownApp{"minio", IdentityPreset::none, {}, {}, R"(MINIO_BROWSER_REDIRECT_URL=<origin><path>)"},
    KnownApp{"navidrome", IdentityPreset::remote_user, {"/rest", "/share"}, {}, R"(ND_BASEURL=<path>
ND_EXTAUTH_TRUSTEDSOURCES=<gateway>/32
ND_EXTAUTH_USERHEADER=<user>
ND_EXTAUTH_LOGOUTURL=<origin><prefix>/sign_out)"},
    // A model is loaded before the head of an answer comes.
    KnownApp{"ollama", IdentityPreset::none, {}, std::chrono::minutes(10), R"(OLLAMA_ORIGINS=<origin>)"},
    KnownApp{"prometheus", IdentityPreset::none, {}, {}, R"(--web.external-url=<origin><path>/)"},
    KnownApp{"radicale", IdentityPreset::x_remote_user, {}, {}, R"([auth]
type = http_x_remote_user)"},
    KnownApp{"superset", IdentityPreset::remote_user, {}, {}, R"(AUTH_TYPE = AUTH_REMOTE_USER
AUTH_REMOTE_USER_ENV_VAR = "HTTP_<USER>"
AUTH_USER_REGISTRATION = True
AUTH_USER_REGISTRATION_ROLE = "Gamma"
LOGOUT_REDIRECT_URL = "<origin><prefix>/sign_out"
ENABLE_PROXY_FIX = True)"},
    // It hands the token on to its frontend, which judges it.
    KnownApp{"temporal", IdentityPreset::none, {}, {}, "TEMPORAL_AUTH_ENABLED=false", ForwardToken::access},
};

/// As CGI and WSGI name a field.
std::string cgi_name(std::string_view field) {
  std::string name(field);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-') c = '_';
  }
  return name;
}

using Values = std::vector<std::pair<std::string_view, std::string>>;

Values values_of(const Route& route, const Config& config) {
  std::string origin = "https://" + route.host;
  const std::optional<std::uint16_t> port = config.listen.public_port;
  if (port && *port != 443) origin += ":" + std::to_string(*port);
  const std::vector<IdentityLine> lines = identity_lines(route.identity);
  const std::string user = lines.empty() ? std::string() : lines.front().name;
  const bool is_root = route.path.path == "/" || route.path.match == PathMatch::regex;
  return {{"<origin>", std::move(origin)},
          {"<path>", is_root ? std::string() : route.path.path},
          {"<host>", route.host},
          {"<prefix>", config.login.prefix},
          {"<user>", user},
          {"<USER>", cgi_name(user)},
          {"<gateway>", std::string(kGateway)}};
}

/// False for a line about what is not sent.
bool fill(std::string_view line, const Values& values, std::string& out) {
  out = line;
  for (const auto& [name, value] : values) {
    std::size_t at = out.find(name);
    const bool is_of_user = name == "<user>" || name == "<USER>";
    if (at != std::string::npos && is_of_user && value.empty()) return false;
    for (; at != std::string::npos; at = out.find(name, at + value.size()))
      out.replace(at, name.size(), value);
  }
  return true;
}

}  // namespace

std::span<const KnownApp> known_apps() {
  return kApps;
}

const KnownApp* find_app(std::string_view name) {
  const auto* found = std::ranges::find(kApps, name, &KnownApp::name);
  return found == kApps.end() ? nullptr : found;
}

std::vector<std::string> app_settings(const Route& route, const Config& config) {
  std::vector<std::string> lines;
  const KnownApp* app = find_app(route.app);
  if (app == nullptr) return lines;
  const Values values = values_of(route, config);
  std::string_view rest = app->settings;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string line;
    if (fill(rest.substr(0, end), values, line)) lines.push_back(std::move(line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

}  // namespace config
