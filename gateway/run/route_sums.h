// What all workers have counted of each route, added up.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/metrics.h"
#include "gateway/model/traffic.h"

namespace gateway {

struct RouteSum {
  std::array<std::array<std::uint64_t, kStatusClasses.size()>, kCountedMethods.size()> requests{};
  core::HistogramSum durations;
  std::array<std::uint64_t, kJudgements.size()> judgements{};
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t upstream_requests = 0;
  std::uint64_t upstream_failures = 0;
  std::uint64_t rate_limited = 0;

  void add(const RouteTraffic& cells);
  /// Of all methods, by class of status.
  [[nodiscard]] std::array<std::uint64_t, kStatusClasses.size()> answers() const;
};

/// By the name of the route; "" is what no route took.
using RouteSums = std::map<std::string, RouteSum>;
RouteSums route_sums(const std::vector<const Traffic*>& workers);

/// Now, of all workers.
struct ConnectionSum {
  std::array<std::uint64_t, 3> begun{};  ///< https, http, plain; since the start
  std::uint64_t open = 0;
  std::uint64_t in_flight = 0;  ///< requests
};
ConnectionSum connection_sum(const std::vector<const Traffic*>& workers);

struct PoolSum {
  std::uint64_t opened = 0;  ///< since the start
  std::uint64_t reused = 0;  ///< likewise
  std::uint64_t idle = 0;    ///< now
  std::uint64_t in_use = 0;  ///< now
};
PoolSum pool_sum(const std::vector<const Traffic*>& workers);

}  // namespace gateway
