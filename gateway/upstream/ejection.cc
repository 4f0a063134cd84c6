#include "gateway/upstream/ejection.h"

#include <algorithm>

namespace gateway {

bool Ejection::fail(OriginFailure failure) {
  ++failures_;
  const unsigned most = failure == OriginFailure::connect ? kConnectFailures : kResponseFailures;
  return is_on_trial_ || failures_ >= most;
}

void Ejection::eject(core::SteadyTime now) {
  // What was sent before it was ejected may fail afterwards: that says nothing new.
  if (is_out(now)) return;
  last_ = last_ == core::Duration::zero() ? kFirst : std::min(last_ * 2, kLongest);
  until_ = now + last_;
  failures_ = 0;
  is_on_trial_ = true;
}

void Ejection::succeed(core::SteadyTime now) {
  failures_ = 0;
  if (last_ == core::Duration::zero() || is_out(now)) return;
  is_on_trial_ = false;
  if (now >= until_ + last_) last_ = core::Duration::zero();
}

}  // namespace gateway
