// `gateway check --online`: whether what the file names is there, from this machine: origins, providers,
// engines, webhooks, stores, authorities, names, and what the clock says. Asks, and changes nothing.
#pragma once

#include <cstddef>
#include <vector>

#include "config/types.h"
#include "tls/certificate.h"

namespace gateway {

struct OnlineTally {
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

/// Prints a line for each on standard error, in the order of the file; all are asked at the same time, for
/// kOnlineTime at most. `given`: certificates by configuration, whose names are not ordered.
OnlineTally check_online(const config::Config& config, const std::vector<tls::CertificatePointer>& given);

}  // namespace gateway
