#include "gateway/import/proxy_options.h"

#include <algorithm>
#include <array>

#include "config/values.h"
#include "gateway/import/cfg_text.h"

namespace gateway {
namespace {

using config::YamlNode;

enum Rank { kOfFile = 1, kOfEnvironment = 2, kOfCommandLine = 3 };

constexpr std::string_view kVariablePrefix = "OAUTH2_PROXY_";

/// As the configuration file calls it: plural where there may be several.
std::string canonical(std::string_view name) {
  std::string text = config::lower_case(name);
  std::ranges::replace(text, '-', '_');
  if (known_proxy_option(text) == nullptr && known_proxy_option(text + "s") != nullptr) text += "s";
  return text;
}

bool is_list(const std::string& name) {
  const KnownProxyOption* known = known_proxy_option(name);
  return known != nullptr && known->is_list;
}

/// $(NAME), as manifests write variables, or ${NAME} and $NAME of shells: the name.
std::string variable_in(std::string_view text) {
  if (text.size() < 2 || text.front() != '$') return {};
  text.remove_prefix(1);
  const bool is_closed =
      (text.front() == '(' && text.back() == ')') || (text.front() == '{' && text.back() == '}');
  if (is_closed) text = text.substr(1, text.size() - 2);
  const auto is_name = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && std::ranges::all_of(text, is_name) ? std::string(text) : std::string();
}

DraftSecret variable_secret(std::string_view value) {
  const std::string name = variable_in(value);
  return name.empty() ? DraftSecret() : DraftSecret{DraftSecret::Kind::env, name};
}

/// Keys of a provider of the YAML form, and the option that each is.
constexpr auto kProviderKeys = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"provider", "provider"},
    {"id", "version"},  // a name of its own; nothing here
    {"name", "provider_display_name"},
    {"clientID", "client_id"},
    {"clientSecret", "client_secret"},
    {"clientSecretFile", "client_secret_file"},
    {"scope", "scope"},
    {"allowedGroups", "allowed_groups"},
    {"acrValues", "acr_values"},
    {"prompt", "prompt"},
    {"caFiles", "provider_ca_files"},
    {"useSystemTrustStore", "use_system_trust_store"},
    {"loginURL", "login_url"},
    {"redeemURL", "redeem_url"},
    {"profileURL", "profile_url"},
    {"validateURL", "validate_url"},
    {"skipClaimsFromProfileURL", "skip_claims_from_profile_url"},
    {"resource", "resource"},
    {"backendLogoutURL", "backend_logout_url"},
    {"authRequestResponseMode", "auth_request_response_mode"},
    {"code_challenge_method", "code_challenge_method"},
    {"codeChallengeMethod", "code_challenge_method"},
    {"oidcConfig.issuerURL", "oidc_issuer_url"},
    {"oidcConfig.emailClaim", "oidc_email_claim"},
    {"oidcConfig.groupsClaim", "oidc_groups_claim"},
    {"oidcConfig.userIDClaim", "user_id_claim"},
    {"oidcConfig.audienceClaims", "oidc_audience_claims"},
    {"oidcConfig.extraAudiences", "oidc_extra_audiences"},
    {"oidcConfig.jwksURL", "oidc_jwks_url"},
    {"oidcConfig.skipDiscovery", "skip_oidc_discovery"},
    {"oidcConfig.publicKeyFiles", "oidc_public_key_files"},
    {"oidcConfig.enabledSigningAlgs", "oidc_enabled_signing_algs"},
    {"oidcConfig.insecureAllowUnverifiedEmail", "insecure_oidc_allow_unverified_email"},
    {"oidcConfig.insecureSkipIssuerVerification", "insecure_oidc_skip_issuer_verification"},
    {"oidcConfig.insecureSkipNonce", "insecure_oidc_skip_nonce"},
    {"keycloakConfig.groups", "keycloak_groups"},
    {"keycloakConfig.roles", "allowed_roles"},
    {"azureConfig.tenant", "azure_tenant"},
    {"azureConfig.graphGroupField", "azure_graph_group_field"},
    {"microsoftEntraIDConfig.allowedTenants", "entra_id_allowed_tenants"},
    {"microsoftEntraIDConfig.federatedTokenAuth", "entra_id_federated_token_auth"},
    {"githubConfig.org", "github_org"},
    {"githubConfig.team", "github_team"},
    {"githubConfig.repo", "github_repo"},
    {"githubConfig.token", "github_token"},
    {"githubConfig.users", "github_users"},
    {"gitlabConfig.group", "gitlab_group"},
    {"gitlabConfig.projects", "gitlab_projects"},
    {"googleConfig.group", "google_group"},
    {"googleConfig.adminEmail", "google_admin_email"},
    {"googleConfig.serviceAccountJson", "google_service_account_json"},
    {"bitbucketConfig.team", "bitbucket_team"},
    {"bitbucketConfig.repository", "bitbucket_repository"},
});

}  // namespace

