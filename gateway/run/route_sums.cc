#include "gateway/run/route_sums.h"

#include <algorithm>

namespace gateway {

void RouteSum::add(const RouteTraffic& cells) {
  for (std::size_t method = 0; method < requests.size(); ++method) {
    for (std::size_t i = 0; i < kStatusClasses.size(); ++i)
      requests[method][i] += cells.requests[method][i].value();
  }
  cells.durations.add_to(durations);
  for (std::size_t i = 0; i < judgements.size(); ++i) judgements[i] += cells.judgements[i].value();
  received += cells.received.value();
  sent += cells.sent.value();
  upstream_requests += cells.upstream_requests.value();
  upstream_failures += cells.upstream_failures.value();
  rate_limited += cells.rate_limited.value();
}

std::array<std::uint64_t, kStatusClasses.size()> RouteSum::answers() const {
  std::array<std::uint64_t, kStatusClasses.size()> all{};
  for (const auto& of_method : requests) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += of_method[i];
  }
  return all;
}

RouteSums route_sums(const std::vector<const Traffic*>& workers) {
  RouteSums sums;
  const auto add = [&sums](const std::string& route, const RouteTraffic& cells) { sums[route].add(cells); };
  for (const Traffic* worker : workers) worker->for_each(add);
  return sums;
}

// Ends are read first: what ends in between would make a difference less than none.

ConnectionSum connection_sum(const std::vector<const Traffic*>& workers) {
  ConnectionSum sum;
  for (const Traffic* worker : workers) {
    const std::uint64_t ended = worker->connections_ended.value();
    const std::uint64_t requests_ended = worker->requests_ended.value();
    for (std::size_t i = 0; i < sum.begun.size(); ++i) {
      const std::uint64_t begun = worker->connections_begun[i].value();
      sum.begun[i] += begun;
      sum.open += begun;
    }
    sum.open -= ended;
    sum.in_flight += worker->requests_begun.value() - requests_ended;
  }
  return sum;
}

PoolSum pool_sum(const std::vector<const Traffic*>& workers) {
  PoolSum sum;
  for (const Traffic* worker : workers) {
    const PoolTraffic& pools = worker->pools;
    const std::uint64_t closed = pools.closed.value();
    const std::uint64_t woken = pools.woken.value();
    const std::uint64_t opened = pools.opened.value();
    const std::uint64_t open = opened - closed;
    const std::uint64_t idle = std::min(pools.rested.value() - woken, open);
    sum.opened += opened;
    sum.reused += pools.reused.value();
    sum.idle += idle;
    sum.in_use += open - idle;
  }
  return sum;
}

}  // namespace gateway
