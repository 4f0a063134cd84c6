// Balance::client_ip: consistent hashing. Each candidate has points on a ring, by its weight; a client
// belongs to the next point after its own hash. When an origin leaves, its clients alone move. The ring
// depends on the names of the origins and nothing else: all workers and replicas agree.
#include <vector>

#include "gateway/upstream/balancer.h"
#include "gateway/upstream/dice.h"

namespace gateway {
namespace {

// Of the heaviest candidate. 160 keep the shares of ten origins within about a fifth of each other.
constexpr std::size_t kPoints = 160;
// A person's device changes its address within its network all the time.
constexpr std::size_t kNetworkBytesV6 = 8;

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  return Dice::mix(hash);
}

std::uint64_t hash_of(const core::IpAddress& client) {
  const auto* bytes = reinterpret_cast<const char*>(client.bytes().data());
  return hash_of(std::string_view(bytes, client.is_v4() ? 4 : kNetworkBytesV6));
}

class ClientHash final : public Balancer {
 public:
  void set(std::span<Candidate* const> candidates) override {
    ring_.clear();
    unsigned heaviest = 1;
    for (const Candidate* candidate : candidates) heaviest = std::max(heaviest, candidate->weight);
    for (Candidate* candidate : candidates) {
      const std::size_t points = std::max<std::size_t>(1, kPoints * candidate->weight / heaviest);
      std::uint64_t at = hash_of(candidate->name);
      for (std::size_t i = 0; i < points; ++i) {
        at = Dice::mix(at + i + 1);
        ring_.push_back({at, candidate});
      }
    }
    std::ranges::sort(ring_, {}, &Point::at);
  }

  Candidate* pick(const Call& call, const Tried& tried) override {
    const auto first = std::ranges::lower_bound(ring_, hash_of(call.client), {}, &Point::at);
    const auto start = static_cast<std::size_t>(first - ring_.begin());
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      Candidate* candidate = ring_[(start + i) % ring_.size()].candidate;
      if (!tried.contains(*candidate)) return candidate;
    }
    return nullptr;
  }

 private:
  struct Point {
    std::uint64_t at = 0;
    Candidate* candidate = nullptr;
  };
  std::vector<Point> ring_;
};

}  // namespace

std::unique_ptr<Balancer> make_client_hash() {
  return std::make_unique<ClientHash>();
}

}  // namespace gateway
