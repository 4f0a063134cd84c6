// Hashes, message authentication and key derivation: SHA-2 (FIPS 180-4), HMAC (RFC 2104), HKDF (RFC 5869),
// and the comparison that takes as long for a near miss as for a hit. Nothing here can fail for an input; a
// library that cannot hash ends the process.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/secret.h"

struct evp_md_ctx_st;

namespace core {

using Sha1Digest = std::array<char, 20>;
using Sha256Digest = std::array<char, 32>;
using Sha384Digest = std::array<char, 48>;
using Sha512Digest = std::array<char, 64>;

/// For RFC 6455's handshake and for foreign formats that prescribe it; it protects nothing.
Sha1Digest sha1(std::string_view bytes);
Sha256Digest sha256(std::string_view bytes);
Sha384Digest sha384(std::string_view bytes);
Sha512Digest sha512(std::string_view bytes);

/// The bytes of a digest; the view dies with the digest.
template <std::size_t size>
std::string_view view_of(const std::array<char, size>& digest) {
  return {digest.data(), digest.size()};
}

/// SHA-256 of text that comes in pieces. Starts afresh after finish().
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;

  void update(std::string_view bytes);
  [[nodiscard]] Sha256Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* state) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> state_;
};

Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

/// HKDF with SHA-256, extract and expand. `length` is at most 255 * 32 bytes. Separate what `info` joins by
/// lengths.
Secret hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info, std::size_t length);

/// Whether both are the same bytes. The time depends on the lengths alone; different lengths are told at
/// once.
bool constant_time_equal(std::string_view left, std::string_view right);

}  // namespace core
