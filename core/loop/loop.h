// One event loop, one thread. libevent stays behind this folder and core/net.
//
// A turn: wait for events, run their callbacks, run what was posted, flush what asked for the end of the turn, destroy
// what was retired. Nothing is destroyed on its own stack: a connection, an exchange or a running flow ends by retire().
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/base/clock.h"

struct event_base;

namespace core {

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
  /// Runs one turn; with `wait` false returns at once when nothing is ready. For tests.
  void turn(bool wait);
  /// Ends run() at the end of the turn. From the loop's own thread.
  void stop();

  /// Runs `action` in a later turn of this loop. From any thread; never blocks.
  void post(std::function<void()> action);
  /// Destroys `object` at the end of this turn.
  void retire(std::unique_ptr<Retirable> object);
  /// Calls `flush.at_turn_end()` once at the end of this turn; registering twice in a turn is one call.
  void at_turn_end(TurnEnd& flush);

  /// Steady time at the start of the turn: for deadlines, without a call to the clock each.
  [[nodiscard]] SteadyTime now() const { return now_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  /// For the wrappers in core/loop and core/net only.
  [[nodiscard]] event_base* native() const;

 private:
  struct Native;
  void run_posted();
  void finish_turn();

  const Clock& clock_;
  SteadyTime now_;
  std::unique_ptr<Native> native_;
  TurnEnd* first_flush_ = nullptr;
};

/// A one-shot timer. Destroying it disarms. The callback is set once; arming again moves the deadline.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(Duration after);
  void disarm();
  [[nodiscard]] bool is_armed() const;

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};

/// Told of edges on a descriptor. A callback may retire the owner of the watch, but not destroy it.
class DescriptorEvents {
 public:
  /// `readable` and `writable` became true; `peer_closed`: the peer has shut down its side (EPOLLRDHUP) or the
  /// socket failed.
  virtual void on_edge(bool readable, bool writable, bool peer_closed) = 0;

 protected:
  ~DescriptorEvents() = default;
};

/// Watches a descriptor for both directions, edge-triggered, with one epoll_ctl for its whole life. Does not own it.
class DescriptorWatch {
 public:
  enum class Mode { edge_both, level_read };
  /// level_read is for listening sockets and event descriptors. Reports through `events`, which must outlive the watch.
  DescriptorWatch(Loop& loop, int descriptor, DescriptorEvents& events, Mode mode);
  ~DescriptorWatch();
  DescriptorWatch(const DescriptorWatch&) = delete;
  DescriptorWatch& operator=(const DescriptorWatch&) = delete;

  /// level_read only: stops and starts reporting (accept pauses when descriptors run out).
  void pause();
  void resume();

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};

}  // namespace core
