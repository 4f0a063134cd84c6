// login.session.refresh: who has to be asked for a refresh token, and how.
#include <algorithm>

#include "config/parse.h"

namespace config {
namespace {

constexpr std::string_view kAccess = "access_type";

void add_scope(Provider& provider, std::string_view scope) {
  if (std::ranges::find(provider.scopes, scope) == provider.scopes.end()) provider.scopes.emplace_back(scope);
}

/// Google knows no offline_access, and gives one again only to whoever is asked again.
void ask_google(Provider& provider) {
  const auto is_access = [](const auto& parameter) { return parameter.first == kAccess; };
  if (std::ranges::none_of(provider.extra, is_access)) provider.extra.emplace_back(kAccess, "offline");
  if (provider.prompt.empty()) provider.prompt = "consent";
}

}  // namespace

void ask_for_refresh_token(Provider& provider) {
  switch (provider.type) {
    case ProviderType::google:
      return ask_google(provider);
    case ProviderType::dex:
    case ProviderType::entra:
      return add_scope(provider, "offline_access");
    case ProviderType::oidc:      // offline_access is refused by some, and means much by others
    case ProviderType::keycloak:  // these give one without being asked
    case ProviderType::gitlab:
    case ProviderType::github:
      return;
  }
}

}  // namespace config
