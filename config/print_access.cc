// login and policies, written out.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "config/print.h"

namespace config {
namespace {

constexpr std::array<std::string_view, 3> kTypes{"oidc", "google", "keycloak"};
constexpr std::array<std::string_view, 3> kSources{"id_token", "userinfo", "access_token"};
constexpr std::array<std::string_view, 4> kStores{"cookie", "memory", "storage", "redis"};
constexpr std::array<std::string_view, 3> kTrusts{"verified", "trusted", "ignored"};

std::string text_of(const ClaimPath& path) {
  return path.literal.empty() ? list_of(path.steps) : quoted(path.literal);
}

std::string text_of(const ClaimValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  std::string number = fmt::format("{}", std::get<double>(value));
  if (number.find_first_of(".e") == std::string::npos) number.append(".0");
  return number;
}

void print_provider(const Provider& provider, Writer& out) {
  const bool is_google = provider.type == ProviderType::google;
  out.open(provider.name);
  out.entry("type", kTypes[static_cast<std::size_t>(provider.type)]);
  out.entry("title", quoted(provider.title));
  if (is_google) {
    if (!provider.hosted_domain.empty()) out.entry("hosted_domain", quoted(provider.hosted_domain));
  } else {
    out.entry("issuer", quoted(provider.issuer));
  }
  out.entry("client_id", quoted(provider.client_id));
  out.entry("client_secret", text_of(provider.client_secret));
  out.entry("scopes", list_of(provider.scopes));
  if (!provider.prompt.empty()) out.entry("prompt", quoted(provider.prompt));
  if (!provider.extra.empty()) {
    out.open("extra");
    for (const auto& [name, value] : provider.extra) out.entry(quoted(name), quoted(value));
    out.close();
  }
  out.open("claims");
  out.entry("user", text_of(provider.claims.user));
  out.entry("email", text_of(provider.claims.email));
  out.entry("name", text_of(provider.claims.name));
  out.entry("preferred_username", text_of(provider.claims.preferred_username));
  out.entry("groups", text_of(provider.claims.groups));
  out.close();
  std::string sources;
  for (const ClaimSource source : provider.claims_from) {
    sources.append(sources.empty() ? "" : ", ").append(kSources[static_cast<std::size_t>(source)]);
  }
  out.entry("claims_from", "[" + sources + "]");
  out.entry("email", kTrusts[static_cast<std::size_t>(provider.email)]);
  if (!provider.ca_file.empty()) out.entry("ca", quoted(provider.ca_file));
  if (provider.connect_to) out.entry("connect_to", quoted(provider.connect_to->origin()));
  out.close();
}

void print_rule(const Rule& rule, Writer& out) {
  out.item();
  if (rule.authenticated) out.entry("authenticated", "true");
  if (rule.providers) out.entry("provider", list_of(*rule.providers));
  if (!rule.email_file.empty()) {
    out.entry("email", "{file: " + quoted(rule.email_file) + "}");
  } else if (rule.emails) {
    out.entry("email", list_of(*rule.emails));
  }
  if (rule.email_domains) out.entry("email_domain", list_of(*rule.email_domains));
  if (rule.groups) out.entry("group", list_of(*rule.groups));
  if (!rule.claims.empty()) {
    out.open("claim");
    for (const ClaimTest& test : rule.claims) {
      std::string values;
      for (const ClaimValue& value : test.any_of)
        values.append(values.empty() ? "" : ", ").append(text_of(value));
      out.entry(quoted(test.path.literal), "[" + values + "]");
    }
    out.close();
  }
  out.close();
}

}  // namespace

std::string text_of(const ConfiguredSecret& secret) {
  const std::size_t colon = secret.origin.find(':');
  if (colon == std::string::npos) return "\"(hidden)\"";
  return "{" + secret.origin.substr(0, colon) + ": " + quoted(secret.origin.substr(colon + 1)) + "}";
}

void print_auth_check(const AuthCheck& check, const std::vector<Policy>& policies, Writer& out) {
  std::vector<std::string> from;
  from.reserve(check.from.size());
  for (const core::Network& network : check.from) from.push_back(network.text());
  out.open("auth_check");
  out.entry("from", list_of(from));
  if (check.policy) out.entry("policy", quoted(policies[*check.policy].name));
  out.close();
}

void print_login(const Login& login, const std::vector<Policy>& policies, Writer& out) {
  out.open("login");
  if (!login.host.empty()) out.entry("host", quoted(login.host));
  out.entry("prefix", quoted(login.prefix));
  out.entry("return_to", list_of(login.return_to));
  out.open("session");
  out.entry("lifetime", duration_text(login.session.lifetime));
  out.entry("idle", duration_text(login.session.idle));
  if (!login.session.cookie_domain.empty()) out.entry("cookie_domain", quoted(login.session.cookie_domain));
  out.entry("cookie_name", quoted(login.session.cookie_name));
  out.entry("same_site", login.session.same_site == SameSite::none ? "none" : "lax");
  if (login.session.store == SessionStoreKind::redis) {
    print_redis("store", login.session.store_redis, out);
  } else {
    out.entry("store", kStores[static_cast<std::size_t>(login.session.store)]);
  }
  out.entry("refresh", login.session.refresh ? duration_text(*login.session.refresh) : "off");
  if (!login.session.keys.empty()) out.entry("keys", text_of(login.session.keys));
  out.close();
  out.entry("rate", rate_text(login.rate));
  if (login.auth_check) print_auth_check(*login.auth_check, policies, out);
  if (!login.page_title.empty()) {
    out.open("pages");
    out.entry("title", quoted(login.page_title));
    out.close();
  }
  if (!login.providers.empty()) {
    out.open("providers");
    for (const Provider& provider : login.providers) print_provider(provider, out);
    out.close();
  }
  out.close();
}

void print_policies(const std::vector<Policy>& policies, Writer& out) {
  if (policies.empty()) return;
  out.open("policies");
  for (const Policy& policy : policies) {
    out.open(policy.name);
    for (const auto& [name, rules] : {std::pair("deny", &policy.deny), std::pair("allow", &policy.allow)}) {
      if (rules->empty()) continue;
      out.open(name);
      for (const Rule& rule : *rules) print_rule(rule, out);
      out.close();
    }
    if (policy.otherwise == Otherwise::pending) out.entry("otherwise", "pending");
    if (policy.otherwise == Otherwise::redirect) out.entry("otherwise", quoted(policy.otherwise_url));
    out.close();
  }
  out.close();
}

}  // namespace config
