// Many waits of one equal duration with one timer: starting, touching and ending one is O(1) and makes no
// system call. For time-outs of requests and idle connections, which almost never fire.
#pragma once

#include "core/loop/loop.h"

namespace core {

class DeadlineList;

/// One wait. Base of what is told; unregisters when destroyed.
class DeadlineEntry {
 public:
  DeadlineEntry() = default;
  DeadlineEntry(const DeadlineEntry&) = delete;
  DeadlineEntry& operator=(const DeadlineEntry&) = delete;
  /// The duration of its list has passed since the last touch. The entry is no longer registered.
  virtual void on_deadline() = 0;

 protected:
  ~DeadlineEntry();

 private:
  friend class DeadlineList;
  DeadlineList* list_ = nullptr;
  DeadlineEntry* previous_ = nullptr;
  DeadlineEntry* next_ = nullptr;
  SteadyTime at_;
};

/// Entries in the order of their deadlines, which is the order of their last touch. Fires up to 1/16 of the
/// duration late (at least 10 ms), so that a busy list wakes the loop rarely.
class DeadlineList {
 public:
  DeadlineList(Loop& loop, Duration duration);
  ~DeadlineList();
  DeadlineList(const DeadlineList&) = delete;
  DeadlineList& operator=(const DeadlineList&) = delete;

  /// Starts the wait of `entry`, or starts it again from now. An entry of another list leaves that one first.
  void touch(DeadlineEntry& entry);
  /// Ends the wait, if there is one.
  static void remove(DeadlineEntry& entry);
  [[nodiscard]] Duration duration() const { return duration_; }

 private:
  void unlink(DeadlineEntry& entry);
  void fire();
  void arm_for(SteadyTime at);

  Loop& loop_;
  Duration duration_;
  Timer timer_;
  DeadlineEntry* first_ = nullptr;
  DeadlineEntry* last_ = nullptr;
};

}  // namespace core
