// Host and path to Route, one winner: exact host, else the one-label wildcard, else "*"; there the exact
// path, else the longest prefix in whole segments. The winning host alone decides: no path of it, no route.
// Hosts and paths are found by hash, so 10,000 routes cost what ten cost. Routes and their `except` sub-paths
// are entries alike.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/result.h"
#include "gateway/model/route.h"

namespace gateway {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// The routes of one host.
class HostRoutes {
 public:
  /// Requires: `path` in normal form; "/" or no slash at its end. False if that place is taken.
  bool add_prefix(std::string_view path, const Route& route);
  bool add_exact(std::string_view path, const Route& route);
  /// The route of a path in normal form; null if there is none.
  [[nodiscard]] const Route* find(std::string_view path) const;
  /// Whether the gateway's own endpoints (login.prefix) are reserved on this host.
  bool has_endpoints = false;

 private:
  using Paths = std::unordered_map<std::string, const Route*, TextHash, std::equal_to<>>;
  Paths exact_;
  Paths prefixes_;
  std::size_t longest_prefix_ = 0;
};

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
