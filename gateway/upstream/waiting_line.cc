#include "gateway/upstream/waiting_line.h"

namespace gateway {

Waiter::~Waiter() {
  WaitingLine::leave(*this);
}

WaitingLine::WaitingLine(core::Loop& loop, std::size_t most)
    : most_(most), next_turn_(loop, [this] { serve(); }) {}

WaitingLine::~WaitingLine() {
  while (first_ != nullptr) unlink(*first_);
}

bool WaitingLine::join(Waiter& waiter) {
  if (size_ >= most_) return false;
  put_last(waiter);
  return true;
}

void WaitingLine::leave(Waiter& waiter) {
  if (waiter.line_ != nullptr) waiter.line_->unlink(waiter);
}

void WaitingLine::unlink(Waiter& waiter) {
  (waiter.previous_ == nullptr ? first_ : waiter.previous_->next_) = waiter.next_;
  (waiter.next_ == nullptr ? last_ : waiter.next_->previous_) = waiter.previous_;
  waiter.line_ = nullptr;
  waiter.previous_ = nullptr;
  waiter.next_ = nullptr;
  --size_;
}

void WaitingLine::put_first(Waiter& waiter) {
  waiter.line_ = this;
  waiter.next_ = first_;
  (first_ == nullptr ? last_ : first_->previous_) = &waiter;
  first_ = &waiter;
  ++size_;
}

void WaitingLine::put_last(Waiter& waiter) {
  waiter.line_ = this;
  waiter.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &waiter;
  last_ = &waiter;
  ++size_;
}

void WaitingLine::wake() {
  if (first_ != nullptr && !next_turn_.is_armed()) next_turn_.arm(core::Duration::zero());
}

void WaitingLine::serve() {
  for (std::size_t left = size_; left > 0 && first_ != nullptr; --left) {
    Waiter& waiter = *first_;
    unlink(waiter);
    if (waiter.on_turn()) continue;
    if (!waiter.is_choosy()) return put_first(waiter);
    put_last(waiter);
  }
}

}  // namespace gateway
