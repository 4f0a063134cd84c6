// The turn of the loop, and waking it up from other threads.
#include "core/loop/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/check.h"
#include "core/loop/timer_queue.h"

namespace core {
namespace {

using Actions = std::vector<std::function<void()>>;

/// Objects of one turn that the list of what dies has room for in the next.
constexpr std::size_t kMostKeptRetired = 1024;

/// EVLOOP_NONBLOCK alone asks again and again while anything happens: a turn of a busy loop would not end.
constexpr int kOnceWithoutWaiting = EVLOOP_ONCE | EVLOOP_NONBLOCK;

event_base* make_base() {
  event_base* base = event_base_new();
  CHECK(base != nullptr);
  return base;
}

// Both only end the wait: the turn looks by itself at what is due and what was posted.
void on_wake_up(evutil_socket_t, short, void*) {}
void on_time(evutil_socket_t, short, void* armed_for) {
  static_cast<std::optional<SteadyTime>*>(armed_for)->reset();
}

timeval to_timeval(SteadyTime::duration duration) {
  const auto whole = std::chrono::ceil<std::chrono::microseconds>(duration).count();
  return timeval{.tv_sec = whole / 1'000'000, .tv_usec = whole % 1'000'000};
}

}  // namespace

TurnEnd::~TurnEnd() {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
}

struct Loop::Native {
  event_base* base = make_base();
  event wake_up{};
  event time{};
  std::optional<SteadyTime> armed_for;  // what `time` was armed for, none when it is not armed
  int wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

  std::atomic<std::thread::id> thread;  // that runs the turns
  Actions posted_here;
  std::mutex mutex;
  Actions posted_elsewhere;  // guarded by mutex

  Actions of_earlier_turns;
  std::vector<std::unique_ptr<Retirable>> retired;
  std::vector<std::unique_ptr<Retirable>> dying;
  TimerQueue timers;

  Native() {
    CHECK(wake_descriptor >= 0);
    // Edge-triggered: each write is an edge, so the counter is never read.
    CHECK(event_assign(&wake_up, base, wake_descriptor, EV_READ | EV_ET | EV_PERSIST, on_wake_up, nullptr) ==
          0);
    CHECK(event_add(&wake_up, nullptr) == 0);
    CHECK(event_assign(&time, base, -1, 0, on_time, &armed_for) == 0);
  }
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;
  ~Native() {
    event_del(&time);
    event_del(&wake_up);
    event_base_free(base);
    close(wake_descriptor);
  }
  Actions take_posted_elsewhere() {
    Actions taken;
    const std::lock_guard lock(mutex);
    taken.swap(posted_elsewhere);
    return taken;
  }
};

Loop::Loop(const Clock& clock) : clock_(clock), native_(std::make_unique<Native>()) {}

Loop::~Loop() {
  discard();
}

void Loop::discard() {
  // What is destroyed here may post and retire more.
  for (;;) {
    finish_turn();
    const Actions here = std::exchange(native_->posted_here, {});
    const Actions earlier = std::exchange(native_->of_earlier_turns, {});
    const Actions elsewhere = native_->take_posted_elsewhere();
    if (here.empty() && earlier.empty() && elsewhere.empty()) break;
  }
}

event_base* Loop::native() const {
  return native_->base;
}

TimerQueue& Loop::timers() const {
  return native_->timers;
}

void Loop::run() {
  while (!stopping_) turn(true);
  stopping_ = false;
}

void Loop::stop() {
  stopping_ = true;
}

void Loop::turn(bool wait) {
  native_->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  native_->of_earlier_turns.swap(native_->posted_here);
  const bool may_wait = wait && native_->of_earlier_turns.empty() && set_wake_up();
  now_is_known_ = false;
  is_in_turn_ = true;
  ++turn_number_;
  native_->timers.begin_turn();
  CHECK(event_base_loop(native_->base, may_wait ? EVLOOP_ONCE : kOnceWithoutWaiting) != -1);
  native_->timers.fire_due(now());
  run_posted();
  finish_turn();
  is_in_turn_ = false;
  now_is_known_ = false;
}

/// False when a timer is due already.
bool Loop::set_wake_up() {
  const std::optional<SteadyTime> next = native_->timers.next();
  if (!next.has_value()) return true;
  const SteadyTime now = clock_.steady();
  if (*next <= now) return false;
  if (native_->armed_for == next) return true;
  const timeval left = to_timeval(*next - now);
  if (event_add(&native_->time, &left) != 0) return false;
  native_->armed_for = next;
  return true;
}

void Loop::read_clock() const {
  now_ = clock_.steady();
  now_is_known_ = is_in_turn_;
}

void Loop::post(std::function<void()> action) {
  if (native_->thread.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    native_->posted_here.push_back(std::move(action));
    return;
  }
  bool is_first = false;
  {
    const std::lock_guard lock(native_->mutex);
    is_first = native_->posted_elsewhere.empty();
    native_->posted_elsewhere.push_back(std::move(action));
  }
  if (!is_first) return;
  const std::uint64_t one = 1;
  // Cannot fail in a way that matters: a full counter means that the wake-up is on its way.
  [[maybe_unused]] const ssize_t written = write(native_->wake_descriptor, &one, sizeof one);
}

void Loop::run_posted() {
  for (const auto& action : native_->of_earlier_turns) action();
  native_->of_earlier_turns.clear();
  for (const auto& action : native_->take_posted_elsewhere()) action();
}

void Loop::retire(std::unique_ptr<Retirable> object) {
  native_->retired.push_back(std::move(object));
}

void Loop::at_turn_end(TurnEnd& flush) {
  if (flush.link_ != nullptr) return;
  flush.next_ = first_flush_;
  flush.link_ = &first_flush_;
  if (first_flush_ != nullptr) first_flush_->link_ = &flush.next_;
  first_flush_ = &flush;
}

void Loop::finish_turn() {
  while (first_flush_ != nullptr || !native_->retired.empty()) {
    while (first_flush_ != nullptr) {
      TurnEnd& flush = *first_flush_;
      first_flush_ = flush.next_;
      if (first_flush_ != nullptr) first_flush_->link_ = &first_flush_;
      flush.link_ = nullptr;
      flush.at_turn_end();
    }
    // What dies may retire more; both lists keep their memory.
    native_->dying.swap(native_->retired);
    native_->dying.clear();
    if (native_->dying.capacity() > kMostKeptRetired) native_->dying.shrink_to_fit();
  }
}

}  // namespace core
