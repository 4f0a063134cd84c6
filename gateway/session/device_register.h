// Control's side of device sign-ins: in storage, so that the program may ask one replica and its owner
// another, each sealed under the session keys and bound to its key there. Bounded: nobody need be known to
// begin one.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/base/clock.h"
#include "core/crypto/seal.h"
#include "core/loop/flow.h"
#include "core/storage/storage.h"
#include "gateway/session/device_login.h"

namespace gateway {

/// At one time: of all, and of one address (IPv6 by its /64) that this replica was asked from.
inline constexpr std::size_t kMaxDeviceLogins = 1000;
inline constexpr std::size_t kMaxDeviceLoginsEach = 10;
/// Codes that one person may type, and all together, in kCodeWindow; of one replica.
inline constexpr std::size_t kMaxCodesEach = 20;
inline constexpr std::size_t kMaxCodes = 500;
inline constexpr std::chrono::seconds kCodeWindow{600};

/// What a program hears (RFC 8628 section 3.5).
enum class DevicePoll : std::uint8_t { waiting, slow_down, denied, unknown, allowed };

struct DeviceAnswer {
  DevicePoll poll = DevicePoll::unknown;
  DeviceLogin login;  ///< of an allowed one
};

/// On control's loop. Borrows all it is given.
class DeviceRegister {
 public:
  DeviceRegister(core::Storage& storage, const core::KeyRing& keys, core::Random& random,
                 const core::Clock& clock);

  /// `from` stands for the address that asks. `refused`: there are too many, or too many from there.
  core::Flow<> begin(DeviceLogin login, std::string from);
  /// One that waits. `not_found` if there is none; `refused` if this person has asked too often.
  core::Flow<DeviceLogin> find(std::string id, std::string person);
  /// Says yes or no. `not_found` if it does not wait any more.
  core::Flow<> decide(DeviceLogin login);
  /// One that was decided is told once.
  core::Flow<DeviceAnswer> poll(std::string id, core::Sha256Digest secret);

 private:
  /// How often the program asks.
  struct Pace {
    core::WallTime last;
    std::chrono::seconds interval = kDevicePollInterval;
    core::WallTime until;
  };
  core::Flow<DeviceLogin> read(std::string id);
  [[nodiscard]] bool may_type(const std::string& person);
  [[nodiscard]] bool is_too_fast(const DeviceLogin& login);
  void forget_old();

  core::Storage& storage_;
  core::Sealer sealer_;
  const core::Clock& clock_;
  std::map<std::string, Pace> paces_;                      // by id; of those that are waited for
  std::multimap<std::string, core::WallTime> asked_from_;  // by address; when each ends
  std::map<std::string, std::size_t> typed_;               // by person, in this window
  std::size_t typed_by_all_ = 0;
  core::WallTime window_ends_;
};

}  // namespace gateway
