// How much strangers may do with sign-ins of devices, which nobody need be known for: how many there are at
// one time, how many codes people may try, how often a program may ask. Of one replica, in memory; a reload
// goes on with the same counts.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "core/base/clock.h"
#include "core/net/address.h"
#include "gateway/session/device_login.h"

namespace gateway {

/// Sign-ins at one time: of all; of one address (IPv6: the /64 that one subscriber has); of one IPv6 /48.
inline constexpr std::size_t kMaxDeviceLogins = 1000;
inline constexpr std::size_t kMaxDeviceLoginsEach = 10;
inline constexpr std::size_t kMaxDeviceLoginsOfNetwork = 50;
/// Codes that do not fit which one person may type, and all together, in kCodeWindow.
inline constexpr std::size_t kMaxCodesEach = 20;
inline constexpr std::size_t kMaxCodes = 500;
inline constexpr std::chrono::seconds kCodeWindow{600};

class DeviceLimits {
 public:
  enum class Room : std::uint8_t { some, none_for_address, none };
  /// Whether one more may begin; counted until `ends` if so.
  Room take_room(const core::IpAddress& from, core::WallTime now, core::WallTime ends);
  /// Counts a code that `person` types. False: too many.
  bool take_code(const std::string& person, core::WallTime now);
  /// It fitted, and does not count.
  void give_back_code(const std::string& person);
  /// Whether its program asks faster than it was told to (RFC 8628 section 3.5); slower from then on.
  bool is_too_fast(const DeviceLogin& login, core::WallTime now);
  /// Nobody waits for it any more.
  void forget(const std::string& id) { paces_.erase(id); }

 private:
  struct Pace {
    core::WallTime last;
    std::chrono::seconds interval = kDevicePollInterval;
    core::WallTime until;
  };
  void forget_old(core::WallTime now);

  std::multimap<std::string, core::WallTime> begun_;     // by address; when each ends
  std::multimap<std::string, core::WallTime> networks_;  // the same by /48
  std::map<std::string, std::size_t> typed_;             // by person, in this window
  std::size_t typed_by_all_ = 0;
  core::WallTime window_ends_;
  std::map<std::string, Pace> paces_;  // by id
};

}  // namespace gateway
