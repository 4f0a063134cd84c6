// Which requests a route is for, beyond its host, and the path that its origin sees. Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/position.h"

namespace config {

enum class PathMatch { prefix, exact, regex };

/// A path in normal form, or an expression that matches whole paths in normal form. A prefix matches whole
/// segments and has no slash at its end, but for "/" (every path).
struct PathPattern {
  std::string path = "/";
  PathMatch match = PathMatch::prefix;
  friend bool operator==(const PathPattern&, const PathPattern&) = default;
};

/// Holds if the request has exactly one field of that name, and its value is one of these, byte for byte.
struct HeaderMatch {
  std::string name;                 ///< as written; compared without case
  std::vector<std::string> values;  ///< sorted, never empty
  friend bool operator==(const HeaderMatch&, const HeaderMatch&) = default;
};

/// A path made anew: of {path}, and of {1} to {9}, the groups of an expression.
struct PathRewrite {
  std::string regex;  ///< for paths that it matches, others stay; empty: the route's own, if it has one
  Located to;         ///< a template that begins with "/"
  friend bool operator==(const PathRewrite&, const PathRewrite&) = default;
};

/// What becomes of a request's path before the origin sees it: first the prefix goes, then the rest is made
/// anew.
struct PathChange {
  bool strips_prefix = false;  ///< the route's path, a prefix other than "/"
  std::optional<PathRewrite> rewrite;
  friend bool operator==(const PathChange&, const PathChange&) = default;
};

}  // namespace config
