// Which services of a cluster a file names as origins.
#pragma once

#include <set>

#include "config/types.h"
#include "core/kubernetes/service.h"

namespace config {

/// Each is followed on a connection of its own.
inline constexpr std::size_t kMaxServices = 200;

std::set<core::KubernetesService> followed_services(const Config& config);

}  // namespace config
