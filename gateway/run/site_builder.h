// From a checked Config to the Site of one worker: the explicit factories. Reading build_site() tells what
// the binary can do; there is no registration anywhere else.
#pragma once

#include <memory>
#include <vector>

#include "config/types.h"
#include "core/base/result.h"
#include "gateway/answer/login_system.h"
#include "gateway/model/site.h"
#include "gateway/run/network_lease.h"
#include "gateway/upstream/connection_allowance.h"
#include "gateway/upstream/upstream_watch.h"

namespace gateway {

/// What a Site is built from; all borrowed but for the config, which outlives every Site.
struct SiteParts {
  const config::Config& config;
  WorkerServices services;
  NetworkLease& network;
  LoginSystem& login;
  std::vector<std::uint16_t> https_ports;  ///< bound ports of the https listeners
  const UpstreamWatch& upstreams;
  ConnectionAllowance& allowance;
  const core::Secret& label_key;  ///< of origins in cookies
  RateAccounts rates;
  unsigned workers = 1;
};

/// The error names the route or file that is in the way.
core::Result<std::shared_ptr<Site>> build_site(const SiteParts& parts);

/// Every name that a preset or a route of the configuration sends as identity, and the field that says who
/// the client is.
std::vector<std::string> identity_names_of(const config::Config& config);

}  // namespace gateway
