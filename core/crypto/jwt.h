// What a signed token says and whether it counts here and now: issuer, audience, times, nonce (RFC 7519;
// OpenID Connect Core section 3.1.3.7; RFC 8725). Signatures are jws.h's. Revocation, replay (`jti`) and
// policies are the callers'.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/crypto/jws.h"
#include "core/text/json.h"

namespace core {

/// How a token must be meant for us.
enum class AudienceRule {
  id_token,  ///< `aud` names us; `azp` is us where it is present, and must be where `aud` names others too
  resource,  ///< `aud` names us; `azp` is not looked at (tokens of machines)
  authorized_party,  ///< `azp` is us; `aud` is not looked at (an access token that came with our own login)
};

enum class SubjectRule { required, optional };

inline constexpr std::chrono::seconds kDefaultClockSkew{60};
inline constexpr std::size_t kMaxSubjectBytes = 255;
inline constexpr std::size_t kMaxAudiences = 64;

/// What a token has to say.
struct JwtRules {
  std::string issuer;    ///< `iss`, byte for byte
  std::string audience;  ///< our client id or the resource's name, byte for byte
  AlgorithmSet algorithms = kAllAlgorithms;
  AudienceRule audience_rule = AudienceRule::id_token;
  SubjectRule subject_rule = SubjectRule::required;
  std::chrono::seconds skew = kDefaultClockSkew;
  /// The login's nonce: compared in constant time; absent or of another type is refused. Nothing: not looked
  /// at.
  std::optional<std::string> nonce{};
  /// Accepted `typ` values without "application/", compared without case; "" stands for none. Empty: any.
  std::vector<std::string> types{};
};

struct Jwt {
  JwsHeader header;
  Json claims;          ///< an object
  std::string subject;  ///< empty only where the rule allows that
  WallTime expires;
  std::optional<WallTime> issued{};
};

/// Verifies the signature first, then the claims. `exp` is required always, `iat` for ID tokens; `exp`, `nbf`
/// and `iat` are held against `now` with the skew. Errors as verify_jws, and `unverified` for each claim that
/// does not fit.
Result<Jwt> verify_jwt(std::string_view token, const KeySet& keys, const JwtRules& rules, WallTime now);

/// The claims half of verify_jwt, for claims whose signature somebody else has verified.
Result<Jwt> check_claims(Jws verified, const JwtRules& rules, WallTime now);

/// A claim that holds seconds since 1970: a whole number from 0 to the year 9999 (as integer or double),
/// later years than 2255 count as then. Nothing if it is absent; `unverified` for any other value, null
/// included.
Result<std::optional<WallTime>> time_claim(const Json& claims, std::string_view name);

/// Holds an ID token's `at_hash` against the access token that came with it (OpenID Connect Core
/// section 3.1.3.6). Absent is fine, as the code flow has it; present and wrong or no string is `unverified`.
Result<void> check_access_token_hash(const Jwt& id_token, std::string_view access_token);

/// The `iss` of a token NOBODY has verified, to choose the keys to verify it with. Nothing if it is no such
/// token.
std::optional<std::string> unverified_issuer(std::string_view token);

}  // namespace core
