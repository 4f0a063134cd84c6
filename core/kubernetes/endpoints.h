// Which endpoints of a service's slices get requests: those that are ready, at the port that is meant, of the
// zone that is near.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/kubernetes/service.h"
#include "core/kubernetes/slice.h"
#include "core/net/address.h"

namespace core {

/// Of one service; of more the first by address are used.
inline constexpr std::size_t kMaxServiceEndpoints = 1000;

struct ServiceEndpoints {
  std::vector<Endpoint> endpoints;  ///< by address, each once
  std::string doubt;                ///< why there are none or not all of them; empty: all is well
  friend bool operator==(const ServiceEndpoints&, const ServiceEndpoints&) = default;
};

/// By name.
using Slices = std::map<std::string, EndpointSlice>;

/// Ready ones; if there is none, those that still serve while they terminate, as kube-proxy has it. Of a
/// service of both families the IPv4 ones, which are the same pods. In `zone` (empty: unknown) those whose
/// hints are for it, where all have hints; else those that run in it; all, if there is none of these.
ServiceEndpoints choose_endpoints(const Slices& slices, const KubernetesService& service,
                                  const std::string& zone);

}  // namespace core
