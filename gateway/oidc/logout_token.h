// What a provider's logout token says (OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6), and the
// name by which its ID tokens and logout tokens speak of one session there. Signature, issuer, audience and
// times are core/crypto/jwt's; replay is logout_register's.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/crypto/jwt.h"

namespace gateway {

/// A session of ours keeps `sid`; what is longer is refused.
inline constexpr std::size_t kMaxProviderSessionBytes = 255;
inline constexpr std::size_t kMaxTokenIdBytes = 255;
/// A logout token counts for so long after it was issued, whatever its `exp` says: how long its `jti` is
/// kept.
inline constexpr std::chrono::hours kLogoutTokenLife{24};

/// Which sessions a provider has ended.
struct LogoutNotice {
  std::string issuer;
  std::string subject;           ///< empty: not named
  std::string provider_session;  ///< empty: not named; never both
  std::string token_id;          ///< `jti`
  core::WallTime issued_at;      ///< by the provider's clock
  core::WallTime counts_until;   ///< after this the same token would be refused by its times
};

/// What a logout token must say that core::verify_jwt can judge.
core::JwtRules logout_token_rules(const std::string& issuer, const std::string& client_id);
/// The rest: `events`, `jti`, `iat`, no `nonce`, and whose sessions. `unverified` for each that does not fit.
core::Result<LogoutNotice> read_logout_token(const core::Jwt& token, core::WallTime now);
/// `sid`; empty if there is none, `unverified` if it is unusable: a sign-out of that session could not be
/// told apart from any other's.
core::Result<std::string> provider_session_of(const core::Json& claims);

}  // namespace gateway
