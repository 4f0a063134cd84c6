#include "gateway/upstream/retry_budget.h"

#include <algorithm>

namespace gateway {
namespace {

constexpr std::uint32_t kWhole = 100;
constexpr core::Duration kSparePause{1'000};

}  // namespace

void RetryBudget::on_request() {
  hundredths_ = std::min(hundredths_ + percent_, kMost * kWhole);
}

bool RetryBudget::take(core::SteadyTime now) {
  if (percent_ == 0) return false;
  if (hundredths_ >= kWhole) {
    hundredths_ -= kWhole;
    return true;
  }
  const auto pauses = (now - spare_since_) / kSparePause;
  spare_since_ += pauses * kSparePause;
  spare_ = static_cast<unsigned>(std::min<std::int64_t>(kSpare, spare_ + pauses));
  if (spare_ == 0) return false;
  --spare_;
  return true;
}

}  // namespace gateway
