// How often one object may do something in a turn of its loop, however often it is asked to within it: a turn
// goes on as long as somebody has a flush to make, and events and timers wait for its end.
#pragma once

#include <cstdint>

#include "core/loop/loop.h"

namespace core {

class TurnBudget {
 public:
  /// `most` times a turn.
  TurnBudget(const Loop& loop, int most) : loop_(loop), most_(most) {}

  /// Once more; false: not in this turn.
  [[nodiscard]] bool take() {
    if (loop_.turn_number() != turn_) renew();
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  /// An event of the wire came: a turn has one at most.
  void renew() {
    turn_ = loop_.turn_number();
    left_ = most_;
  }

 private:
  const Loop& loop_;
  std::uint64_t turn_ = 0;
  int most_;
  int left_ = 0;
};

}  // namespace core
