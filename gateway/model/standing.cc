#include "gateway/model/standing.h"

#include <algorithm>
#include <vector>

namespace gateway {
namespace {

/// A timer follows the steady clock; looking again at least this often follows the other one when it is set.
constexpr core::Duration kLongestLook = std::chrono::minutes(1);

}  // namespace

Standing::~Standing() {
  if (list_ != nullptr) list_->all_.erase(this);
}

StandingList::StandingList(core::Loop& loop) : loop_(loop), timer_(loop, [this] { look(); }) {}

void StandingList::add(Standing& standing) {
  all_.insert(&standing);
  standing.list_ = this;
  look_at(standing.ends_at());
}

/// Makes sure that there is a look not later than `end`.
void StandingList::look_at(core::WallTime end) {
  if (end == core::WallTime::max()) return;
  if (timer_.is_armed() && next_end_ <= end) return;
  next_end_ = end;
  const auto left = std::chrono::ceil<core::Duration>(end - loop_.clock().wall());
  timer_.arm(std::clamp<core::Duration>(left, core::Duration::zero(), kLongestLook));
}

void StandingList::look() {
  timer_.disarm();
  const core::WallTime now = loop_.clock().wall();
  const std::vector<Standing*> found(all_.begin(), all_.end());
  for (Standing* standing : found) {
    if (!all_.contains(standing)) continue;
    if (standing->may_stay(now)) {
      look_at(standing->ends_at());
      continue;
    }
    all_.erase(standing);
    standing->list_ = nullptr;
    standing->break_off();
  }
}

std::size_t StandingList::say_goodbye() {
  std::size_t told = 0;
  const std::vector<Standing*> found(all_.begin(), all_.end());
  for (Standing* standing : found) {
    if (all_.contains(standing) && standing->say_goodbye() == Farewell::said) ++told;
  }
  return told;
}

}  // namespace gateway
