// The heap of timers, and Timer itself.
#include "core/loop/timer_queue.h"

#include <algorithm>

#include "core/loop/loop.h"

namespace core {
namespace {

// Four children a node: half the depth of two, and the children share a cache line.
constexpr std::size_t kChildren = 4;

}  // namespace

void TimerQueue::put(Timer& timer) {
  const Entry entry{timer.due_, turn_, &timer};
  if (timer.place_ == Timer::kNotQueued) {
    heap_.push_back(entry);
    move_up(heap_.size() - 1, entry);
  } else if (timer.due_ < heap_[timer.place_].at) {
    move_up(timer.place_, entry);
  }
}

void TimerQueue::remove(Timer& timer) {
  if (timer.place_ == Timer::kNotQueued) return;
  const std::size_t hole = std::exchange(timer.place_, Timer::kNotQueued);
  const Entry last = heap_.back();
  heap_.pop_back();
  if (hole < heap_.size()) settle(hole, last);
}

std::optional<SteadyTime> TimerQueue::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

void TimerQueue::fire_due(SteadyTime now) {
  while (!heap_.empty()) {
    const Entry first = heap_.front();
    // What was put in this turn stands behind all that is older. It waits, or a timer that arms itself for at
    // once would keep the turn.
    if (first.at > now || first.turn == turn_) return;
    Timer& timer = *first.timer;
    if (timer.is_armed_ && timer.due_ > now) {
      move_down(0, Entry{timer.due_, turn_, &timer});
      continue;
    }
    remove(timer);
    if (!timer.is_armed_) continue;
    timer.is_armed_ = false;
    timer.on_fire_();
  }
}

void TimerQueue::place(std::size_t index, Entry entry) {
  heap_[index] = entry;
  entry.timer->place_ = index;
}

void TimerQueue::move_up(std::size_t index, Entry entry) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / kChildren;
    if (!entry.is_before(heap_[parent])) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void TimerQueue::move_down(std::size_t index, Entry entry) {
  for (;;) {
    const std::size_t first = index * kChildren + 1;
    if (first >= heap_.size()) break;
    const std::size_t end = std::min(first + kChildren, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (heap_[child].is_before(heap_[least])) least = child;
    }
    if (!heap_[least].is_before(entry)) break;
    place(index, heap_[least]);
    index = least;
  }
  place(index, entry);
}

void TimerQueue::settle(std::size_t index, Entry entry) {
  if (index > 0 && entry.is_before(heap_[(index - 1) / kChildren])) {
    move_up(index, entry);
  } else {
    move_down(index, entry);
  }
}

Timer::Timer(Loop& loop, std::function<void()> on_fire) : loop_(loop), on_fire_(std::move(on_fire)) {}

Timer::~Timer() {
  loop_.timers().remove(*this);
}

void Timer::arm(Duration after) {
  due_ = loop_.now() + std::clamp(after, Duration::zero(), kLongest);
  is_armed_ = true;
  loop_.timers().put(*this);
}

}  // namespace core
