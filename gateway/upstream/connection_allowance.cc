#include "gateway/upstream/connection_allowance.h"

#include <algorithm>

#include "gateway/upstream/waiting_line.h"

namespace gateway {

bool ConnectionAllowance::take() {
  if (used_ >= most_ && !with_idle_.empty()) with_idle_.front()->close_idle_connection();
  if (used_ >= most_) return false;
  ++used_;
  return true;
}

void ConnectionAllowance::give_back() {
  --used_;
  wake_all();
}

void ConnectionAllowance::has_idle(Holders& own) {
  with_idle_.splice(with_idle_.end(), own);
  wake_all();
}

void ConnectionAllowance::wake_all() {
  if (waiting_.empty()) return;
  for (WaitingLine* line : waiting_) line->wake();
  waiting_.clear();
}

void ConnectionAllowance::await_room(WaitingLine& line) {
  if (std::ranges::find(waiting_, &line) == waiting_.end()) waiting_.push_back(&line);
}

void ConnectionAllowance::forget(const WaitingLine& line) {
  std::erase(waiting_, &line);
}

}  // namespace gateway
