// What one part of the process has of its network: it keeps each connector and client that was asked for
// through it until its own end, so that those of earlier files and settings go when the last part with them
// goes.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "config/types_access.h"
#include "config/types_upstream.h"
#include "core/base/result.h"
#include "gateway/run/network.h"

namespace gateway {

/// On the network's thread; the network must outlive it. What it gives is borrowed of it.
class NetworkLease {
 public:
  explicit NetworkLease(Network& network) : network_(network) {}
  NetworkLease(const NetworkLease&) = delete;
  NetworkLease& operator=(const NetworkLease&) = delete;

  [[nodiscard]] core::Connector& tcp() { return network_.tcp(); }
  [[nodiscard]] core::Resolver& resolver() { return network_.resolver(); }
  /// As Network::tls.
  core::Result<core::Connector*> tls(const config::UpstreamTls& settings,
                                     core::FetchProtocol protocol = core::FetchProtocol::http1);
  /// As Network::http_client.
  core::Result<core::HttpClient*> http_client(const config::UpstreamTls& settings,
                                              core::FetchProtocol protocol = core::FetchProtocol::http1);
  /// The same with an identity provider: its roots, and the certificate that it knows us by.
  core::Result<core::HttpClient*> http_client(const config::Provider& provider);
  /// The same, verified against `ca_file` (empty: the system's roots).
  core::Result<core::HttpClient*> http_client(const std::string& ca_file);
  /// As Network::keeping_http_client, verified against `ca_file`.
  core::Result<core::HttpClient*> keeping_http_client(const std::string& ca_file);

 private:
  template <typename T>
  core::Result<T*> keep(core::Result<std::shared_ptr<T>> asked);

  Network& network_;
  std::set<std::shared_ptr<const void>> kept_;
};

}  // namespace gateway
