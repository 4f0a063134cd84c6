// The part of a flow that does not depend on its value: who is told of its end, whether it waits, and where.
// Flows themselves are in flow.h; this header is for it, its awaiters and the leaf waits of wait.h.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdio>

#include "core/base/result.h"

namespace core {

/// The value of a flow that only ends.
struct Done {};
inline Done done() {
  return {};
}

template <typename T = Done>
class Flow;

/// Told when a flow has ended. May destroy the flow.
class FlowWaiter {
 public:
  virtual void flow_ended() = 0;

 protected:
  ~FlowWaiter() = default;
};

/// The part of a promise that does not depend on the value. Frames come from a per-thread list of free
/// blocks.
class FlowPromise {
 public:
  FlowPromise();
  FlowPromise(const FlowPromise&) = delete;
  FlowPromise& operator=(const FlowPromise&) = delete;

  static void* operator new(std::size_t size);
  static void operator delete(void* frame, std::size_t size) noexcept;

  std::suspend_always initial_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept;

  /// Where the flow last waited, for print_waiting_flows().
  void waits_at(const char* file, int line) {
    file_ = file;
    line_ = line;
  }
  /// A wait says so when it suspends the flow, and that it goes on after all; or resumes it later.
  void suspends() { is_suspended_ = true; }
  void goes_on() { is_suspended_ = false; }
  void resume(std::coroutine_handle<> handle) {
    is_suspended_ = false;
    handle.resume();
  }
  [[nodiscard]] bool is_suspended() const { return is_suspended_; }
  [[nodiscard]] bool has_ended() const { return ended_; }
  void set_waiter(FlowWaiter* waiter) { waiter_ = waiter; }
  /// Called once, with the result in place. The frame may be gone when this returns.
  void end();
  /// Ends the flow with an error from inside a wait. The frame may be gone when this returns.
  virtual void end_with(Error error) = 0;

 protected:
  ~FlowPromise();

 private:
  friend void print_waiting_flows(std::FILE* out);
  FlowWaiter* waiter_ = nullptr;
  const char* file_ = nullptr;
  int line_ = 0;
  bool ended_ = false;
  bool is_suspended_ = true;
  FlowPromise* previous_ = nullptr;
  FlowPromise* next_ = nullptr;
};

/// Prints file and line of the last wait of each live flow of this thread: the asynchronous stack trace.
void print_waiting_flows(std::FILE* out);

}  // namespace core
