// The cluster that this process runs in, as its pod finds it: the environment and the service account's
// files.
#pragma once

#include <optional>
#include <string>

#include "core/text/url.h"

namespace gateway {

struct Cluster {
  core::Url server;
  std::string space;       ///< the pod's own namespace
  std::string token_file;  ///< changes under our feet: projected tokens rotate
  std::string ca_file;
};

/// Nothing where there is none: no address of an API in the environment, or no namespace in
/// `service_account`, a directory.
std::optional<Cluster> find_cluster(const std::string& service_account);

}  // namespace gateway
