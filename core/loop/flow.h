// Flow<T>: a coroutine for everything that waits and decides. Lazy; the Flow object owns the frame;
// destroying it cancels: locals are destroyed in reverse order and every wait unregisters in its destructor.
//
//   Flow<Session> finish(Callback callback) {
//     LoginState state = co_await open_state(callback);           // a Result: the value, or the flow ends
//     with the error TokenResponse tokens = co_await exchange(state);            // a Flow: the same
//     Result<Claims> claims = co_await attempt(userinfo(tokens)); // the Result itself, error or not
//     co_return make_session(tokens, claims);
//   }
//
// Rules (tests/lint checks the first):
//  - A statement with co_await holds only calls on named things: no braces, no lambda, no ?:. g++ 12
//  miscompiles them.
//  - Parameters by value unless the caller awaits at once; a flow is a named function, never a capturing
//  lambda.
//  - No lock, iterator or view across a co_await, except into what the flow's own frame or its owner keeps.
//  - A flow is not destroyed by what it calls itself (that would free the frame under its feet): the process
//  ends with
//    a message instead. It may be destroyed by what it told of its end, and whenever it waits.
// A child is started inside await_suspend and the parent goes on at once if it has already ended: constant
// stack at every optimisation level. Symmetric transfer would need tail calls that g++ 12 makes only at -O2.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/base/result.h"

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ == 15 && __GNUC_MINOR__ < 3
#error \
    "g++ 15.1 and 15.2 destroy a suspended child frame wrongly (GCC bug 121961); use 15.3 or another compiler"
#endif

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

namespace flow_internal {

struct FinalAwaiter {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
    handle.promise().end();
  }
  void await_resume() const noexcept {}
};

template <typename T>
struct ResultAwaiter {
  Result<T> result;
  [[nodiscard]] bool await_ready() const noexcept { return result.has_value(); }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    handle.promise().end_with(std::move(result.error()));
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }
};

template <typename T>
class FlowAwaiter final : public FlowWaiter {
 public:
  explicit FlowAwaiter(Flow<T> child) : child_(std::move(child)) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    parent_ = &handle.promise();
    parent_handle_ = handle;
    parent_->suspends();
    child_.start();
    if (!child_.has_ended()) {
      child_.set_waiter(this);
      return true;
    }
    if (child_.result().has_value()) {
      parent_->goes_on();
      return false;
    }
    parent_->end_with(std::move(child_.result().error()));
    return true;
  }
  void flow_ended() override {
    if (child_.result().has_value()) {
      parent_->resume(parent_handle_);
    } else {
      parent_->end_with(std::move(child_.result().error()));
    }
  }
  T await_resume() { return std::move(*child_.result()); }

 private:
  Flow<T> child_;
  FlowPromise* parent_ = nullptr;
  std::coroutine_handle<> parent_handle_;
};

template <typename T>
class AttemptAwaiter final : public FlowWaiter {
 public:
  explicit AttemptAwaiter(Flow<T> child) : child_(std::move(child)) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    parent_ = &handle.promise();
    parent_handle_ = handle;
    parent_->suspends();
    child_.start();
    if (child_.has_ended()) {
      parent_->goes_on();
      return false;
    }
    child_.set_waiter(this);
    return true;
  }
  void flow_ended() override { parent_->resume(parent_handle_); }
  Result<T> await_resume() { return std::move(child_.result()); }

 private:
  Flow<T> child_;
  FlowPromise* parent_ = nullptr;
  std::coroutine_handle<> parent_handle_;
};

/// Carries a flow to await_transform; made by attempt().
template <typename T>
struct Attempt {
  Flow<T> flow;
};

}  // namespace flow_internal

/// A lazy coroutine of one owner. Move-only; destroying it cancels.
template <typename T>
class [[nodiscard]] Flow {
 public:
  class promise_type final : public FlowPromise {
   public:
    Flow get_return_object() { return Flow(std::coroutine_handle<promise_type>::from_promise(*this)); }
    flow_internal::FinalAwaiter final_suspend() noexcept { return {}; }

