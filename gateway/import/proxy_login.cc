// The sign-in of an oauth2-proxy: its provider and its session.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "config/values.h"
#include "config/yaml_writer.h"
#include "core/text/url.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

constexpr std::string_view kSecretFile = "/etc/gateway/secrets/oidc-client-secret";

/// The name of a provider there, and its type here.
constexpr auto kTypes =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"google", "google"},
                                                                  {"oidc", "oidc"},
                                                                  {"keycloak-oidc", "keycloak"},
                                                                  {"github", "github"},
                                                                  {"gitlab", "gitlab"},
                                                                  {"azure", "entra"},
                                                                  {"entra-id", "entra"},
                                                                  {"adfs", "oidc"}});

class LoginDraft {
 public:
  LoginDraft(const ProxyOptions& options, Draft& draft) : options_(options), draft_(draft) {}

  void write() {
    write_provider();
    write_session();
    write_hosts();
  }

 private:
  void note(std::string_view option, std::string_view what, std::string mend = {}) {
    const ProxyOption* found = options_.find(option);
    ImportPlace at = found == nullptr ? ImportPlace{"oauth2-proxy", 0} : found->at;
    draft_.note(std::move(at), std::string(option).append(" ").append(what), std::move(mend));
  }
  void add(std::string_view key, std::string value) {
    if (!value.empty()) provider_.entries.emplace_back(key, std::move(value));
  }

  void write_provider() {
    const std::string kind = options_.find("provider") == nullptr ? "google" : options_.text("provider");
    const auto type = std::ranges::find(kTypes, kind, [](const auto& pair) { return pair.first; });
    if (type == kTypes.end()) {
      note("provider", kind + " is not known here, so nobody can sign in",
           "name an OpenID provider under login.providers");
      draft_.login_is_closed = true;
      return;
    }
    provider_.name = name_from(kind);
    add("type", std::string(type->second));
    add("title", options_.text("provider_display_name"));
    write_issuer(type->second);
    add("client_id", options_.text("client_id"));
    if (options_.text("client_id").empty()) {
      note("client_id", "is not in the input", "write it into login.providers");
      add("client_id", "change-me");
    }
    write_secret();
    provider_.scopes = split_list(options_.text("scope"), ' ');
    const bool wants_openid = type->second != "github" && !provider_.scopes.empty();
    if (wants_openid && std::ranges::find(provider_.scopes, "openid") == provider_.scopes.end())
      provider_.scopes.insert(provider_.scopes.begin(), "openid");
    add("prompt", options_.text("prompt"));
    add("acr_values", options_.text("acr_values"));
    write_claims();
    const std::vector<std::string> authorities = options_.list("provider_ca_files");
    if (!authorities.empty()) add("ca", authorities.front());
    if (authorities.size() > 1) note("provider_ca_files", "is one file here", "put them into one file");
    draft_.providers.push_back(std::move(provider_));
  }

  void write_issuer(std::string_view type) {
    const std::string issuer = options_.text("oidc_issuer_url");
    if (type == "entra") return write_tenants(issuer);
    if (type == "google") return;
    if (type == "github" || type == "gitlab") {
      if (type == "gitlab") add("issuer", issuer);
      return;
    }
    add("issuer", issuer.empty() ? "https://change-me.invalid" : issuer);
    if (issuer.empty())
      note("oidc_issuer_url", "is not in the input", "write the issuer into login.providers");
  }

  /// The tenant stands in the issuer's path, or in an option.
  void write_tenants(const std::string& issuer) {
    provider_.tenants = options_.list("entra_id_allowed_tenants");
    if (!provider_.tenants.empty()) return;
    std::string tenant = options_.text("azure_tenant");
    if (const auto url = core::parse_url(issuer); url && tenant.empty()) {
      const std::vector<std::string> segments = split_list(url->path, '/');
      if (!segments.empty()) tenant = segments.front();
    }
    if (tenant.empty()) {
      note("azure_tenant", "is not in the input, which there means every tenant",
           "name the tenants whose people may sign in");
      tenant = "change-me";
    }
    provider_.tenants = {tenant};
  }

  void write_secret() {
    const std::string file = options_.text("client_secret_file");
    const ProxyOption* secret = options_.find("client_secret");
    if (!file.empty()) {
      provider_.client_secret = {DraftSecret::Kind::file, file};
    } else if (secret != nullptr && secret->source.kind != DraftSecret::Kind::none) {
      provider_.client_secret = secret->source;
    } else {
      provider_.client_secret = {DraftSecret::Kind::file, std::string(kSecretFile)};
      note("client_secret", secret == nullptr ? "is not in the input" : "is not copied",
           "write it into the file " + std::string(kSecretFile) + ", which only the gateway may read");
    }
  }

