#include "gateway/oidc/personal_bearer.h"

#include <algorithm>
#include <utility>

#include "config/issuer.h"

namespace gateway {

bool PersonalBearer::counts(const Identity& owner, core::WallTime now) const {
  if (now >= owner.expires_at || now >= owner.signed_in_at + login_.tokens->lifetime) return false;
  return std::ranges::any_of(login_.providers, [&owner](const config::Provider& provider) {
    return provider.name == owner.provider && config::is_issuer_of(provider, owner.issuer);
  });
}

FoundToken PersonalBearer::find(std::string_view token, const Request& request) {
  hash_.update(token);
  const core::Sha256Digest key = hash_.finish();
  const PersonalTokens::Shared found = tokens_.current().find(key);
  if (found == nullptr || !counts(*found->owner, request.now)) return {TokenStanding::bad, nullptr};
  Known* known = known_.find(key);
  if (known == nullptr || known->token != found) {
    Known fresh;
    fresh.owner.identity = found->owner;
    fresh.token = found;
    known = known_.insert(key, std::move(fresh), sizeof(Known));
  }
  return {found->is_for(request) ? TokenStanding::good : TokenStanding::elsewhere, &known->owner};
}

bool PersonalBearer::still_counts(const Identity& owner, core::WallTime now) {
  return counts(owner, now) && tokens_.current().find_id(owner.token) != nullptr;
}

}  // namespace gateway
