// What the configuration says about one host and path: who may pass, what answers, which identity the origin
// is told.
#pragma once

#include <string>
#include <vector>

#include "core/http/fields.h"

namespace gateway {

class CrossOriginRule;
class Guard;
class Handler;
class RateRule;
struct RouteTraffic;

/// Holds if exactly one field has that name, compared without case, and one of these values, byte for byte.
struct HeaderCondition {
  std::string name;
  std::vector<std::string> values;
  [[nodiscard]] bool holds(const core::Fields& fields) const;
  friend bool operator==(const HeaderCondition&, const HeaderCondition&) = default;
};

/// All pointers are borrowed from the Site that owns the route.
struct Route {
  std::string name;                               ///< host and path as written, for logs and metrics
  std::vector<HeaderCondition> conditions;        ///< all must hold
  Guard* guard = nullptr;                         ///< never null
  Handler* handler = nullptr;                     ///< never null
  const CrossOriginRule* cross_origin = nullptr;  ///< null: other origins' scripts are not our business
  std::vector<std::string> methods;               ///< empty: all
  bool keeps_encoded_slashes = false;
  bool is_resource_metadata = false;  ///< written for the path of RFC 9728: the app answers there itself
  const RateRule* rate = nullptr;     ///< null: no limit
  RouteTraffic* traffic = nullptr;    ///< null: nobody counts

  [[nodiscard]] bool takes(const core::Fields& fields) const;
  [[nodiscard]] bool takes_method(std::string_view method) const;
};

}  // namespace gateway
