// What `co_await` does inside a flow: with a Result, with another Flow, with attempt(). Included by flow.h
// only. A child is started inside await_suspend and the parent goes on at once if it has already ended:
// constant stack at every optimisation level.
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include "core/base/result.h"
#include "core/loop/flow_promise.h"

namespace core {

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

}  // namespace core
