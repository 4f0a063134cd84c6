// The origins behind a route, as configured: where they are, how requests are spread over them, and what
// happens when one fails. Plain values with defaults already applied.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/text/url.h"

namespace config {

enum class UpstreamHostMode { preserve, upstream, name };

/// Which Host the upstream sees.
struct UpstreamHost {
  UpstreamHostMode mode = UpstreamHostMode::preserve;
  std::string name;  ///< host[:port], only for UpstreamHostMode::name
  friend bool operator==(const UpstreamHost&, const UpstreamHost&) = default;
};

inline constexpr unsigned kMaxWeight = 100;

/// One entry of `to`. A name may stand for several addresses; each of them gets the weight.
struct OriginUrl {
  core::Url url;        ///< http or https; path "/" and no query
  unsigned weight = 1;  ///< 1 to kMaxWeight: its share beside the others'
  friend bool operator==(const OriginUrl&, const OriginUrl&) = default;
};

/// How an origin is chosen for a request.
enum class Balance {
  round_robin,
  least_requests,  ///< the less busy one of two drawn at random
  client_ip,       ///< the same for one client address (IPv6: /64)
  cookie,          ///< the one that answered this browser before
};

/// Active checks: GET, and a status from 200 to 399 in time is good.
struct HealthCheck {
  std::string path;
  std::chrono::milliseconds interval = std::chrono::seconds(10);
  std::chrono::milliseconds timeout = std::chrono::seconds(2);
  unsigned healthy = 2;    ///< good checks in a row until an origin that was down is used again
  unsigned unhealthy = 3;  ///< bad checks in a row until it is not
  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

/// What one upstream may hold; of the whole process, shared out evenly to its workers, at least one each.
struct Circuit {
  std::optional<std::size_t> connections;  ///< to each origin; none: as many as there are descriptors for
  std::size_t pending = 1000;              ///< requests that wait for a connection
  friend bool operator==(const Circuit&, const Circuit&) = default;
};

/// Requests that were sent and not answered, sent again: idempotent ones without a body.
struct Retry {
  unsigned attempts = 1;         ///< besides the first; 0: never
  unsigned budget_percent = 10;  ///< of the requests of the upstream
  friend bool operator==(const Retry&, const Retry&) = default;
};

/// How requests are spread, and what bounds them.
struct Balancing {
  Balance balance = Balance::round_robin;
  std::optional<HealthCheck> health;
  Circuit circuit;
  Retry retry;
  std::chrono::milliseconds slow_start{0};  ///< to a full share for an origin that is new or came back
  friend bool operator==(const Balancing&, const Balancing&) = default;
};

/// The origins behind a route.
struct Upstream {
  std::vector<OriginUrl> origins;  ///< never empty, of one scheme, each once
  std::string ca_file;             ///< PEM roots; empty: the system's. Only for https
  std::string server_name;         ///< SNI and the name to verify; empty: the URL's host. Only for https
  UpstreamHost host;
  Balancing balancing;
  friend bool operator==(const Upstream&, const Upstream&) = default;

  [[nodiscard]] const std::string& scheme() const { return origins.front().url.scheme; }
  /// All origins, for people: "http://a:80, http://b:80".
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const OriginUrl& origin : origins) all.append(all.empty() ? "" : ", ").append(origin.url.origin());
    return all;
  }
};

struct Timeouts {
  std::chrono::milliseconds connect = std::chrono::seconds(5);    ///< to one origin
  std::chrono::milliseconds response = std::chrono::seconds(60);  ///< to the response's head
  std::chrono::milliseconds idle = std::chrono::minutes(5);  ///< without a byte either way, WebSockets too
  /// From the request's head to the end of its answer; none: no bound. Not of WebSockets.
  std::optional<std::chrono::milliseconds> total;
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

}  // namespace config
