// When a certificate is renewed and when a failed order is tried again. Pure functions of times: nothing here
// waits, and nothing assumes how long certificates live.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/clock.h"

namespace tls {

inline constexpr core::Duration kFirstBackOff = std::chrono::minutes(1);
inline constexpr core::Duration kLongestBackOff = std::chrono::hours(24);
/// A longer Retry-After is not believed.
inline constexpr core::Duration kLongestRetryAfter = std::chrono::hours(24 * 7);
/// Certificates that live shorter are renewed at half of their life, others with a third left.
inline constexpr core::Duration kShortLived = std::chrono::hours(24 * 10);

struct Lifetime {
  core::WallTime not_before;
  core::WallTime not_after;
};

/// When to renew without further advice. `seed` (of the certificate) spreads certificates of one day over a
/// twentieth of their life, always to the same moment for the same certificate.
core::WallTime renewal_time(const Lifetime& lifetime, std::uint64_t seed);

/// Before this no advice renews a certificate: an authority whose advice always lies in the past must not get
/// an order a minute, which its own limits do not count (RFC 9773 section 5).
core::WallTime earliest_renewal(const Lifetime& lifetime);

/// A number for renewal_time() out of a digest or any other bytes.
std::uint64_t seed_of(std::string_view bytes);

/// How long to wait after `failures` failures in a row (1 or more): 1, 10, 100 minutes, then a day; up to a
/// quarter longer, as `random` says (any value). Never less than a minute, never more than a day and a
/// quarter.
core::Duration back_off(unsigned failures, std::uint64_t random);

/// The same, and never before the authority wants to be asked again (`retry_after`, a week at most).
core::Duration back_off(unsigned failures, std::uint64_t random, std::optional<core::Duration> retry_after);

}  // namespace tls
