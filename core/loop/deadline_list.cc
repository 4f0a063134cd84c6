#include "core/loop/deadline_list.h"

#include <algorithm>

namespace core {

DeadlineEntry::~DeadlineEntry() {
  DeadlineList::remove(*this);
}

DeadlineList::DeadlineList(Loop& loop, Duration duration)
    : loop_(loop), duration_(duration), timer_(loop, [this] { fire(); }) {}

DeadlineList::~DeadlineList() {
  while (first_ != nullptr) unlink(*first_);
}

void DeadlineList::touch(DeadlineEntry& entry) {
  if (entry.list_ != nullptr) entry.list_->unlink(entry);
  entry.list_ = this;
  entry.at_ = loop_.now() + duration_;
  entry.previous_ = last_;
  (last_ != nullptr ? last_->next_ : first_) = &entry;
  last_ = &entry;
  if (!timer_.is_armed()) arm_for(entry.at_);
}

void DeadlineList::remove(DeadlineEntry& entry) {
  if (entry.list_ != nullptr) entry.list_->unlink(entry);
}

void DeadlineList::unlink(DeadlineEntry& entry) {
  (entry.previous_ != nullptr ? entry.previous_->next_ : first_) = entry.next_;
  (entry.next_ != nullptr ? entry.next_->previous_ : last_) = entry.previous_;
  entry.list_ = nullptr;
  entry.previous_ = nullptr;
  entry.next_ = nullptr;
}

void DeadlineList::arm_for(SteadyTime at) {
  const auto late = std::max(Duration(10), duration_ / 16);
  const auto left = std::chrono::duration_cast<Duration>(at - loop_.now());
  timer_.arm(std::max(left, Duration::zero()) + late);
}

void DeadlineList::fire() {
  while (first_ != nullptr && first_->at_ <= loop_.now()) {
    DeadlineEntry& due = *first_;
    unlink(due);
    due.on_deadline();
  }
  if (first_ != nullptr) arm_for(first_->at_);
}

}  // namespace core
