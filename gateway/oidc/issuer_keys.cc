#include "gateway/oidc/issuer_keys.h"

#include <utility>

namespace gateway {

core::Flow<core::Jwt> IssuerKeys::verify(core::Secret token, core::JwtRules rules, core::WallTime now) {
  core::Result<core::Jwt> verified = core::verify_jwt(token.reveal(), *state_.current().keys, rules, now);
  if (!verified && verified.error().kind == core::ErrorKind::not_found) {
    // The key may be new. A failed fetch leaves the old ones, and then the second check says no.
    co_await core::attempt(refetch_());
    verified = core::verify_jwt(token.reveal(), *state_.current().keys, rules, now);
  }
  core::Jwt jwt = co_await std::move(verified);
  co_return jwt;
}

}  // namespace gateway
