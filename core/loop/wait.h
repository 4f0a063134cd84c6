// What a flow can wait for: a value that a callback delivers, a pause, a flow with a deadline.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/result.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"

namespace core {

/// A moment after which a wait is given up. Passed in by whoever knows how long is worth it.
struct Deadline {
  SteadyTime at;
  static Deadline after(const Loop& loop, Duration duration) { return {loop.now() + duration}; }
};

/// A one-shot cell: one flow waits (`co_await cell`), one callback delivers. Delivering resumes the flow at
/// once, on the caller's stack, which may destroy the cell and whatever the flow keeps: the caller touches
/// nothing of it afterwards. A flow whose cell is destroyed never goes on; its owner still cancels it.
/// Awaited once: the value moves out.
template <typename T = Done>
class OneShot {
 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;
  ~OneShot() {
    if (waiting_ != nullptr) waiting_->cell = nullptr;
  }

  /// The first delivery counts, later ones are ignored.
  void deliver(Result<T> result) {
    if (result_.has_value()) return;
    result_.emplace(std::move(result));
    if (waiting_ == nullptr) return;
    Awaiter* awaiter = std::exchange(waiting_, nullptr);
    awaiter->resume();
  }
  [[nodiscard]] bool has_result() const { return result_.has_value(); }

  struct Awaiter {
    OneShot* cell;
    FlowPromise* parent = nullptr;
    std::coroutine_handle<> handle;

    explicit Awaiter(OneShot* c) : cell(c) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (cell != nullptr && cell->waiting_ == this) cell->waiting_ = nullptr;
    }
    [[nodiscard]] bool await_ready() const { return cell->result_.has_value() && cell->result_->has_value(); }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> suspended) {
      parent = &suspended.promise();
      parent->suspends();
      handle = suspended;
      if (cell->result_.has_value()) {
        parent->end_with(std::move(cell->result_->error()));
        return;
      }
      CHECK(cell->waiting_ == nullptr);
      cell->waiting_ = this;
    }
    void resume() {
      if (cell->result_->has_value()) {
        parent->resume(handle);
      } else {
        parent->end_with(std::move(cell->result_->error()));
      }
    }
    T await_resume() { return std::move(**cell->result_); }
  };
  Awaiter awaiter() { return Awaiter(this); }

 private:
  std::optional<Result<T>> result_;
  Awaiter* waiting_ = nullptr;
};

/// Ends after `duration`.
Flow<> sleep_for(Loop& loop, Duration duration);

namespace wait_internal {

/// Runs a flow against a timer; whichever ends first delivers, destroying the race cancels both.
template <typename T>
class Race final : private FlowWaiter {
 public:
  Race(Loop& loop, Deadline deadline, Flow<T> flow)
      : timer_(loop, [this] { time_is_up(); }), flow_(std::move(flow)) {
    flow_.start();
    if (flow_.has_ended()) {
      outcome.deliver(std::move(flow_.result()));
      return;
    }
    flow_.set_waiter(this);
    const auto left = std::chrono::duration_cast<Duration>(deadline.at - loop.now());
    timer_.arm(left > Duration::zero() ? left : Duration::zero());
  }
  OneShot<T> outcome;

 private:
  void flow_ended() override {
    timer_.disarm();
    outcome.deliver(std::move(flow_.result()));
  }
  void time_is_up() {
    flow_.cancel();
    outcome.deliver(failure(ErrorKind::timed_out, Side::us, "the deadline passed"));
  }
  Timer timer_;
  Flow<T> flow_;
};

}  // namespace wait_internal

/// `flow`, or the error timed_out when `deadline` passes first; the flow is cancelled then.
template <typename T>
Flow<T> within(Loop& loop, Deadline deadline, Flow<T> flow) {
  wait_internal::Race<T> race(loop, deadline, std::move(flow));
  T value = co_await race.outcome;
  co_return value;
}

}  // namespace core
