// How one worker (or control) reaches others: its resolver and its connectors, one for each set of TLS
// settings and of files as they are when it is asked for: who asks after a change gets another one. Each
// lives as long as somebody has it (network_lease.h) or something that it began goes on.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "config/types_upstream.h"
#include "core/http/client.h"
#include "core/loop/loop.h"
#include "core/net/connector.h"
#include "core/net/resolver.h"
#include "tls/record_scratch.h"

namespace gateway {

/// What stands in the place of all others where nothing may leave the process (rehearsal.h).
struct StandIns {
  std::unique_ptr<core::Resolver> resolver;
  std::unique_ptr<core::Connector> origins;  ///< for tcp() and tls(), without TLS
  std::unique_ptr<core::Connector> others;   ///< for all HTTP clients, likewise
};

/// Outlives the leases on it; the loop outlives both.
class Network {
 public:
  using SharedConnector = std::shared_ptr<core::Connector>;
  using SharedClient = std::shared_ptr<core::HttpClient>;

  /// `servers` empty: the system's resolver settings.
  Network(core::Loop& loop, const std::vector<core::Endpoint>& servers);
  /// Reaches nobody but these.
  Network(core::Loop& loop, StandIns stand_ins);
  /// Not from inside a turn.
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  [[nodiscard]] core::Connector& tcp() { return *tcp_; }
  /// TLS over TCP as an upstream has it; with HTTP/2, both sides must agree on it (ALPN).
  core::Result<SharedConnector> tls(const config::UpstreamTls& settings,
                                    core::FetchProtocol protocol = core::FetchProtocol::http1);
  /// Whole exchanges with those who are trusted as for tls().
  core::Result<SharedClient> http_client(const config::UpstreamTls& settings,
                                         core::FetchProtocol protocol = core::FetchProtocol::http1);
  /// The same over HTTP/1.1 for a place that is asked again and again: its connections are kept
  /// (make_keeping_http_client).
  core::Result<SharedClient> keeping_http_client(const config::UpstreamTls& settings);
  [[nodiscard]] core::Resolver& resolver() { return *resolver_; }
  [[nodiscard]] tls::RecordScratch& scratch() { return scratch_; }
  /// Of connectors and clients that somebody has.
  [[nodiscard]] std::size_t shared() const;

 private:
  /// The last is a text that stands for the files.
  using Settings = std::tuple<config::UpstreamTls, core::FetchProtocol, std::string>;
  using Clients = std::map<Settings, std::weak_ptr<core::HttpClient>>;
  using MakeClient = std::function<std::unique_ptr<core::HttpClient>(core::FetchConnectors connectors)>;

  [[nodiscard]] core::Result<SharedConnector> make_tls(const config::UpstreamTls& settings,
                                                       core::FetchProtocol protocol);
  /// With TLS for whole exchanges.
  [[nodiscard]] core::Result<SharedConnector> secure(const config::UpstreamTls& settings,
                                                     core::FetchProtocol protocol);

  /// The one that is there, or else a new one.
  core::Result<SharedClient> client_of(Clients& clients, const config::UpstreamTls& settings,
                                       core::FetchProtocol protocol, const MakeClient& make);

  core::Loop& loop_;
  tls::RecordScratch scratch_;
  std::unique_ptr<core::Resolver> resolver_;
  std::unique_ptr<core::Connector> tcp_;
  std::unique_ptr<core::Connector> others_;  // null: a network like any other
  std::map<Settings, std::weak_ptr<core::Connector>> tls_;
  Clients clients_;
  Clients keeping_;
};

}  // namespace gateway
