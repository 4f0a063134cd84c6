// Device codes (RFC 8628 section 3.2): what a program shows to get its token. Sealed, so that a worker knows
// one of ours by itself and control is asked about no other; good for the client that it was given to.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "gateway/session/device_login.h"

namespace gateway {

inline constexpr std::size_t kMaxDeviceCode = 1024;

/// What a code says of itself.
struct DeviceClaim {
  std::string id;      ///< of the sign-in
  std::string client;  ///< as the program called itself
  core::WallTime expires_at;
};

/// One worker's.
class DeviceCodes {
 public:
  /// `keys` are the session keys.
  DeviceCodes(const core::KeyRing& keys, core::Random& random)
      : sealer_(keys, core::Purpose::state, random) {}
  /// Never the same twice.
  [[nodiscard]] core::Secret make(const DeviceClaim& claim);
  /// `unverified` for what none of the keys made. Whether it has expired is for the caller.
  [[nodiscard]] core::Result<DeviceClaim> read(std::string_view code);

 private:
  core::Sealer sealer_;
};

}  // namespace gateway
