// The connections of one worker to one origin. Owns every session from its making to its end, hands out those
// that have room: busy ones that can serve another exchange (HTTP/2) before idle ones, so that few are open;
// of idle ones the newest. Closes those that were idle for long. What makes two connections interchangeable
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
  /// More than that: the one idle for longest is closed. Far above what is in use at once, since closing and
  /// connecting again costs more than the exchange; idle_time closes what a burst has left.
  std::size_t idle_sessions = 1024;
  Duration idle_time{60'000};  ///< then an idle session is closed
};

/// Told what becomes of a pool's sessions, from inside their own calls: it may note it, and must not use the
/// pool before that call has returned.
class PoolOwner {
 public:
  /// A session may serve another exchange, beside others or after them.
  virtual void on_session_room() = 0;
  /// A session is not the pool's any more; its socket is closed at the end of the turn.
  virtual void on_session_gone() = 0;

 protected:
  ~PoolOwner() = default;
};

class Pool {
 public:
  /// `loop` and `owner` (which may be null) must outlive the pool. Requires, at destruction: no exchange is
  /// running.
  Pool(Loop& loop, PoolLimits limits, PoolOwner* owner = nullptr);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// A session for one exchange, which is started at once; null if none has room. It comes back by itself
  /// when the exchange ends, or is retired if it cannot be used again.
  ClientSession* take();
  /// The same of those that had better be left, where no other connection can be had.
  ClientSession* take_worn();
  /// Whether a connection may serve another exchange when the first is over.
  enum class Use { again, once };
  /// A fresh session, in use from now on like one that take() returned.
  ClientSession& add(std::unique_ptr<ClientSession> session, Use use = Use::again);
  /// A fresh session that is idle.
  void add_idle(std::unique_ptr<ClientSession> session);
  /// Closes what is idle. For a reload, and before the end.
  void close_idle();
  /// Closes the one that is idle for longest; false if there is none.
  bool close_oldest_idle();
  /// Closes what is idle now and, from now on, what comes back.
  void stop_keeping();
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }
  [[nodiscard]] std::size_t in_use() const { return full_.size() + shared_.size() + worn_.size(); }

 private:
  class Entry;
  using Entries = std::list<std::unique_ptr<Entry>>;

  Entry& enter(std::unique_ptr<ClientSession> session, Use use);
  void put_back(Entry& entry);
  void note_room(Entry& entry);
  void move_to(Entries& list, Entry& entry);
  void drop(Entry& entry);
  void trim();

  Loop& loop_;
  PoolLimits limits_;
  PoolOwner* owner_;
  bool keeps_ = true;
  Entries full_;    // in use, and no room for another exchange
  Entries shared_;  // in use, with room as far as is known
  Entries worn_;    // likewise, but better left
  Entries idle_;    // oldest first
  Timer trim_timer_;
};

}  // namespace core
