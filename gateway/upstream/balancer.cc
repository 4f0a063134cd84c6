#include "gateway/upstream/balancer.h"

namespace gateway {
namespace {

constexpr double kLeastShare = 0.1;

}  // namespace

double SlowStart::share(core::SteadyTime now) const {
  if (now >= since + over) return 1;
  const double passed = std::chrono::duration<double>(now - since) / std::chrono::duration<double>(over);
  return std::clamp(passed, kLeastShare, 1.0);
}

std::unique_ptr<Balancer> make_balancer(config::Balance balance, std::uint64_t seed) {
  switch (balance) {
    case config::Balance::round_robin:
      break;
    case config::Balance::least_requests:
      return make_least_requests(seed);
    case config::Balance::client_ip:
      return make_client_hash();
    case config::Balance::cookie:
      return make_sticky(seed);
  }
  return make_round_robin(seed);
}

}  // namespace gateway
