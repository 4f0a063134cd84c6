// A sign-in of a device that has no browser (RFC 8628): a program shows a short code, its owner types that
// into a page of ours and says yes. What is kept of it until the program has fetched its personal token.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/crypto/digest.h"
#include "core/crypto/random.h"
#include "gateway/model/identity.h"

namespace gateway {

/// RFC 8628 section 6.1: letters that make no words and look like no others; 34 bits.
inline constexpr std::string_view kUserCodeLetters = "BCDFGHJKLMNPQRSTVWXZ";
inline constexpr std::size_t kUserCodeLength = 8;
inline constexpr std::chrono::seconds kDeviceLoginLasts{600};
inline constexpr std::chrono::seconds kDevicePollInterval{5};
inline constexpr std::size_t kMaxDeviceClient = 64;

enum class DeviceState : std::uint8_t { waiting, allowed, denied };

struct DeviceLogin {
  std::string id;               ///< of its user code; see id_of_user_code
  core::Sha256Digest secret{};  ///< hash of its device code
  std::string client;           ///< as the program calls itself: anybody's word
  std::string address;          ///< that it asked from
  core::WallTime asked_at;
  core::WallTime expires_at;
  DeviceState state = DeviceState::waiting;
  // Of an allowed one: the token that it gets.
  std::string token_name;
  std::vector<std::string> places;
  std::chrono::hours lasts{};
  std::shared_ptr<const Identity> owner;  ///< in the session that said yes
  std::string owner_address;              ///< that the yes came from
};

/// "WDJB-MJHT"
std::string new_user_code(core::Random& random);
/// The id behind a code as people type it (any case, with or without the hyphen and blanks); nothing for what
/// is none.
std::optional<std::string> id_of_user_code(std::string_view typed);
/// Length-prefixed and versioned; see record.h.
std::string encode_device_login(const DeviceLogin& login);
/// Fails as `unverified` for another version, anything left over, anything missing.
core::Result<DeviceLogin> decode_device_login(std::string_view bytes);

}  // namespace gateway
