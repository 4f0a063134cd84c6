// Signatures in the forms of RFC 7518 section 3 and RFC 8037: RSA PKCS #1 v1.5, RSA-PSS, ECDSA as R || S,
// EdDSA. No symmetric algorithm and no "none" has a name here, so neither can be chosen by anybody.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/crypto/key.h"

namespace core {

enum class SignatureAlgorithm { rs256, rs384, rs512, ps256, es256, es384, eddsa };

/// "RS256" and so on.
std::string_view name_of(SignatureAlgorithm algorithm);
/// By its exact name, or "Ed25519" (RFC 9864) for EdDSA; nothing for any other.
std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name);
/// Whether a key of this kind can make such signatures.
bool fits(SignatureAlgorithm algorithm, KeyKind kind);
/// The algorithm we sign with: RS256, ES256, ES384 or EdDSA.
SignatureAlgorithm preferred_algorithm(KeyKind kind);

/// A set of algorithms, by value.
class AlgorithmSet {
 public:
  constexpr AlgorithmSet(std::initializer_list<SignatureAlgorithm> algorithms) {
    for (const SignatureAlgorithm algorithm : algorithms) bits_ |= bit(algorithm);
  }
  [[nodiscard]] constexpr bool contains(SignatureAlgorithm algorithm) const {
    return (bits_ & bit(algorithm)) != 0;
  }

 private:
  static constexpr std::uint32_t bit(SignatureAlgorithm algorithm) {
    return 1U << static_cast<unsigned>(algorithm);
  }
  std::uint32_t bits_ = 0;
};

/// All of them; what a token may use where nothing narrower is configured.
inline constexpr AlgorithmSet kAllAlgorithms = {SignatureAlgorithm::rs256, SignatureAlgorithm::rs384,
                                                SignatureAlgorithm::rs512, SignatureAlgorithm::ps256,
                                                SignatureAlgorithm::es256, SignatureAlgorithm::es384,
                                                SignatureAlgorithm::eddsa};

/// False for a bad signature, a key that does not fit, and a signature of the wrong length.
bool verify_signature(const PublicKey& key, SignatureAlgorithm algorithm, std::string_view message,
                      std::string_view signature);

/// Requires: fits(algorithm, key.kind()).
std::string sign(const PrivateKey& key, SignatureAlgorithm algorithm, std::string_view message);

}  // namespace core
