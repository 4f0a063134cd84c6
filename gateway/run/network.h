// How one worker (or control) reaches others: its resolver and its connectors, one for each set of TLS
// settings and of files as they are when it is asked for: who asks after a change gets another one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "config/types_access.h"
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

class Network {
 public:
  /// `servers` empty: the system's resolver settings.
  Network(core::Loop& loop, const std::vector<core::Endpoint>& servers);
  /// Reaches nobody but these.
  Network(core::Loop& loop, StandIns stand_ins);

  [[nodiscard]] core::Connector& tcp() { return *tcp_; }
  /// TLS over TCP as an upstream has it; with HTTP/2, both sides must agree on it (ALPN).
  core::Result<core::Connector*> tls(const config::UpstreamTls& settings,
                                     core::FetchProtocol protocol = core::FetchProtocol::http1);
  /// Whole exchanges with those who are trusted as for tls().
  core::Result<core::HttpClient*> http_client(const config::UpstreamTls& settings,
                                              core::FetchProtocol protocol = core::FetchProtocol::http1);
  /// The same with an identity provider: its roots, and the certificate that it knows us by.
  core::Result<core::HttpClient*> http_client(const config::Provider& provider);
  /// The same, verified against `ca_file` (empty: the system's roots).
  core::Result<core::HttpClient*> http_client(const std::string& ca_file);
  /// The same for a place that is asked again and again: its connections are kept (make_keeping_http_client).
  core::Result<core::HttpClient*> keeping_http_client(const std::string& ca_file);
  [[nodiscard]] core::Resolver& resolver() { return *resolver_; }
  [[nodiscard]] tls::RecordScratch& scratch() { return scratch_; }

 private:
  core::Loop& loop_;
  tls::RecordScratch scratch_;
  std::unique_ptr<core::Resolver> resolver_;
  std::unique_ptr<core::Connector> tcp_;
  std::unique_ptr<core::Connector> others_;  // null: a network like any other
  /// Of whole exchanges.
  core::Result<core::FetchConnectors> ways(const config::UpstreamTls& settings, core::FetchProtocol protocol);
  /// The last is a text that stands for the files.
  using Settings = std::tuple<config::UpstreamTls, core::FetchProtocol, std::string>;
  std::map<Settings, std::unique_ptr<core::Connector>> tls_;
  std::map<Settings, std::unique_ptr<core::HttpClient>> clients_;
  std::map<Settings, std::unique_ptr<core::HttpClient>> keeping_;
};

}  // namespace gateway
