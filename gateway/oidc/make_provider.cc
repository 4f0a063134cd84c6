#include "gateway/oidc/make_provider.h"

#include <utility>

#include "gateway/oidc/github_provider.h"
#include "gateway/oidc/standard_provider.h"

namespace gateway {

std::unique_ptr<Provider> make_provider(ProviderParts parts) {
  const config::Provider& settings = parts.settings;
  if (settings.type == config::ProviderType::github) {
    return std::make_unique<GithubProvider>(GithubProviderParts{settings, parts.client, parts.kept_claims});
  }
  return std::make_unique<StandardProvider>(
      StandardProviderParts{settings, parts.client, parts.directory.state(settings.name), parts.kept_claims,
                            std::move(parts.refetch), parts.random});
}

}  // namespace gateway
