// Time, injected: wall time for what crosses machines (tokens, cookies, certificates, logs), steady time for
// waits.
#pragma once

#include <chrono>
#include <cstdint>

namespace core {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

/// Requires: calls from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
};

/// The machine's own clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

/// Stands still until moved; for tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall) : wall_(wall) {}
  [[nodiscard]] WallTime wall() const override { return wall_; }
  [[nodiscard]] SteadyTime steady() const override { return steady_; }
  void advance(Duration by) {
    wall_ += by;
    steady_ += by;
  }

 private:
  WallTime wall_;
  SteadyTime steady_{std::chrono::hours(1)};
};

inline std::int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

inline WallTime from_unix_seconds(std::int64_t seconds) {
  return WallTime{std::chrono::seconds(seconds)};
}

}  // namespace core
