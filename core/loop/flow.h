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
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/base/result.h"
#include "core/loop/flow_await.h"
#include "core/loop/flow_promise.h"

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ == 15 && __GNUC_MINOR__ < 3
#error \
    "g++ 15.1 and 15.2 destroy a suspended child frame wrongly (GCC bug 121961); use 15.3 or another compiler"
#endif

namespace core {

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
