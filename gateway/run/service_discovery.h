// The API that services of a cluster are followed by, as gateway.yaml has it.
#pragma once

#include <memory>
#include <string>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/kubernetes/api.h"
#include "gateway/run/network_lease.h"

namespace gateway {

/// What the service account must be allowed to do in the namespaces of the services.
std::string discovery_permissions(const config::Config& config);

/// Null where no origin is a service. The error is one sentence with the mend; an API that cannot be reached
/// is none. `network` and `clock` must outlive it.
core::Result<std::unique_ptr<core::KubernetesApi>> open_discovery(const config::Config& config,
                                                                  NetworkLease& network,
                                                                  const core::Clock& clock);

}  // namespace gateway
