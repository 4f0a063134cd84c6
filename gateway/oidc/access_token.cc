#include "gateway/oidc/access_token.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gateway {
namespace {

constexpr std::size_t kMaxScopes = 200;
constexpr std::array<std::string_view, 2> kScopeClaims{"scope", "scp"};
/// OpenID Connect Core section 2, Back-Channel Logout section 2.4.
constexpr std::array<std::string_view, 4> kClaimsOfOtherTokens{"nonce", "at_hash", "c_hash", "events"};
/// Keycloak's `typ` of what is no access token.
constexpr std::array<std::string_view, 4> kOtherTypes{"ID", "Refresh", "Offline", "Logout"};

std::unexpected<core::Error> refuse(std::string why) {
  return core::failure(core::ErrorKind::unverified, core::Side::client, std::move(why));
}

/// One text with blanks between (RFC 8693 section 4.2), or a list of texts, as some issuers have it.
core::Json words_of(const core::Json& value) {
  core::Json words = core::Json::array();
  for (const core::Json& element : value.elements()) {
    if (element.as_string()) words.push(element);
  }
  std::string_view rest = value.as_string().value_or(std::string_view());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) words.push(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

bool has_scope(const core::Json& claims, std::string_view scope) {
  return std::ranges::any_of(kScopeClaims, [&](std::string_view name) {
    const core::Json* words = claims.find(name);
    return words != nullptr && std::ranges::any_of(words->elements(), [&](const core::Json& word) {
             return word.as_string() == scope;
           });
  });
}

core::Result<void> check_purpose(const core::Json& claims) {
  if (claims.find("cnf") != nullptr) return refuse("a token that is bound to a key is no bearer token");
  for (const std::string_view name : kClaimsOfOtherTokens) {
    if (claims.find(name) != nullptr) return refuse("an ID token or a logout token is no access token");
  }
  const core::Json* use = claims.find("token_use");
  if (use != nullptr && use->as_string() != "access" && use->as_string() != "access_token")
    return refuse("a token for another use");
  const auto type = claims.string_at("typ");
  if (type && std::ranges::find(kOtherTypes, *type) != kOtherTypes.end())
    return refuse("a token of another type");
  return {};
}

}  // namespace

core::JwtRules access_token_rules(const config::Client& client) {
  core::JwtRules rules;
  rules.issuer = client.issuer.issuer;
  rules.audience = client.audience;
  rules.audience_rule = core::AudienceRule::resource;
  rules.types = {"at+jwt", "JWT", ""};
  return rules;
}

core::Result<Identity> machine_of(const config::Client& client, core::Json claims, core::WallTime expires,
                                  const ClaimPaths& kept) {
  const core::Result<void> purpose = check_purpose(claims);
  if (!purpose) return core::failure(purpose.error());
  for (const std::string_view name : kScopeClaims) {
    const core::Json* value = claims.find(name);
    if (value == nullptr) continue;
    core::Json words = words_of(*value);
    if (words.elements().size() > kMaxScopes) return refuse("a token with too many scopes");
    claims.set(name, std::move(words));
  }
  for (const std::string& scope : client.scopes) {
    if (!has_scope(claims, scope)) return refuse("a token without the scope " + scope);
  }
  core::Result<Identity> identity = make_identity(client.issuer, claims, kept);
  if (!identity) return identity;
  identity->client = client.name;
  identity->provider.clear();
  identity->expires_at = expires;
  return identity;
}

}  // namespace gateway
