// One event loop, one thread. libevent stays behind this folder and core/net.
//
// A turn: wait for events, run their callbacks, fire timers, run what was posted, flush what asked for the
// end of the turn, destroy what was retired. Nothing is destroyed on its own stack: a connection, an exchange
// or a running flow ends by retire(). Timers follow the loop's Clock: with a ManualClock they fire in the
// turn after advance().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "core/base/clock.h"

struct event_base;

namespace core {

class TimerQueue;

/// Something that gathers output during a turn and sends it at its end. Unregisters when destroyed.
class TurnEnd {
 public:
  TurnEnd() = default;
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;
  virtual void at_turn_end() = 0;

 protected:
  ~TurnEnd();

 private:
  friend class Loop;
  TurnEnd** link_ = nullptr;  // what points at this one, null when not registered
  TurnEnd* next_ = nullptr;
};

/// Base of what can be retired.
class Retirable {
 public:
  virtual ~Retirable() = default;
};

class Loop {
 public:
  /// `clock` must outlive the loop.
  explicit Loop(const Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs turns until stop(). What is still retired or posted then is destroyed with the loop.
  void run();
  /// Runs one turn; with `wait` false returns at once when nothing is ready. For tests. Not from inside a
  /// turn.
  void turn(bool wait);
  /// Destroys what is retired and, not run, what was posted; no event, timer or action runs. For an owner
  /// whose end goes in steps: what still follows something finds half of the owner gone in a turn. Not from
  /// inside a turn.
  void discard();
  /// Ends run() at the end of the turn; before run(), makes it return at once. From the loop's own thread.
  void stop();

  /// Runs `action` in a later turn of this loop. From any thread; never blocks. Actions of one thread keep
  /// their order.
  void post(std::function<void()> action);
  /// Destroys `object` at the end of this turn; what its destructor retires or flushes belongs to the same
  /// turn.
  void retire(std::unique_ptr<Retirable> object);
  /// Calls `flush.at_turn_end()` once at the end of this turn; registering twice in a turn is one call.
  void at_turn_end(TurnEnd& flush);

  /// Steady time of this turn: read at its first use after the wait, for deadlines without a call to the
  /// clock each. Outside a turn it is the clock's.
  [[nodiscard]] SteadyTime now() const {
    if (!now_is_known_) read_clock();
    return now_;
  }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  /// Tells turns apart.
  [[nodiscard]] std::uint64_t turn_number() const { return turn_number_; }
  /// For the wrappers in core/loop and core/net only.
  [[nodiscard]] event_base* native() const;
  /// For Timer only.
  [[nodiscard]] TimerQueue& timers() const;

 private:
  struct Native;
  void read_clock() const;
  [[nodiscard]] bool set_wake_up();
  void run_posted();
  void finish_turn();

  const Clock& clock_;
  mutable SteadyTime now_;
  mutable bool now_is_known_ = false;
  std::uint64_t turn_number_ = 0;
  bool is_in_turn_ = false;
  bool stopping_ = false;
  std::unique_ptr<Native> native_;
  TurnEnd* first_flush_ = nullptr;
};

/// A one-shot timer, from the loop's own thread. Destroying it disarms; its callback may destroy it. Arming
/// again moves the deadline: to a later one, or disarming, costs a store, so a timer can be pushed back at
/// every byte.
class Timer {
 public:
  /// The longest a timer runs; a longer request is clamped.
  static constexpr Duration kLongest = std::chrono::hours(24 * 366);

  Timer(Loop& loop, std::function<void()> on_fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Fires once, `after` from the start of this turn; never before the next turn. Negative counts as zero.
  void arm(Duration after);
  void disarm() { is_armed_ = false; }
  [[nodiscard]] bool is_armed() const { return is_armed_; }

 private:
  friend class TimerQueue;
  static constexpr std::size_t kNotQueued = static_cast<std::size_t>(-1);

  Loop& loop_;
  std::function<void()> on_fire_;
  SteadyTime due_;
  std::size_t place_ = kNotQueued;  // in the queue; it may stand there for an earlier moment than due_
  bool is_armed_ = false;
};

/// What happened on a descriptor.
struct Edge {
  bool readable = false;
  bool writable = false;
  /// The peer has shut down its side (EPOLLRDHUP). Not set when the socket failed: libevent reports that as
  /// readable and writable.
  bool peer_closed = false;
};

/// Told of edges on a descriptor. A callback may destroy the watch; prefer to retire its owner.
class DescriptorEvents {
 public:
  virtual void on_edge(Edge edge) = 0;

 protected:
  ~DescriptorEvents() = default;
};

/// Watches a descriptor with one epoll_ctl for its whole life. Does not own it: destroy the watch, then
/// close.
class DescriptorWatch {
 public:
  /// edge_both reports each change of either direction once. The level modes report in every turn while it
  /// lasts: for listening sockets, event descriptors and libraries that do not read until there is no more.
  enum class Mode { edge_both, level_read, level_write, level_both };
  /// Reports through `events`, which must outlive the watch.
  DescriptorWatch(Loop& loop, int descriptor, DescriptorEvents& events, Mode mode);
  ~DescriptorWatch();
  DescriptorWatch(const DescriptorWatch&) = delete;
  DescriptorWatch& operator=(const DescriptorWatch&) = delete;

  /// Level modes only: stops and starts reporting (accept pauses when descriptors run out).
  void pause();
  void resume();
  /// False when the system refused to watch (no memory, too many watches, a regular file).
  [[nodiscard]] bool is_watching() const;

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};

}  // namespace core
