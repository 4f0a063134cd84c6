// From a provider's settings to the Provider of its type: the one place that knows them all.
#pragma once

#include <memory>

#include "config/types_access.h"
#include "core/crypto/random.h"
#include "core/http/client.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/directory.h"
#include "gateway/oidc/issuer_keys.h"
#include "gateway/oidc/provider.h"

namespace gateway {

/// What any of them may need, on one loop. All borrowed but `refetch`.
struct ProviderParts {
  const config::Provider& settings;
  core::HttpClient& client;
  const ProviderDirectory& directory;  ///< not looked at for github, which has no metadata
  const ClaimPaths& kept_claims;       ///< what a session keeps of the claims
  RefetchKeys refetch;
  core::Random& random;
};

std::unique_ptr<Provider> make_provider(ProviderParts parts);

}  // namespace gateway
