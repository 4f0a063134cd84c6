// The timers of one loop, ordered by time: a four-way heap that is touched as little as possible. Arming for
// later and disarming leave the entry where it is; when its old moment comes it is moved or dropped.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/clock.h"

namespace core {

class Timer;

class TimerQueue {
 public:
  /// Makes sure that `timer` is looked at not later than its due time.
  void put(Timer& timer);
  void remove(Timer& timer);
  /// When to look again; may be earlier than the first timer that fires.
  [[nodiscard]] std::optional<SteadyTime> next() const;
  /// Fires what is due at `now`. What a callback arms for `now` waits for the next call.
  void fire_due(SteadyTime now);

 private:
  struct Entry {
    SteadyTime at;
    Timer* timer;
  };
  void place(std::size_t index, Entry entry);
  void move_up(std::size_t index, Entry entry);
  void move_down(std::size_t index, Entry entry);
  void settle(std::size_t index, Entry entry);

  std::vector<Entry> heap_;
};

}  // namespace core
