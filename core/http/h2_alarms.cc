// When the earliest of them is due the timer fires; the others wait for their turn.
#include "core/http/h2_alarms.h"

#include <algorithm>
#include <utility>

namespace core {

H2Alarms::H2Alarms(Loop& loop, std::function<void(H2Alarm)> ring)
    : loop_(loop), ring_(std::move(ring)), timer_(loop, [this] { on_timer(); }) {
  due_.fill(kNever);
}

void H2Alarms::set(H2Alarm alarm, Duration after) {
  SteadyTime& due = due_[index_of(alarm)];
  due = loop_.now() + after;
  if (due < armed_for_) arm();
}

void H2Alarms::clear_all() {
  due_.fill(kNever);
  armed_for_ = kNever;
  timer_.disarm();
}

void H2Alarms::on_timer() {
  armed_for_ = kNever;
  const SteadyTime now = loop_.now();
  for (std::size_t i = 0; i < due_.size(); ++i) {
    if (due_[i] > now) continue;
    due_[i] = kNever;
    ring_(static_cast<H2Alarm>(i));
  }
  arm();
}

void H2Alarms::arm() {
  armed_for_ = *std::ranges::min_element(due_);
  if (armed_for_ == kNever) return;
  timer_.arm(std::max(Duration(0), std::chrono::ceil<Duration>(armed_for_ - loop_.now())));
}

}  // namespace core
