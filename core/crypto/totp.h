// One-time passwords by time (RFC 6238) as all authenticator apps make them: HMAC-SHA-1, six digits, a step
// of 30 seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/secret.h"

namespace core {

inline constexpr std::chrono::seconds kTotpStep{30};
inline constexpr std::size_t kTotpDigits = 6;

/// The code of a step (seconds since 1970 over kTotpStep).
std::string totp_code(const Secret& key, std::int64_t step);

/// The step whose code this is: that of `now`, or one before or behind it, for clocks differ. Its time tells
/// nothing of how near a wrong code is. Who asks sees to it that a step counts once (section 5.2).
std::optional<std::int64_t> totp_step_of(const Secret& key, std::string_view code, WallTime now);

}  // namespace core
