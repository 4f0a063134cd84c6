// What another configuration changes: for the log, and what of it only a start can apply.
#pragma once

#include <string>
#include <vector>

#include "config/types.h"

namespace gateway {

/// Routes by name ("host/path"), in the order of the file that has them.
struct RouteChanges {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
};
RouteChanges route_changes(const config::Config& before, const config::Config& after);

/// Puts into `wanted` what `running` has of the keys that only a start applies, and names those that differ.
std::vector<std::string> keep_what_a_start_decides(const config::Config& running, config::Config& wanted);

}  // namespace gateway
