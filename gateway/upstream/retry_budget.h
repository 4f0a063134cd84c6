// RetryBudget: how many of an upstream's requests may be sent a second time, so that retries never make an
// outage worse: a share of the requests that come, and a few besides for an upstream that has little to do.
#pragma once

#include <cstdint>

#include "core/base/clock.h"

namespace gateway {

class RetryBudget {
 public:
  /// Beyond the share: one a second, at most kSpare saved up.
  static constexpr unsigned kSpare = 10;
  /// Saved up at most, from the share.
  static constexpr unsigned kMost = 100;

  /// `percent` of the requests, 0 to 100; 0: no retry ever.
  RetryBudget(unsigned percent, core::SteadyTime now) : percent_(percent), spare_since_(now) {}

  void on_request();
  /// Whether one more may be sent again now; counts it.
  [[nodiscard]] bool take(core::SteadyTime now);

 private:
  unsigned percent_;
  std::uint32_t hundredths_ = 0;  // of a retry
  unsigned spare_ = kSpare;
  core::SteadyTime spare_since_;
};

}  // namespace gateway
