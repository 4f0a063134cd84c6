// Balance::least_requests: of two candidates drawn by weight the one with fewer running requests for its
// weight. Two choices come close to the best and, unlike the best, do not send everybody to the same origin
// when counts are stale (Mitzenmacher, "The Power of Two Choices", 2001).
#include <vector>

#include "gateway/upstream/balancer.h"
#include "gateway/upstream/dice.h"

namespace gateway {
namespace {

class LeastRequests final : public Balancer {
 public:
  explicit LeastRequests(std::uint64_t seed) : dice_(seed) {}

  void set(std::span<Candidate* const> candidates) override {
    candidates_.assign(candidates.begin(), candidates.end());
    ends_.clear();
    std::uint32_t end = 0;
    for (const Candidate* candidate : candidates_) ends_.push_back(end += candidate->weight);
  }

  Candidate* pick(const Call& call, const Tried& tried) override {
    if (candidates_.empty()) return nullptr;
    const std::size_t first = draw();
    std::size_t second = draw();
    if (second == first) second = (first + 1) % candidates_.size();
    Candidate* const chosen = better(*candidates_[first], *candidates_[second], call, tried);
    return chosen != nullptr ? chosen : best_of_all(call, tried);
  }

 private:
  std::size_t draw() {
    const std::uint32_t point = dice_.below(ends_.back());
    return static_cast<std::size_t>(std::ranges::upper_bound(ends_, point) - ends_.begin());
  }

  static double cost(const Candidate& candidate, const Call& call) {
    return static_cast<double>(candidate.requests + 1) /
           (candidate.weight * candidate.slow_start.share(call.now));
  }

  static Candidate* better(Candidate& one, Candidate& other, const Call& call, const Tried& tried) {
    const bool one_is_out = tried.contains(one);
    if (tried.contains(other)) return one_is_out ? nullptr : &one;
    if (one_is_out) return &other;
    return cost(other, call) < cost(one, call) ? &other : &one;
  }

  /// Both that were drawn were tried before: this request has failed already, so the walk is rare.
  Candidate* best_of_all(const Call& call, const Tried& tried) {
    Candidate* best = nullptr;
    for (Candidate* candidate : candidates_) {
      if (tried.contains(*candidate)) continue;
      if (best == nullptr || cost(*candidate, call) < cost(*best, call)) best = candidate;
    }
    return best;
  }

  Dice dice_;
  std::vector<Candidate*> candidates_;
  std::vector<std::uint32_t> ends_;  // running sums of weights
};

}  // namespace

std::unique_ptr<Balancer> make_least_requests(std::uint64_t seed) {
  return std::make_unique<LeastRequests>(seed);
}

}  // namespace gateway
