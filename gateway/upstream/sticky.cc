// Balance::cookie: the candidate that the client's cookie names, as long as it may be used; in turn for all
// others. A label that is nobody's is as good as none.
#include <utility>
#include <vector>

#include "gateway/upstream/balancer.h"

namespace gateway {
namespace {

class Sticky final : public Balancer {
 public:
  explicit Sticky(std::uint64_t seed) : others_(make_round_robin(seed)) {}

  void set(std::span<Candidate* const> candidates) override {
    by_label_.assign(candidates.begin(), candidates.end());
    std::ranges::sort(by_label_, {}, &Candidate::label);
    others_->set(candidates);
  }

  Candidate* pick(const Call& call, const Tried& tried) override {
    if (!call.label.empty()) {
      const auto found = std::ranges::lower_bound(by_label_, call.label, {}, &Candidate::label);
      if (found != by_label_.end() && (*found)->label == call.label && !tried.contains(**found))
        return *found;
    }
    return others_->pick(call, tried);
  }

 private:
  std::vector<Candidate*> by_label_;
  std::unique_ptr<Balancer> others_;
};

}  // namespace

std::unique_ptr<Balancer> make_sticky(std::uint64_t seed) {
  return std::make_unique<Sticky>(seed);
}

}  // namespace gateway
