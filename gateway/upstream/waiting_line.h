// WaitingLine: the requests of one upstream that wait until a connection may be made or is free again, first
// come, first served. Bounded; how long each waits is its own business.
#pragma once

#include <cstddef>

#include "core/loop/loop.h"

namespace gateway {

class WaitingLine;

/// One request in a line; leaves it when destroyed.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  /// Its turn has come; it is out of the line. False: there is nothing for it after all; it stays first, or
  /// goes behind the others if it is choosy.
  virtual bool on_turn() = 0;
  /// Whether somebody behind it may find what it cannot use.
  [[nodiscard]] virtual bool is_choosy() const = 0;

 protected:
  ~Waiter();

 private:
  friend class WaitingLine;
  WaitingLine* line_ = nullptr;
  Waiter* previous_ = nullptr;
  Waiter* next_ = nullptr;
};

class WaitingLine {
 public:
  /// At most `most` wait.
  WaitingLine(core::Loop& loop, std::size_t most);
  ~WaitingLine();
  WaitingLine(const WaitingLine&) = delete;
  WaitingLine& operator=(const WaitingLine&) = delete;

  /// False: the line is full. Requires: `waiter` is in no line.
  [[nodiscard]] bool join(Waiter& waiter);
  static void leave(Waiter& waiter);
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  /// There may be room: serves the first ones in the next turn, so that nothing runs inside the call that
  /// made room.
  void wake();

 private:
  void serve();
  void put_first(Waiter& waiter);
  void put_last(Waiter& waiter);
  void unlink(Waiter& waiter);

  std::size_t most_;
  std::size_t size_ = 0;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  core::Timer next_turn_;
};

}  // namespace gateway
