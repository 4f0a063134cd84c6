// The deadlines of an HTTP/2 connection on one timer. A deadline that is set, moved or cleared before it
// comes costs a store, as a rule.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "core/loop/loop.h"

namespace core {

enum class H2Alarm : std::uint8_t {
  preface,   ///< the client's preface and first SETTINGS
  settings,  ///< its acknowledgement of ours
  head,      ///< the end of a field block that has begun
  idle,      ///< another request
  rates,     ///< looking at how fast bodies go
  drain,     ///< from the notice of a GOAWAY to the GOAWAY itself
  closing,   ///< the end
};
inline constexpr std::size_t kH2Alarms = static_cast<std::size_t>(H2Alarm::closing) + 1;

class H2Alarms {
 public:
  /// `ring` is called with each alarm that is due; it is not set any more then.
  H2Alarms(Loop& loop, std::function<void(H2Alarm)> ring);

  /// Sets or moves it, to `after` from the start of this turn.
  void set(H2Alarm alarm, Duration after);
  void clear(H2Alarm alarm) { due_[index_of(alarm)] = kNever; }
  void clear_all();
  [[nodiscard]] bool is_set(H2Alarm alarm) const { return due_[index_of(alarm)] != kNever; }

 private:
  static constexpr SteadyTime kNever = SteadyTime::max();
  static std::size_t index_of(H2Alarm alarm) { return static_cast<std::size_t>(alarm); }
  void on_timer();
  void arm();

  Loop& loop_;
  std::function<void(H2Alarm)> ring_;
  std::array<SteadyTime, kH2Alarms> due_;
  SteadyTime armed_for_ = kNever;
  Timer timer_;
};

}  // namespace core
