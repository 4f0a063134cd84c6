// Control's side of device sign-ins: in storage, so that the program may ask one replica and its owner
// another, each sealed under the session keys and bound to its key there. Bounded (device_limits.h): nobody
// need be known to begin one. What changes one is done by one replica at a time, under a lock: who says no
// is not overruled by a yes beside it, and one yes gives one token.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/seal.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/session/device_limits.h"
#include "gateway/session/device_login.h"
#include "gateway/session/personal_token.h"

namespace gateway {

/// What a program hears (RFC 8628 section 3.5). `not_admitted`: its owner said yes, and may not any more.
enum class DevicePoll : std::uint8_t { waiting, slow_down, denied, unknown, not_admitted, allowed };

struct DeviceAnswer {
  DevicePoll poll = DevicePoll::unknown;
  DeviceLogin login;  ///< of one whose owner said yes
  MadeToken made;     ///< of an allowed one
};

/// Makes and keeps the token of one whose owner said yes. `refused` if he may not any more, or has too many.
using MintToken = std::function<core::Flow<MadeToken>(DeviceLogin login)>;

/// All borrowed but the function.
struct DeviceRegisterParts {
  core::Storage& storage;
  const core::KeyRing& keys;  ///< the session keys
  core::Loop& loop;           ///< control's
  core::Random& random;
  const core::Clock& clock;
  const core::Log& log;
  MintToken mint;
};

/// On control's loop.
class DeviceRegister {
 public:
  explicit DeviceRegister(DeviceRegisterParts parts);

  /// `refused`: there are too many, or too many from there.
  core::Flow<> begin(DeviceLogin login, core::IpAddress from);
  /// One that waits. `not_found` if there is none; `refused` if this person has tried too many codes.
  core::Flow<DeviceLogin> find(std::string id, std::string person);
  /// Says yes or no. `not_found` if it does not wait any more; `conflict` while another decides.
  core::Flow<> decide(DeviceLogin login);
  /// One that was decided is told once, and then one token made, if any.
  core::Flow<DeviceAnswer> poll(std::string id, core::Sha256Digest secret);
  /// Goes on with the limits of one that served until now.
  void take_over(const DeviceRegister& before) { limits_ = before.limits_; }

 private:
  core::Flow<DeviceLogin> read(std::string id);
  core::Flow<> decide_alone(DeviceLogin login);
  core::Flow<DeviceLogin> take_alone(std::string id, core::Sha256Digest secret);
  template <typename T>
  core::Flow<T> alone(std::string id, core::Flow<T> changing);
  template <typename T>
  core::Flow<T> locked(std::string name, core::Flow<T> changing);
  core::Flow<> write(const DeviceLogin& login);

  DeviceRegisterParts parts_;
  core::Sealer sealer_;
  DeviceLimits limits_;
  std::set<std::string> changing_;  // ids that this replica decides or hands out at the moment
  core::WallTime warned_until_;     // of there being too many
};

}  // namespace gateway
