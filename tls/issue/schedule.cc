#include "tls/issue/schedule.h"

#include <algorithm>

namespace tls {
namespace {

constexpr int kSpread = 20;  // a twentieth of the life
constexpr unsigned kBackOffFactor = 10;
constexpr int kYouth = 50;  // a fiftieth of the life, and no longer than
constexpr core::Duration kLongestYouth = std::chrono::hours(6);

}  // namespace

core::WallTime renewal_time(const Lifetime& lifetime, std::uint64_t seed) {
  const auto whole = std::chrono::duration_cast<core::Duration>(lifetime.not_after - lifetime.not_before);
  if (whole <= core::Duration::zero()) return lifetime.not_before;
  const core::Duration left = whole < kShortLived ? whole / 2 : whole / 3;
  const auto most = static_cast<std::uint64_t>((whole / kSpread).count()) + 1;
  const core::Duration earlier{static_cast<core::Duration::rep>(seed % most)};
  return lifetime.not_after - left - earlier;
}

core::WallTime earliest_renewal(const Lifetime& lifetime) {
  const auto whole = std::chrono::duration_cast<core::Duration>(lifetime.not_after - lifetime.not_before);
  return lifetime.not_before + std::clamp(whole / kYouth, core::Duration::zero(), kLongestYouth);
}

std::uint64_t seed_of(std::string_view bytes) {
  std::uint64_t seed = 1469598103934665603ULL;  // FNV-1a
  for (const char c : bytes) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return seed;
}

core::Duration missed_pause(Place place, core::Duration left, std::uint64_t random) {
  if (place.number < kMissedAtOnce || left <= core::Duration::zero()) return core::Duration::zero();
  const auto count = static_cast<core::Duration::rep>(place.count);
  const auto number = static_cast<core::Duration::rep>(place.number);
  const core::Duration step = std::min(kMissedPace, left / 4 / count);
  const auto most = static_cast<std::uint64_t>(step.count()) + 1;
  return step * number + core::Duration{static_cast<core::Duration::rep>(random % most)};
}

core::Duration back_off(unsigned failures, std::uint64_t random) {
  core::Duration pause = kFirstBackOff;
  // Stops at the cap: no count of failures can overflow it.
  for (unsigned i = 1; i < failures && pause < kLongestBackOff; ++i) pause *= kBackOffFactor;
  pause = std::min(pause, kLongestBackOff);
  const auto quarter = static_cast<std::uint64_t>(pause.count()) / 4;
  return pause + core::Duration{static_cast<core::Duration::rep>(random % (quarter + 1))};
}

core::Duration back_off(unsigned failures, std::uint64_t random, std::optional<core::Duration> retry_after) {
  const core::Duration own = back_off(failures, random);
  return retry_after ? std::max(own, std::min(*retry_after, kLongestRetryAfter)) : own;
}

}  // namespace tls
