// Signed tokens in compact form (RFC 7515 section 7.1). The caller says which algorithms and which keys
// count; the token chooses nothing: `jwk`, `jku`, `x5u` and `x5c` are ignored, `crit` and `b64` refused.
// Encrypted tokens (five parts), the JSON serializations, HMAC and "none" do not exist here. What the payload
// says is jwt.h's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/crypto/jwk.h"

namespace core {

inline constexpr std::size_t kMaxTokenBytes = 64UL * 1024;
inline constexpr std::size_t kMaxTokenHeaderBytes = 8UL * 1024;
/// Signatures tried for one token without a key id, or with one that several keys share.
inline constexpr std::size_t kMaxTriedKeys = 8;

struct JwsHeader {
  SignatureAlgorithm algorithm = SignatureAlgorithm::rs256;
  std::optional<std::string> key_id{};
  std::string type{};  ///< `typ` as written, empty if absent
};

struct Jws {
  JwsHeader header;
  std::string payload;
};

/// The token's header and payload after one of `keys` has verified it with an algorithm of `allowed`.
/// Errors (side: client; the caller knows better who sent it): `malformed` for the format, `unsupported` for
/// an algorithm that is not allowed or an extension, `not_found` when no key of the set could be meant (fetch
/// the keys again, not more often than once an interval), `unverified` for a bad signature. A token without a
/// key id that no fitting key verifies is `not_found` too, for its key may be new.
Result<Jws> verify_jws(std::string_view token, const KeySet& keys, AlgorithmSet allowed);

/// The payload of a well-formed token that NOBODY has verified; for choosing whose keys to verify it with.
Result<std::string> unverified_payload(std::string_view token);

/// What a signer needs besides the payload.
struct JwsSigner {
  PrivateKey key;
  SignatureAlgorithm algorithm;  ///< must fit the key
  std::string key_id{};          ///< `kid`; left out if empty
  std::string type = "JWT";      ///< `typ`; left out if empty
};
std::string sign_jws(std::string_view payload, const JwsSigner& signer);

}  // namespace core
