// login, written out.
#include <array>
#include <utility>

#include "config/print.h"

namespace config {
namespace {

constexpr std::array<std::string_view, 7> kTypes{"oidc",   "google", "keycloak", "github",
                                                 "gitlab", "entra",  "dex"};
constexpr std::array<std::string_view, 3> kSources{"id_token", "userinfo", "access_token"};
constexpr std::array<std::string_view, 4> kStores{"cookie", "memory", "storage", "redis"};
constexpr std::array<std::string_view, 3> kTrusts{"verified", "trusted", "ignored"};

std::string text_of(const ClaimPath& path) {
  return path.literal.empty() ? list_of(path.steps) : quoted(path.literal);
}

/// Whose accounts they are: the keys that the type has for it.
void print_issuer(const Provider& provider, Writer& out) {
  switch (provider.type) {
    case ProviderType::google:
      if (!provider.hosted_domain.empty()) out.entry("hosted_domain", quoted(provider.hosted_domain));
      break;
    case ProviderType::entra:
      out.entry("issuer", quoted(provider.issuer_url.origin()));
      out.entry("tenant", provider.tenants.empty() ? quoted(provider.tenant) : list_of(provider.tenants));
      break;
    default:
      out.entry("issuer", quoted(provider.issuer));
  }
}

void print_claims(const ClaimNames& claims, Writer& out) {
  out.open("claims");
  out.entry("user", text_of(claims.user));
  out.entry("email", text_of(claims.email));
  out.entry("name", text_of(claims.name));
  out.entry("preferred_username", text_of(claims.preferred_username));
  out.entry("groups", text_of(claims.groups));
  if (claims.roles) out.entry("roles", text_of(*claims.roles));
  out.close();
}

void print_claim_sources(const Provider& provider, Writer& out) {
  if (provider.type == ProviderType::github) return;
  std::string sources;
  for (const ClaimSource source : provider.claims_from) {
    sources.append(sources.empty() ? "" : ", ").append(kSources[static_cast<std::size_t>(source)]);
  }
  out.entry("claims_from", "[" + sources + "]");
  if (provider.userinfo_token == UserinfoToken::body) out.entry("userinfo_token", "body");
}

void print_credentials(const Provider& provider, Writer& out) {
  if (!provider.client_secret.value.reveal().empty()) {
    out.entry("client_secret", text_of(provider.client_secret));
  }
  if (!provider.client_key.value.reveal().empty()) out.entry("client_key", text_of(provider.client_key));
  if (!provider.client_key_id.empty()) out.entry("client_key_id", quoted(provider.client_key_id));
  if (provider.certificate_file.empty()) return;
  out.open("client_certificate");
  out.entry("certificate", quoted(provider.certificate_file));
  out.entry("key", quoted(provider.certificate_key_file));
  out.close();
}

void print_way_to(const Provider& issuer, Writer& out) {
  if (!issuer.ca_file.empty()) out.entry("ca", quoted(issuer.ca_file));
  if (issuer.connect_to) out.entry("connect_to", quoted(issuer.connect_to->origin()));
}

void print_provider(const Provider& provider, Writer& out) {
  out.open(provider.name);
  out.entry("type", kTypes[static_cast<std::size_t>(provider.type)]);
  out.entry("title", quoted(provider.title));
  print_issuer(provider, out);
  out.entry("client_id", quoted(provider.client_id));
  print_credentials(provider, out);
  out.entry("scopes", list_of(provider.scopes));
  if (!provider.prompt.empty()) out.entry("prompt", quoted(provider.prompt));
  if (!provider.acr_values.empty()) out.entry("acr_values", quoted(provider.acr_values));
  if (!provider.extra.empty()) {
    out.open("extra");
    for (const auto& [name, value] : provider.extra) out.entry(quoted(name), quoted(value));
    out.close();
  }
  print_claims(provider.claims, out);
  print_claim_sources(provider, out);
  out.entry("email", kTrusts[static_cast<std::size_t>(provider.email)]);
  print_way_to(provider, out);
  out.close();
}

void print_client(const Client& client, Writer& out) {
  out.open(client.name);
  out.entry("issuer", quoted(client.issuer.issuer));
  out.entry("audience", quoted(client.audience));
  if (!client.scopes.empty()) out.entry("scopes", list_of(client.scopes));
  print_claims(client.issuer.claims, out);
  if (client.introspection_cache) {
    out.open("introspection");
    out.entry("client_id", quoted(client.issuer.client_id));
    print_credentials(client.issuer, out);
    out.entry("cache", duration_text(*client.introspection_cache));
    out.close();
  }
  print_way_to(client.issuer, out);
  out.close();
}

void print_certificate_client(const CertificateClient& client, Writer& out) {
  out.open(client.name);
  out.entry("hosts", list_of(client.hosts));
  out.entry("ca", quoted(client.ca_file));
  if (!client.crl_file.empty()) out.entry("crl", quoted(client.crl_file));
  out.entry("mode", client.mode == ClientCertificates::required ? "required" : "optional");
  print_claims(client.issuer.claims, out);
  out.close();
}

}  // namespace

std::string text_of(const ConfiguredSecret& secret) {
  const std::size_t colon = secret.origin.find(':');
  if (colon == std::string::npos) return "\"(hidden)\"";
  return "{" + secret.origin.substr(0, colon) + ": " + quoted(secret.origin.substr(colon + 1)) + "}";
}

/// Without the `per` that is not written there.
std::string person_rate_text(const std::optional<RateLimit>& rate) {
  std::string text = rate_text(rate);
  const std::size_t at = text.find(", per: user");
  if (at != std::string::npos) text.erase(at, std::string_view(", per: user").size());
  return text;
}

std::string texts_of(const std::vector<core::Network>& networks) {
  std::vector<std::string> texts;
  texts.reserve(networks.size());
  for (const core::Network& network : networks) texts.push_back(network.text());
  return list_of(texts);
}

void print_auth_check(const AuthCheck& check, const std::vector<Policy>& policies, Writer& out) {
  out.open("auth_check");
  out.entry("from", texts_of(check.from));
  if (check.policy) out.entry("policy", quoted(policies[*check.policy].name));
  out.close();
}

void print_pages(const PageSettings& pages, Writer& out) {
  out.open("pages");
  if (!pages.directory.empty()) out.entry("directory", quoted(pages.directory));
  if (!pages.title.empty()) out.entry("title", quoted(pages.title));
  if (!pages.logo.empty()) out.entry("logo", quoted(pages.logo));
  if (!pages.support.empty()) out.entry("support", quoted(pages.support));
  out.close();
}

void print_login(const Login& login, const std::vector<Policy>& policies, Writer& out) {
  out.open("login");
  if (!login.host.empty()) out.entry("host", quoted(login.host));
  out.entry("prefix", quoted(login.prefix));
  out.entry("return_to", list_of(login.return_to));
  out.entry("keep_fragment", login.keeps_fragment ? "on" : "\"off\"");
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
  out.entry("sign_in_rate", person_rate_text(login.sign_in_rate));
  out.entry("denied_rate", person_rate_text(login.denied_rate));
  if (login.auth_check) print_auth_check(*login.auth_check, policies, out);
  if (login.tokens) {
    out.open("tokens");
    out.entry("policy", quoted(policies[login.tokens->policy].name));
    out.entry("lifetime", duration_text(login.tokens->lifetime));
    out.close();
  }
  if (login.break_glass) {
    out.open("break_glass");
    out.entry("account", text_of(login.break_glass->account));
    out.entry("lifetime", duration_text(login.break_glass->lifetime));
    if (!login.break_glass->from.empty()) out.entry("from", texts_of(login.break_glass->from));
    out.close();
  }
  if (login.pages != PageSettings()) print_pages(login.pages, out);
  if (!login.providers.empty()) {
    out.open("providers");
    for (const Provider& provider : login.providers) print_provider(provider, out);
    out.close();
  }
  if (!login.clients.empty()) {
    out.open("clients");
    for (const Client& client : login.clients) print_client(client, out);
    out.close();
  }
  if (!login.certificate_clients.empty()) {
    out.open("client_certificates");
    for (const CertificateClient& client : login.certificate_clients) print_certificate_client(client, out);
    out.close();
  }
  out.close();
}

}  // namespace config
