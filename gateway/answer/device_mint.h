// Control's last word on a device that its owner let in: whether he may still have tokens at the moment when
// the device fetches its own, and the token. Between his yes and that, his session may have ended, or he may
// be nobody whom login.tokens' policy admits any more.
#pragma once

#include "config/types.h"
#include "core/base/clock.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/published.h"
#include "gateway/guard/policies.h"
#include "gateway/session/device_login.h"
#include "gateway/session/revocations.h"
#include "gateway/session/token_register.h"

namespace gateway {

/// All borrowed.
struct DeviceMintParts {
  const config::Login& login;
  const core::Published<Policies>& policies;
  const core::Published<Revocations>& revocations;
  TokenRegister& tokens;
  core::Random& random;
  const core::Clock& clock;
};

/// On control's loop.
class DeviceMint {
 public:
  /// Requires: login.tokens is on.
  explicit DeviceMint(DeviceMintParts parts) : parts_(parts) {}
  /// `refused` if its owner may not have one any more, or has too many. Requires: he said yes.
  core::Flow<MadeToken> mint(DeviceLogin login);

 private:
  [[nodiscard]] bool is_revoked(const Identity& owner) const;
  [[nodiscard]] bool is_admitted(const DeviceLogin& login) const;

  DeviceMintParts parts_;
};

}  // namespace gateway