  void write_claims() {
    const auto claim = [this](std::string_view key, std::string_view option, std::string_view usual) {
      const std::string value = options_.text(option);
      if (!value.empty() && value != usual) provider_.claims.emplace_back(key, value);
    };
    claim("email", "oidc_email_claim", "email");
    claim("groups", "oidc_groups_claim", "groups");
    const std::string user = options_.text("user_id_claim");
    if (!user.empty() && user != "email") provider_.claims.emplace_back("user", user);
    if (!options_.flag("insecure_oidc_allow_unverified_email")) return;
    add("email", "trusted");
    draft_.remark(
        "insecure_oidc_allow_unverified_email is email: trusted of the provider: whoever can choose an "
        "e-mail there is who it names");
  }

  void write_session() {
    const ProxyOption* expire = options_.find("cookie_expire");
    const std::string lifetime = expire == nullptr ? "7d" : duration_of_go(options_.text("cookie_expire"));
    if (lifetime.empty()) {
      note("cookie_expire", "is no duration that a session can have", "see login.session.lifetime");
    } else {
      draft_.session.emplace_back("lifetime", lifetime);
      draft_.session.emplace_back("idle", lifetime);
    }
    if (options_.text("cookie_samesite") == "none") draft_.session.emplace_back("same_site", "none");
    if (options_.text("cookie_samesite") == "strict")
      note("cookie_samesite",
           "strict is lax here: after a sign-in at the provider a strict cookie is not sent");
    write_store();
    draft_.remark(
        "sessions of before do not count here: everybody signs in anew; keys are made by themselves");
  }

  void write_store() {
    const std::string refresh = duration_of_go(options_.text("cookie_refresh"));
    const bool asks_again = !refresh.empty() && refresh != "0s" && refresh != "0ms";
    const bool is_redis = options_.text("session_store_type") == "redis";
    const bool needs_tokens = asks_again || options_.flag("pass_authorization_header");
    if (is_redis) write_redis();
    if (draft_.redis_url.empty() && (is_redis || needs_tokens))
      draft_.session.emplace_back("store", "storage");
    if (asks_again) draft_.session.emplace_back("refresh", refresh);
  }

  void write_redis() {
    if (options_.flag("redis_use_sentinel") || options_.flag("redis_use_cluster")) {
      note("session_store_type",
           "redis with Sentinel or Cluster is not known here; sessions are in the storage",
           "see login.session.store");
      return;
    }
    std::string url = options_.text("redis_connection_url");
    const std::size_t at = url.rfind('@');
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) {
      note("redis_connection_url", "is no URL", "see login.session.store");
      return;
    }
    if (at != std::string::npos) {
      url.erase(scheme + 3, at - scheme - 2);
      note("redis_connection_url", "holds a password, which is not copied",
           "write it into a file and name that as password of login.session.store");
    }
    draft_.redis_url = url;
    const ProxyOption* password = options_.find("redis_password");
    if (password == nullptr) return;
    draft_.redis_password = password->source;
    if (password->source.kind == DraftSecret::Kind::none)
      note("redis_password", "is not copied",
           "write it into a file and name that as password of login.session.store");
  }

  void write_hosts() {
    if (const auto url = core::parse_url(options_.text("redirect_url"))) {
      draft_.login_host = url->authority.host;
      if (url->path.ends_with("/callback")) {
        const std::string prefix =
            url->path.substr(0, url->path.size() - std::string_view("/callback").size());
        if (!prefix.empty() && prefix != "/oauth2") draft_.login_prefix = prefix;
      }
    }
    if (const std::string prefix = options_.text("proxy_prefix"); !prefix.empty() && prefix != "/oauth2")
      draft_.login_prefix = prefix;
    for (const std::string& domain : options_.list("whitelist_domains")) {
      const bool is_wide = domain.starts_with('.') || domain.find('*') != std::string::npos;
      if (!is_wide && core::parse_authority(domain)) {
        draft_.return_to.push_back("https://" + domain);
      } else {
        note("whitelist_domains", domain + " names no single origin",
             "hosts of this file may always be returned to; others: login.return_to");
      }
    }
    if (!draft_.login_host.empty())
      draft_.remark("the provider must know the redirect URI https://" + draft_.login_host +
                    (draft_.login_prefix.empty() ? "/oauth2" : draft_.login_prefix) + "/callback");
  }

  const ProxyOptions& options_;
  Draft& draft_;
  DraftProvider provider_;
};

}  // namespace

std::string duration_of_go(std::string_view text) {
  std::int64_t milliseconds = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count < 0 || count > 1'000'000'000) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    constexpr auto kUnits = std::to_array<std::pair<std::string_view, std::int64_t>>(
        {{"ms", 1}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}});
    const auto unit =
        std::ranges::find_if(kUnits, [text](const auto& known) { return text.starts_with(known.first); });
    if (unit == kUnits.end()) return {};
    text.remove_prefix(unit->first.size());
    milliseconds += count * unit->second;
  }
  if (milliseconds > std::chrono::milliseconds(config::kMaxDuration).count()) return {};
  return config::duration_text(std::chrono::milliseconds(milliseconds));
}

void draft_proxy_login(const ProxyOptions& options, Draft& draft) {
  LoginDraft(options, draft).write();
}

}  // namespace gateway