void ProxyOptions::add(std::string_view name, std::vector<std::string> values, ImportPlace at,
                       DraftSecret source, int rank) {
  ProxyOption option{canonical(name), std::move(values), std::move(at), std::move(source), rank};
  // A flag that stands again adds to a list.
  if (is_list(option.name) && rank == kOfCommandLine) {
    for (ProxyOption& known : options_) {
      if (known.name != option.name || known.rank != rank) continue;
      known.values.insert(known.values.end(), option.values.begin(), option.values.end());
      return;
    }
  }
  for (const ProxyOption& known : options_) {
    if (known.name == option.name && known.rank == rank && known.values != option.values)
      conflicts.emplace_back("another " + option.name + " than at " + known.at.text(), option.at);
  }
  options_.push_back(std::move(option));
}

void ProxyOptions::add_cfg(const ImportFile& file, config::Findings& findings) {
  for (CfgEntry& entry : read_cfg(file.text, findings)) {
    const DraftSecret source =
        entry.values.size() == 1 ? variable_secret(entry.values.front()) : DraftSecret();
    add(entry.key, std::move(entry.values), {file.name, entry.line}, source, kOfFile);
  }
}

void ProxyOptions::add_variable(std::string_view name, std::vector<std::string> values, ImportPlace at,
                                DraftSecret source) {
  if (!name.starts_with(kVariablePrefix)) return;
  const std::string option = canonical(name.substr(kVariablePrefix.size()));
  if (is_list(option) && values.size() == 1) values = split_list(values.front(), ',');
  add(option, std::move(values), std::move(at), std::move(source), kOfEnvironment);
}

void ProxyOptions::add_environment(const ImportFile& file, config::Findings& findings) {
  for (CfgEntry& entry : read_env(file.text, findings)) {
    const DraftSecret source{DraftSecret::Kind::env, entry.key};
    add_variable(entry.key, std::move(entry.values), {file.name, entry.line}, source);
  }
}

void ProxyOptions::add_words(const std::vector<std::pair<std::string, ImportPlace>>& words) {
  // Lists of one command line are joined; those of two would let in whom only one of them does.
  if (has_words_ && !words.empty())
    conflicts.emplace_back("the command line of a second oauth2-proxy", words.front().second);
  has_words_ = has_words_ || !words.empty();
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i].first;
    if (!word.starts_with('-') || word == "-" || word == "--") continue;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const std::size_t equals = word.find('=');
    const std::string name = canonical(word.substr(0, equals));
    std::string value = "true";
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].first.starts_with('-')) {
      value = words[i + 1].first;
    }
    std::vector<std::string> values{value};
    if (is_list(name)) values = split_list(value, ',');
    add(name, std::move(values), words[i].second, variable_secret(value), kOfCommandLine);
  }
}

void ProxyOptions::add_command_line(const ImportFile& file, config::Findings& findings) {
  std::vector<std::pair<std::string, ImportPlace>> words;
  for (Word& word : split_words(file.text, findings))
    words.emplace_back(std::move(word.text), ImportPlace{file.name, word.line});
  add_words(words);
}

const ProxyOption* ProxyOptions::find(std::string_view name) const {
  const ProxyOption* found = nullptr;
  for (const ProxyOption& option : options_)
    if (option.name == name && (found == nullptr || option.rank >= found->rank)) found = &option;
  return found;
}

std::string ProxyOptions::text(std::string_view name) const {
  const ProxyOption* option = find(name);
  return option == nullptr || option->values.empty() ? std::string() : option->values.front();
}

std::vector<std::string> ProxyOptions::list(std::string_view name) const {
  const ProxyOption* option = find(name);
  return option == nullptr ? std::vector<std::string>() : option->values;
}

bool ProxyOptions::flag(std::string_view name, bool otherwise) const {
  const std::string value = config::lower_case(text(name));
  if (value.empty()) return otherwise;
  return value == "true" || value == "1" || value == "t";
}

std::vector<const ProxyOption*> ProxyOptions::all() const {
  std::vector<const ProxyOption*> list;
  for (const ProxyOption& option : options_)
    if (find(option.name) == &option) list.push_back(&option);
  return list;
}

