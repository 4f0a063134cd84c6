// Host to the routes of one host, one winner: exact host, else the one-label wildcard, else "*". The winning
// host alone decides: no path of it, no route. Hosts are found by hash, so 10,000 cost what ten cost. Routes
// and their `except` sub-paths are entries alike.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/model/host_routes.h"

namespace gateway {

class Router {
 public:
  /// The entry for a host pattern ("app.example.com", "*.example.com", "*"), made if there is none. Lower
  /// case, no port.
  HostRoutes& host(std::string_view pattern);
  /// The one entry that decides for a host in normal form; null: not a host of this file (421).
  [[nodiscard]] const HostRoutes* find(std::string_view host) const;

 private:
  std::unordered_map<std::string, std::unique_ptr<HostRoutes>, TextHash, std::equal_to<>> hosts_;
};

}  // namespace gateway
