// The routes of one host, found by path and header fields: the exact path, else the longest prefix in whole
// segments, else the first regular expression in the order of the file. At each path the route with the most
// conditions on header fields whose conditions hold, of equally many the first in the file; where none of
// them holds, the next shorter path. Paths are found by hash, so 10,000 cost what ten cost.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/http/fields.h"
#include "core/text/regular_expression.h"
#include "gateway/model/request.h"
#include "gateway/model/route.h"

namespace gateway {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// Routes are added in the order of the file, and stay where they are.
class HostRoutes {
 public:
  /// Requires: `path` in normal form; "/" or no slash at its end. False if a route with the same conditions
  /// is there.
  bool add_prefix(std::string_view path, const Route& route);
  bool add_exact(std::string_view path, const Route& route);
  /// Fails with what is wrong with the expression, or if a route with the same conditions is there.
  core::Result<void> add_expression(std::string_view pattern, const Route& route);
  /// The route of a path in normal form; null if there is none.
  [[nodiscard]] const Route* find(std::string_view path, const core::Fields& fields) const;
  /// Whether even a lenient origin reads the request's path as one of `route`, which find() gave for it:
  /// nothing that another rule guards or counts, and none of the gateway's own endpoints below `prefix`.
  [[nodiscard]] bool reads_alike(const Route& route, const Request& request, std::string_view prefix) const;
  /// Whether `path` is one of the gateway's own endpoints.
  [[nodiscard]] bool is_endpoint(std::string_view path, std::string_view prefix) const;
  /// Whether the gateway's own endpoints (login.prefix) are reserved on this host.
  bool has_endpoints = false;

 private:
  /// The routes of one path.
  class Place {
   public:
    bool add(const Route& route);
    [[nodiscard]] const Route* choose(const core::Fields& fields) const;

   private:
    const Route* unconditional_ = nullptr;
    std::vector<const Route*> conditional_;  // most conditions first
  };
  struct Expression {
    std::string pattern;
    core::RegularExpression compiled;
    Place place;
  };
  using Paths = std::unordered_map<std::string, Place, TextHash, std::equal_to<>>;

  static bool add(Paths& paths, std::string_view path, const Route& route);
  [[nodiscard]] const Route* find_prefix(std::string_view path, const core::Fields& fields) const;
  [[nodiscard]] const Route* find_expression(std::string_view path, const core::Fields& fields) const;

  Paths exact_;
  Paths prefixes_;
  std::size_t longest_prefix_ = 0;
  std::vector<Expression> expressions_;
};

}  // namespace gateway
