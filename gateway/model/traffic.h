// Traffic: what one worker counts of its requests and connections, for /metrics. The worker counts in cells
// of its own, without locks; control reads them. Labels are bounded: names of routes, known methods, classes
// of status codes; nothing that a client can choose.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/metrics.h"

namespace gateway {

/// The last is every other method.
inline constexpr std::array<std::string_view, 8> kCountedMethods{"GET",   "HEAD",   "POST",    "PUT",
                                                                 "PATCH", "DELETE", "OPTIONS", "other"};
inline constexpr std::array<std::string_view, 5> kStatusClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
/// Seconds: what OpenTelemetry advises for requests.
inline constexpr std::array<double, 14> kRequestBounds{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                                       0.5,   0.75, 1,     2.5,  5,     7.5, 10};
/// Seconds that a loop is late.
inline constexpr std::array<double, 8> kLagBounds{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

/// How handshakes with clients end. What was agreed on is told of those that succeed.
enum class Handshake : std::uint8_t {
  tls12,
  tls12_resumed,
  tls13,
  tls13_resumed,
  refused,
  timed_out,
  failed
};
inline constexpr std::size_t kHandshakeEnds = 7;

/// What a guard said.
enum class Judged : std::uint8_t { admitted, refused, failed };
inline constexpr std::array<std::string_view, 3> kJudgements{"admitted", "refused", "failed"};

/// One request, when it is over.
struct CountedRequest {
  std::string_view method;
  int status = 0;
  core::SteadyTime::duration took{};
  std::uint64_t received = 0;  ///< bytes of bodies
  std::uint64_t sent = 0;
};

/// Of one route and worker.
struct RouteTraffic {
  void note(const CountedRequest& request);
  void note(Judged judged) { judgements[static_cast<std::size_t>(judged)].add(); }

  std::array<std::array<core::Counter, kStatusClasses.size()>, kCountedMethods.size()> requests;
  core::Histogram durations{kRequestBounds};
  std::array<core::Counter, kJudgements.size()> judgements;
  core::Counter received;
  core::Counter sent;
  core::Counter upstream_requests;  ///< that were answered by an origin, or should have been
  core::Counter upstream_failures;  ///< the origin did not answer, or not in time
  core::Counter rate_limited;       ///< answered with 429
};

/// Of one worker's connections to all its origins. Those that are open: opened less closed; those that are
/// idle: rested less woken.
struct PoolTraffic {
  core::Counter opened;
  core::Counter closed;
  core::Counter rested;
  core::Counter woken;
  core::Counter reused;  ///< exchanges on a connection that was open
};

class Traffic {
 public:
  /// What no route has: requests that are refused before there is one, and redirects to https.
  RouteTraffic& unrouted() { return unrouted_; }
  /// The cells of a route; they stay for as long as this, so a reload does not set them back. On the owner's
  /// thread, not for each request.
  RouteTraffic& of(const std::string& route);
  /// From any thread; the name of unrouted() is "".
  void for_each(const std::function<void(const std::string& route, const RouteTraffic& cells)>& visit) const;

  core::Counter requests_begun;
  core::Counter requests_ended;
  std::array<core::Counter, 3> connections_begun;  ///< https, http, plain
  core::Counter connections_ended;
  std::array<core::Counter, kHandshakeEnds> handshakes;
  PoolTraffic pools;
  core::Histogram lag{kLagBounds};

 private:
  RouteTraffic unrouted_;
  mutable std::mutex mutex_;  // of the map, not of the cells
  std::map<std::string, std::unique_ptr<RouteTraffic>> routes_;
};

}  // namespace gateway
