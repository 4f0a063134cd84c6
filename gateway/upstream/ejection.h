// Ejection: an origin that fails is left out for a while, and longer each time it fails again when it comes
// back. Judged by what requests meet (passive); nothing is sent to find out.
//
//   in use ──failures in a row──► out (1 s, 2 s, 4 s … 60 s) ──► on trial ──answer──► in use
//                                  ▲                               │
//                                  └───────────failure─────────────┘
#pragma once

#include "core/base/clock.h"

namespace gateway {

/// What went wrong with an origin.
enum class OriginFailure {
  connect,   ///< no connection: refused, not in time, certificate
  response,  ///< a request was sent and no head of an answer came
};

/// One worker's view of one origin. Costs nothing while all goes well.
class Ejection {
 public:
  static constexpr core::Duration kFirst{1'000};
  static constexpr core::Duration kLongest{60'000};
  /// In a row. A connection that is refused speaks for itself; an answer that does not come may be the fault
  /// of one request, and others' answers in between count against that.
  static constexpr unsigned kConnectFailures = 1;
  static constexpr unsigned kResponseFailures = 5;

  /// True: the origin has failed too often, eject() it if it can be spared.
  [[nodiscard]] bool fail(OriginFailure failure);
  void eject(core::SteadyTime now);
  /// An answer came.
  void succeed(core::SteadyTime now);
  [[nodiscard]] bool is_out(core::SteadyTime now) const { return now < until_; }
  /// When it may be used again; in the past if it may be now.
  [[nodiscard]] core::SteadyTime until() const { return until_; }

 private:
  unsigned failures_ = 0;
  bool is_on_trial_ = false;
  core::Duration last_{0};  // how long it was out; zero when all has been well for that long
  core::SteadyTime until_;
};

}  // namespace gateway
