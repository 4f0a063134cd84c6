// Authenticated encryption of cookies, tickets and stored records: AES-256-GCM under keys derived from an
// ordered list of secrets (RFC 5116; HKDF, RFC 5869). What is sealed for one purpose, name and scope opens
// for no other. Not for streams, and not a format for other programs.
//
//   text = base64url(version: 1 | key id: 4 | nonce: 12 | ciphertext: n + 1 | tag: 16), no padding
//
// The key and its id are HKDF(secret, purpose). The associated bytes are version, purpose, name and scope,
// each with its length, so no two tuples give the same bytes. One zero byte follows the plaintext, so a
// ciphertext is never empty and an empty one never reaches the library. Nonces are random: at most 2^32 seals
// under one key and purpose (NIST SP 800-38D, section 8.3), which is 136 years of one a second. Nothing is
// ever compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/crypto/random.h"

namespace core {

/// What a key is for. The names go into the derivation: renaming one ends everything sealed under it.
enum class Purpose {
  session,    ///< session cookies
  state,      ///< a login under way
  handover,   ///< a session on its way from the login host to another
  csrf,       ///< tokens in our own forms
  ticket,     ///< TLS session tickets
  storage,    ///< records at rest
  assertion,  ///< keys of signed identity assertions
  approval,   ///< links of the approval page
  origin,     ///< labels of origins in cookies
  rate,       ///< accounts of rates, and what replicas tell each other of them
};

/// What a sealed text belongs to; both are part of what is authenticated.
struct AssociatedNames {
  std::string_view name;   ///< the cookie's name or the record's key
  std::string_view scope;  ///< the host or domain; empty where there is none
};

inline constexpr std::size_t kSealKeyBytes = 32;
inline constexpr std::size_t kMaxSealKeys = 16;
inline constexpr std::size_t kMaxSealedPlaintext = 16UL * 1024 * 1024;

/// Ordered master secrets: the first seals, all open. A value; never used for anything without derive_key.
class KeyRing {
 public:
  /// Refuses no key, over kMaxSealKeys, a key that is not 32 bytes, and one that is listed twice.
  static Result<KeyRing> make(std::vector<Secret> keys);
  [[nodiscard]] const std::vector<Secret>& keys() const { return keys_; }

 private:
  explicit KeyRing(std::vector<Secret> keys) : keys_(std::move(keys)) {}
  std::vector<Secret> keys_;
};

/// A key of `length` bytes for one purpose; `detail` (a day, a certificate set) separates keys within it.
Secret derive_key(const Secret& master, Purpose purpose, std::string_view detail, std::size_t length);

struct Opened {
  Secret plaintext;
  bool by_old_key = false;  ///< not the first key of the ring: seal again
};

/// Seals and opens for one purpose. Keeps prepared cipher states: one thread's own, made once. Copies what it
/// needs of the ring; `random` must outlive it.
class Sealer {
 public:
  Sealer(const KeyRing& ring, Purpose purpose, Random& random);
  ~Sealer();
  Sealer(Sealer&&) noexcept;
  Sealer& operator=(Sealer&&) = delete;

  /// Requires: at most kMaxSealedPlaintext bytes; may be empty.
  [[nodiscard]] std::string seal(std::string_view plaintext, AssociatedNames names);
  /// Every refusal (length, alphabet, version, key, tag) is the same `unverified` error; lengths are checked
  /// before the library sees anything.
  [[nodiscard]] Result<Opened> open(std::string_view sealed, AssociatedNames names);
  /// Length of seal()'s text for a plaintext of so many bytes.
  [[nodiscard]] static std::size_t sealed_length(std::size_t plaintext_bytes);

 private:
  struct Key;
  [[nodiscard]] std::string_view associated_bytes(AssociatedNames names);

  Purpose purpose_;
  Random& random_;
  std::vector<Key> keys_;
  std::string associated_;  ///< reused between calls
};

}  // namespace core
