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
/// A renewal that is later than this was missed: nobody was awake for it.
inline constexpr core::Duration kMissed = std::chrono::hours(1);
/// Missed renewals that are made up for at once.
inline constexpr std::size_t kMissedAtOnce = 4;
/// One of the others so often: authorities take 300 orders of an account in three hours.
inline constexpr core::Duration kMissedPace = std::chrono::seconds(40);
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

/// One of several in a row.
struct Place {
  std::size_t number;  ///< 0 is the first
  std::size_t count;
};
/// How long a renewal that was missed waits for others that were missed with it, the shortest life first. The
/// last begins before a quarter of the life that is `left` to its certificate has passed; what has expired
/// does not wait. `random`: any value.
core::Duration missed_pause(Place place, core::Duration left, std::uint64_t random);

/// How long to wait after `failures` failures in a row (1 or more): 1, 10, 100 minutes, then a day; up to a
/// quarter longer, as `random` says (any value). Never less than a minute, never more than a day and a
/// quarter.
core::Duration back_off(unsigned failures, std::uint64_t random);

/// The same, and never before the authority wants to be asked again (`retry_after`, a week at most).
core::Duration back_off(unsigned failures, std::uint64_t random, std::optional<core::Duration> retry_after);

}  // namespace tls
