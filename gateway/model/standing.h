// Answers without an end of their own, WebSockets and event streams: the guard has let them begin, and must
// be asked again while they last, or a session that was ended would go on in them. Sockets that nobody signed
// in for are known here as well: the process says goodbye to all of them.
#pragma once

#include <unordered_set>

#include "core/base/clock.h"
#include "core/loop/loop.h"

namespace gateway {

class StandingList;

/// What say_goodbye() did.
enum class Farewell {
  none,  ///< there is no way to say it
  said,  ///< it is on its way to the client
};

/// One of them. Leaves its list when it is destroyed.
class Standing {
 public:
  Standing() = default;
  Standing(const Standing&) = delete;
  Standing& operator=(const Standing&) = delete;
  /// Whether the guard would still let it begin.
  virtual bool may_stay(core::WallTime now) = 0;
  /// Breaks it off, on both sides.
  virtual void break_off() = 0;
  /// When its session ends by itself; WallTime::max() for what has none.
  [[nodiscard]] virtual core::WallTime ends_at() const = 0;
  /// The process ends: says so, where there is a way to say it, and ends.
  virtual Farewell say_goodbye() = 0;

 protected:
  ~Standing();

 private:
  friend class StandingList;
  StandingList* list_ = nullptr;
};

/// One worker's. Must outlive what is in it.
class StandingList {
 public:
  explicit StandingList(core::Loop& loop);
  void add(Standing& standing);
  /// Breaks off what may not stay: after each change of revocations or policies, and by itself when a session
  /// ends, and once a minute. A scan of all.
  void look();
  /// The process ends. How many were told.
  std::size_t say_goodbye();
  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  friend class Standing;
  void look_at(core::WallTime end);

  core::Loop& loop_;
  std::unordered_set<Standing*> all_;
  core::WallTime next_end_;
  core::Timer timer_;
};

}  // namespace gateway
