// How much one client, one person or everybody may ask for: the limits of a route's requests, and of the
// sign-in. Plain values; what a route has none of is not limited.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace config {

/// Whose requests are counted together.
enum class RatePer {
  address,  ///< of one client, IPv6 by its /64; counted before anybody is asked who he is
  user,     ///< of one person (issuer and subject), once admitted; of an address where nobody signs in
  route,    ///< of all that were admitted
};

/// `requests` a `period`, evenly, and `burst` of them at once.
struct RateLimit {
  std::uint64_t requests = 0;
  std::chrono::seconds period{1};
  std::uint64_t burst = 0;  ///< at least 1
  RatePer per = RatePer::address;
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// What is counted of requests that reach a route.
struct RequestLimits {
  std::optional<std::uint64_t> body;  ///< bytes; none: no limit
  std::optional<RateLimit> rate;      ///< none: no limit
  friend bool operator==(const RequestLimits&, const RequestLimits&) = default;
};

}  // namespace config