    /// A value, a Result, a failure(), or what converts to one of them.
    template <typename Value = T>
      requires std::is_convertible_v<Value, Result<T>>
    void return_value(Value&& value) {
      result_.emplace(std::forward<Value>(value));
    }

    void end_with(Error error) override {
      result_.emplace(std::unexpected<Error>(std::move(error)));
      end();
    }

    template <typename U>
    flow_internal::FlowAwaiter<U> await_transform(Flow<U> child, const char* file = __builtin_FILE(),
                                                  int line = __builtin_LINE()) {
      waits_at(file, line);
      return flow_internal::FlowAwaiter<U>(std::move(child));
    }
    template <typename U>
    flow_internal::AttemptAwaiter<U> await_transform(flow_internal::Attempt<U> attempt,
                                                     const char* file = __builtin_FILE(),
                                                     int line = __builtin_LINE()) {
      waits_at(file, line);
      return flow_internal::AttemptAwaiter<U>(std::move(attempt.flow));
    }
    template <typename U>
    flow_internal::ResultAwaiter<U> await_transform(Result<U> result) {
      return {std::move(result)};
    }
    flow_internal::ResultAwaiter<Done> await_transform(std::unexpected<Error> error) {
      return {Result<Done>(std::move(error))};
    }
    /// Leaf waits (wait.h) offer `awaiter()`, which returns a small awaiter by value.
    template <typename Leaf>
      requires requires(Leaf& leaf) { leaf.awaiter(); }
    auto await_transform(Leaf&& leaf, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
      waits_at(file, line);
      return leaf.awaiter();
    }

    std::optional<Result<T>> result_;
  };

  Flow() = default;
  Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Flow& operator=(Flow&& other) noexcept {
    if (this != &other) {
      cancel();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Flow() { cancel(); }

  /// Destroys the frame. Requires: the flow waits or has ended, or was never started.
  void cancel() {
    if (!handle_) return;
    CHECK(handle_.promise().is_suspended());
    std::exchange(handle_, nullptr).destroy();
  }
  /// Runs until the first wait or the end. Requires: not started yet.
  void start() { handle_.promise().resume(handle_); }
  [[nodiscard]] bool has_ended() const { return handle_.promise().has_ended(); }
  /// Requires: has_ended().
  Result<T>& result() {
    CHECK(handle_.promise().result_.has_value());
    return *handle_.promise().result_;
  }
  /// Who is told of the end. Requires: started and not ended.
  void set_waiter(FlowWaiter* waiter) { handle_.promise().set_waiter(waiter); }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  explicit Flow(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// `co_await attempt(flow)` waits and hands over the Result instead of ending the enclosing flow with its
/// error.
template <typename T>
flow_internal::Attempt<T> attempt(Flow<T> flow) {
  return {std::move(flow)};
}

/// A running flow held by its owner as a member, with a callback for its end. Destroying it cancels. The
/// frame is gone, with all its locals, when the callback runs: they may refer to the owner, and the callback
/// may destroy the owner.
template <typename T = Done>
class RunningFlow final : private FlowWaiter {
 public:
  using OnEnd = std::function<void(Result<T>)>;
  RunningFlow() = default;
  RunningFlow(const RunningFlow&) = delete;
  RunningFlow& operator=(const RunningFlow&) = delete;

  /// Starts `flow`, cancelling what ran before. `on_end` may be called before this returns, may destroy *this
  /// and may start the next flow.
  void start(Flow<T> flow, OnEnd on_end) {
    flow_ = std::move(flow);
    on_end_ = std::move(on_end);
    flow_.start();
    if (flow_.has_ended()) {
      flow_ended();
    } else {
      flow_.set_waiter(this);
    }
  }
  void cancel() {
    flow_.cancel();
    on_end_ = nullptr;
  }
  [[nodiscard]] bool is_running() const { return static_cast<bool>(flow_); }

 private:
  void flow_ended() override {
    const OnEnd on_end = std::exchange(on_end_, nullptr);
    Result<T> result = std::move(flow_.result());
    flow_.cancel();
    on_end(std::move(result));
  }
  Flow<T> flow_;
  OnEnd on_end_;
};

}  // namespace core
