// Balance::round_robin: earliest deadline first. A candidate's next turn comes 1 / (weight * share) after its
// last one, so shares are exact over time, equal weights take strict turns, and a pick is one step of a heap.
#include <functional>
#include <vector>

#include "gateway/upstream/balancer.h"
#include "gateway/upstream/dice.h"

namespace gateway {
namespace {

class RoundRobin final : public Balancer {
 public:
  explicit RoundRobin(std::uint64_t seed) : dice_(seed) {}

  void set(std::span<Candidate* const> candidates) override {
    turns_.clear();
    for (Candidate* candidate : candidates)
      turns_.push_back({dice_.fraction() / candidate->weight, candidate});
    std::ranges::make_heap(turns_, std::greater<>(), &Turn::at);
  }

  Candidate* pick(const Call& call, const Tried& tried) override {
    std::array<Turn, Tried::kMost> passed;
    std::size_t passed_count = 0;
    Candidate* chosen = nullptr;
    while (chosen == nullptr && !turns_.empty()) {
      std::ranges::pop_heap(turns_, std::greater<>(), &Turn::at);
      Turn turn = turns_.back();
      turns_.pop_back();
      if (tried.contains(*turn.candidate)) {
        passed[passed_count++] = turn;
        continue;
      }
      chosen = turn.candidate;
      turn.at += 1 / (chosen->weight * chosen->slow_start.share(call.now));
      put_back(turn);
    }
    for (std::size_t i = 0; i < passed_count; ++i) put_back(passed[i]);
    return chosen;
  }

 private:
  struct Turn {
    double at = 0;
    Candidate* candidate = nullptr;
  };
  void put_back(const Turn& turn) {
    turns_.push_back(turn);
    std::ranges::push_heap(turns_, std::greater<>(), &Turn::at);
  }

  Dice dice_;
  std::vector<Turn> turns_;  // a heap, the next turn first
};

}  // namespace

std::unique_ptr<Balancer> make_round_robin(std::uint64_t seed) {
  return std::make_unique<RoundRobin>(seed);
}

}  // namespace gateway
