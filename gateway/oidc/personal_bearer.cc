#include "gateway/oidc/personal_bearer.h"

#include <algorithm>
#include <utility>

#include "config/issuer.h"

namespace gateway {

bool PersonalBearer::counts(const PersonalToken& token, core::WallTime now) {
  const Identity& owner = *token.owner;
  if (now >= owner.expires_at || now >= owner.signed_in_at + login_.tokens->lifetime) return false;
  const auto provider = std::ranges::find_if(login_.providers, [&owner](const config::Provider& known) {
    return known.name == owner.provider && config::is_issuer_of(known, owner.issuer);
  });
  if (provider == login_.providers.end()) return false;
  const Revocations& ended = revocations_.current();
  const auto ends_it = [&](std::string_view issuer) {
    return ended.is_ended_by_operator(owner, issuer, token.session_began);
  };
  // What is ended for a provider of several issuers is ended by its own name.
  return !ends_it(owner.issuer) && (provider->issuer == owner.issuer || !ends_it(provider->issuer));
}

FoundToken PersonalBearer::find(std::string_view token, const Request& request) {
  hash_.update(token);
  const core::Sha256Digest key = hash_.finish();
  const PersonalTokens::Shared found = tokens_.current().find(key);
  if (found == nullptr || !counts(*found, request.now)) return {TokenStanding::bad, nullptr};
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
  const PersonalTokens::Shared token = tokens_.current().find_id(owner.token);
  return token != nullptr && counts(*token, now);
}

}  // namespace gateway
