// Asymmetric keys: RSA, P-256, P-384 and Ed25519; made, read and written. Keys too weak, off their curve or
// of any other kind do not become values, so whoever holds one may use it. Not certificates (tls/) and not
// sets of keys (jwk.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

struct evp_pkey_st;

namespace core {

enum class KeyKind { rsa, p256, p384, ed25519 };

inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;   ///< a verification with more costs the verifier milliseconds
inline constexpr int kMadeRsaBits = 2048;  ///< of generated keys
/// A P-256 scalar and 64 bits more, so that the rest of a division is as good as random.
inline constexpr std::size_t kKeySeedBytes = 40;
inline constexpr std::size_t kMaxKeyText = 64UL * 1024;

/// The numbers of a public key as big-endian bytes. RSA: first = modulus, second = exponent. EC: x and y,
/// each as long as the field. Ed25519: first = the 32 bytes, second empty.
struct PublicNumbers {
  KeyKind kind = KeyKind::p256;
  std::string first;
  std::string second;
};

/// Immutable; copies share one key. Any thread.
class PublicKey {
 public:
  /// Refuses RSA outside kMinRsaBits..kMaxRsaBits or with an even, tiny (1) or over 64-bit exponent; points
  /// off the curve; numbers of the wrong length.
  static Result<PublicKey> from_numbers(const PublicNumbers& numbers);
  /// SubjectPublicKeyInfo ("BEGIN PUBLIC KEY", RFC 7468 section 13); the same refusals.
  static Result<PublicKey> from_pem(std::string_view pem);
  [[nodiscard]] KeyKind kind() const { return kind_; }
  [[nodiscard]] PublicNumbers numbers() const;
  [[nodiscard]] std::string to_pem() const;
  /// For core/crypto and tls/ alone; borrowed.
  [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

 private:
  friend class PrivateKey;
  PublicKey(std::shared_ptr<evp_pkey_st> key, KeyKind kind) : key_(std::move(key)), kind_(kind) {}
  static Result<PublicKey> checked(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  KeyKind kind_;
};

/// Immutable; copies share one key. Any thread.
class PrivateKey {
 public:
  static PrivateKey generate(KeyKind kind);
  /// The P-256 key that belongs to `seed`, always the same (FIPS 186-5 appendix A.2.1).
  /// Requires: kKeySeedBytes bytes, secret and as good as random.
  static PrivateKey from_seed(const Secret& seed);
  /// PKCS #8 or the older "EC/RSA PRIVATE KEY" form, unencrypted. Refuses what PublicKey refuses, encrypted
  /// keys (no prompt appears), and a public half that does not belong to the private one.
  static Result<PrivateKey> from_pem(const Secret& pem);
  [[nodiscard]] KeyKind kind() const { return kind_; }
  [[nodiscard]] PublicKey public_key() const;
  /// PKCS #8, unencrypted (RFC 5958).
  [[nodiscard]] Secret to_pem() const;
  /// For core/crypto and tls/ alone; borrowed.
  [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, KeyKind kind) : key_(std::move(key)), kind_(kind) {}
  std::shared_ptr<evp_pkey_st> key_;
  KeyKind kind_;
};

}  // namespace core
