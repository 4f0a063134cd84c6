// The connections of one worker to one origin. Owns every session from its making to its end, hands out idle
// ones, newest first, and closes those that were idle for long. What makes two connections interchangeable
// (address, TLS settings, credentials) is the owner's to know: it has one Pool for each such origin and
// shares none.
#pragma once

#include <list>
#include <memory>

#include "core/base/clock.h"
#include "core/http/session.h"
#include "core/loop/loop.h"

namespace core {

struct PoolLimits {
  std::size_t idle_sessions = 128;  ///< more than that: the one idle for longest is closed
  Duration idle_time{60'000};       ///< then an idle session is closed
};

class Pool {
 public:
  /// `loop` must outlive the pool. Requires, at destruction: no exchange is running.
  Pool(Loop& loop, PoolLimits limits);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The session that was used last and is still open, for one exchange; null if there is none. It comes back
  /// by itself when the exchange ends, or is retired if it cannot be used again.
  ClientSession* take();
  /// A fresh session, in use from now on like one that take() returned.
  ClientSession& add(std::unique_ptr<ClientSession> session);
  /// Closes what is idle. For a reload, and before the end.
  void close_idle();
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }
  [[nodiscard]] std::size_t in_use() const { return in_use_.size(); }

 private:
  class Entry;
  using Entries = std::list<std::unique_ptr<Entry>>;

  void put_back(Entry& entry);
  void drop(Entry& entry);
  void trim();

  Loop& loop_;
  PoolLimits limits_;
  Entries in_use_;
  Entries idle_;  // oldest first
  Timer trim_timer_;
};

}  // namespace core
