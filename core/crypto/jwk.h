// Public keys as JSON: one key (JWK) and sets of them (RFC 7517, RFC 7518 section 6, RFC 8037), read strictly
// and written. Symmetric keys ("oct", "k") are never accepted, private members never kept. Fetching sets is
// gateway/oidc's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/crypto/key.h"
#include "core/crypto/signature.h"

namespace core {

inline constexpr std::size_t kMaxKeySetKeys = 64;
inline constexpr std::size_t kMaxKeySetBytes = 256UL * 1024;
inline constexpr std::size_t kMaxKeyIdBytes = 512;

/// A key that may verify signatures.
struct VerificationKey {
  PublicKey key;
  std::optional<std::string> id;                  ///< `kid`
  std::optional<SignatureAlgorithm> algorithm{};  ///< `alg`: then no other
};

/// An immutable set; a value. Any thread.
class KeySet {
 public:
  /// No keys: nothing verifies.
  KeySet() = default;
  explicit KeySet(std::vector<VerificationKey> keys) : keys_(std::move(keys)) {}
  /// {"keys": [...]}. Keys that cannot verify (another kind, too weak, off their curve, `use` other than sig,
  /// `key_ops` without verify, an `alg` that does not fit, any `k` or kind oct) are skipped and counted.
  /// Fails for what is not such an object, for over kMaxKeySetBytes and for over kMaxKeySetKeys entries.
  static Result<KeySet> parse(std::string_view json);

  [[nodiscard]] const std::vector<VerificationKey>& keys() const { return keys_; }
  /// Entries parse() skipped; a set of only such is worth a warning.
  [[nodiscard]] std::size_t skipped() const { return skipped_; }

 private:
  std::vector<VerificationKey> keys_;
  std::size_t skipped_ = 0;
};

/// One public JWK with `kid`, `use: sig` and `alg` where they are known.
std::string to_jwk(const VerificationKey& key);
/// {"keys": [...]}, for a JWKS endpoint.
std::string to_key_set(const std::vector<VerificationKey>& keys);
/// The required members alone in the order of RFC 7638 section 3; what is hashed for a thumbprint, and the
/// `jwk` of an ACME request (RFC 8555 section 6.2).
std::string canonical_jwk(const PublicKey& key);
/// base64url of the SHA-256 of it (RFC 7638).
std::string thumbprint(const PublicKey& key);

}  // namespace core
