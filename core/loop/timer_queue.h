// The timers of one loop, ordered by time: a four-way heap that is touched as little as possible. Arming for
// later and disarming leave the entry where it is; when its old moment comes it is moved or dropped.
#pragma once

#include <cstddef>
#include <cstdint>
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
  /// A turn begins: what is put from now on is not fired in it.
  void begin_turn() { ++turn_; }
  /// Fires what is due at `now` and was put before this turn.
  void fire_due(SteadyTime now);

 private:
  struct Entry {
    SteadyTime at;
    std::uint64_t turn;  // in which it was put
    Timer* timer;
    [[nodiscard]] bool is_before(const Entry& other) const {
      return at != other.at ? at < other.at : turn < other.turn;
    }
  };
  void place(std::size_t index, Entry entry);
  void move_up(std::size_t index, Entry entry);
  void move_down(std::size_t index, Entry entry);
  void settle(std::size_t index, Entry entry);

  std::vector<Entry> heap_;
  std::uint64_t turn_ = 0;
};

}  // namespace core
