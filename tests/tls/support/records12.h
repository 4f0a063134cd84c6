// Records of TLS 1.2 with AES-128-GCM (RFC 5288) as a client may send them that does what OpenSSL never
// would: any type, at any time.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tests {

class Records12 {
 public:
  static constexpr char kHandshake = 22;
  static constexpr char kBytes = 23;

  /// Requires: the handshake of `ssl` is done, it chose TLS_ECDHE_*_WITH_AES_128_GCM_SHA256, and has sent
  /// nothing since.
  explicit Records12(SSL* ssl);
  std::string seal(char type, std::string_view text);

 private:
  std::array<unsigned char, 16> key_{};
  std::array<unsigned char, 4> salt_{};
  std::uint64_t sequence_ = 1;  // Finished was 0
};

}  // namespace tests
