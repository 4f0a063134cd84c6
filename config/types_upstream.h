// The origins behind a route, as configured: where they are, how requests are spread over them, and what
// happens when one fails. Plain values with defaults already applied.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/kubernetes/service.h"
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

/// How an origin is spoken to.
enum class OriginProtocol {
  http,
  https,
  h2c,          ///< HTTP/2 over TCP, no upgrade from HTTP/1.1
  h2,           ///< HTTP/2 over TLS
  unix_socket,  ///< HTTP/1.1 over a Unix socket
};

/// One entry of `to`. A name may stand for several addresses; each of them gets the weight.
struct OriginUrl {
  OriginProtocol protocol = OriginProtocol::http;
  /// What carries it: http or https (h2c, h2: likewise); path "/" and no query. Of a Unix socket
  /// "http://localhost", which is the Host that upstream_host: upstream means.
  core::Url url;
  std::string unix_path;  ///< only of a Unix socket
  /// A service of the cluster that we run in, whose endpoints are followed; `url` is its name in the
  /// cluster's DNS, for Host and certificates, with the port if that is a number.
  std::optional<core::KubernetesService> service;
  unsigned weight = 1;  ///< 1 to kMaxWeight: its share beside the others'
  friend bool operator==(const OriginUrl&, const OriginUrl&) = default;

  /// As configured, in normal form: "h2c://a.test:50051", "unix:/run/app.sock",
  /// "kubernetes://shop/web:http".
  [[nodiscard]] std::string text() const;
};

/// Of the cluster that we run in, where an origin is one of its services.
struct Kubernetes {
  std::string service_account =
      "/var/run/secrets/kubernetes.io/serviceaccount";  ///< a directory: token, ca.crt, namespace
  std::string zone;  ///< where we run: endpoints there are preferred; empty: unknown, all are alike
  friend bool operator==(const Kubernetes&, const Kubernetes&) = default;
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

/// How origins are verified, and who we are to them.
struct UpstreamTls {
  std::string ca_file;           ///< PEM roots; empty: the system's
  std::string server_name;       ///< SNI and the name to verify; empty: the URL's host
  std::string certificate_file;  ///< PEM chain that we show where an origin asks; empty: none
  std::string key_file;          ///< its PEM key
  friend auto operator<=>(const UpstreamTls&, const UpstreamTls&) = default;
};

/// A PROXY header in front of each connection: who the client is.
enum class SentProxyHeader { none, v2 };

/// The origins behind a route.
struct Upstream {
  std::vector<OriginUrl> origins;                        ///< never empty, of one protocol, each once
  UpstreamTls tls;                                       ///< only for https and h2
  SentProxyHeader proxy_header = SentProxyHeader::none;  ///< not for h2c and h2
  UpstreamHost host;
  Balancing balancing;
  friend bool operator==(const Upstream&, const Upstream&) = default;

  [[nodiscard]] OriginProtocol protocol() const { return origins.front().protocol; }
  [[nodiscard]] bool is_tls() const {
    return protocol() == OriginProtocol::https || protocol() == OriginProtocol::h2;
  }
  [[nodiscard]] bool is_http2() const {
    return protocol() == OriginProtocol::h2c || protocol() == OriginProtocol::h2;
  }
  /// All origins, for people: "http://a:80, http://b:80".
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const OriginUrl& origin : origins) all.append(all.empty() ? "" : ", ").append(origin.text());
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
