// What the configuration says about one host and path: who may pass, what answers, which identity the origin
// is told.
#pragma once

#include <string>
#include <vector>

namespace gateway {

class Guard;
class Handler;
class RateRule;

/// All pointers are borrowed from the Site that owns the route.
struct Route {
  std::string name;                  ///< host and path as written, for logs and metrics
  Guard* guard = nullptr;            ///< never null
  Handler* handler = nullptr;        ///< never null
  std::vector<std::string> methods;  ///< empty: all
  bool keeps_encoded_slashes = false;
  const RateRule* rate = nullptr;  ///< null: no limit
};

}  // namespace gateway