void ProxyOptions::add_alpha_provider(const ImportDocument& document, const YamlNode& provider) {
  const auto add_key = [&](const std::string& key, const YamlNode& value) {
    const auto known = std::ranges::find(kProviderKeys, key, [](const auto& pair) { return pair.first; });
    if (known == kProviderKeys.end()) {
      unknown_keys.emplace_back("providers." + key, document.place(value));
      return;
    }
    std::vector<std::string> values = texts_of(&value);
    if (values.empty()) return;
    const DraftSecret source = variable_secret(values.front());
    add(known->second, std::move(values), document.place(value), source, kOfFile);
  };
  for (const config::YamlEntry& entry : provider.entries) {
    if (!entry.value.is_map()) {
      add_key(entry.key, entry.value);
      continue;
    }
    for (const config::YamlEntry& inner : entry.value.entries)
      add_key(entry.key + "." + inner.key, inner.value);
  }
}

void ProxyOptions::add_alpha_upstream(const ImportDocument& document, const YamlNode& upstream) {
  ProxyUpstream found;
  found.at = document.place(upstream);
  found.path = text_in(upstream, {"path"});
  found.uri = text_in(upstream, {"uri"});
  found.rewrite = text_in(upstream, {"rewriteTarget"});
  found.preserves_host = text_in(upstream, {"passHostHeader"}) != "false";
  if (text_in(upstream, {"static"}) == "true") {
    const auto code = config::parse_count(text_in(upstream, {"staticCode"}));
    found.static_status = code && *code >= 200 && *code < 600 ? static_cast<int>(*code) : 200;
  }
  if (text_in(upstream, {"insecureSkipTLSVerify"}) == "true")
    unknown_keys.emplace_back("upstreams.insecureSkipTLSVerify", found.at);
  upstreams.push_back(std::move(found));
}

void ProxyOptions::add_alpha_header(const ImportDocument& document, const YamlNode& header) {
  for (const YamlNode* value : items_of(header.find("values"))) {
    ProxyHeader found;
    found.at = document.place(*value);
    found.name = text_in(header, {"name"});
    const bool is_nested = value->find("claimSource") != nullptr;
    const auto read = [&](std::string_view key) {
      return is_nested ? text_in(*value, {"claimSource", key}) : text_in(*value, {key});
    };
    // With a password of ours it is Basic, which is no claim.
    const bool is_basic = value->find("basicAuthPassword") != nullptr ||
                          find_in(*value, {"claimSource", "basicAuthPassword"}) != nullptr;
    if (!is_basic) found.claim = read("claim");
    found.prefix = read("prefix");
    headers.push_back(std::move(found));
  }
}

void ProxyOptions::add_alpha(const ImportDocument& document) {
  const YamlNode& root = document.root;
  const std::vector<const YamlNode*> providers = items_of(root.find("providers"));
  for (const YamlNode* provider : providers) {
    if (provider == providers.front())
      add_alpha_provider(document, *provider);
    else
      unknown_keys.emplace_back("a second provider", document.place(*provider));
  }
  const YamlNode* listed = find_in(root, {"upstreamConfig", "upstreams"});
  if (listed == nullptr) listed = root.find("upstreams");
  for (const YamlNode* upstream : items_of(listed)) add_alpha_upstream(document, *upstream);
  has_headers = true;
  for (const YamlNode* header : items_of(root.find("injectRequestHeaders")))
    add_alpha_header(document, *header);
  const auto add_server = [&](std::initializer_list<std::string_view> keys, std::string_view option) {
    const YamlNode* node = find_in(root, keys);
    if (node != nullptr && node->is_scalar()) add(option, {node->text}, document.place(*node), {}, kOfFile);
  };
  add_server({"server", "SecureBindAddress"}, "https_address");
  add_server({"server", "secureBindAddress"}, "https_address");
  add_server({"server", "TLS", "Cert", "fromFile"}, "tls_cert_file");
  add_server({"server", "TLS", "Key", "fromFile"}, "tls_key_file");
  add_server({"server", "tls", "cert", "fromFile"}, "tls_cert_file");
  add_server({"server", "tls", "key", "fromFile"}, "tls_key_file");
  add_server({"metricsServer", "BindAddress"}, "metrics_address");
  for (const config::YamlEntry& entry : root.entries) {
    constexpr std::array<std::string_view, 7> kRead{
        "providers", "upstreamConfig", "upstreams", "injectRequestHeaders", "injectResponseHeaders",
        "server",    "metricsServer"};
    if (std::ranges::find(kRead, entry.key) == kRead.end())
      unknown_keys.emplace_back(entry.key, document.place(entry.value));
  }
}

}  // namespace gateway
