// Storage in Secrets and Leases of the gateway's own namespace, through the in-cluster API: nothing else to
// run. An entry is a Secret written by server-side apply; a lock is a Lease, taken by its resourceVersion, so
// of many replicas one gets it. The service account needs get, list, create, patch, delete on secrets and
// get, create, update, delete on leases.
#pragma once

#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/storage/storage.h"

namespace core {

/// Where the API is and who we are there.
struct KubernetesAccess {
  Url server;              ///< https://10.96.0.1
  std::string space;       ///< the namespace
  std::string token_file;  ///< read again once a minute and when it is refused: projected tokens rotate
  std::string name =
      "gateway";  ///< in front of the names of objects, and their label: of several gateways in one namespace
};

/// `client` verifies the API server (its CA is the service account's). Errors say the object and what the API
/// answered; `refused` where a role is missing, `unavailable` with Retry::later while it cannot be reached or
/// is overloaded.
std::unique_ptr<Storage> make_kubernetes_storage(HttpClient& client, KubernetesAccess access,
                                                 const Clock& clock);

}  // namespace core
