// Regular expressions for paths, as other programs have them, as the paths that gateway.yaml has: whole
// segments below a prefix, or exactly one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/import/draft.h"

namespace gateway {

struct ExpressionPaths {
  std::vector<DraftPath> paths;    ///< every one of them matches, but for those of `but_not`
  std::vector<DraftPath> but_not;  ///< inside `paths`, and does not match
  bool is_all = true;              ///< false: the expression matches more than these
};

/// What the (unanchored) expression matches; nothing if it cannot be said so. `.` is taken as a dot where no
/// quantifier follows: fewer paths than match, and not all.
std::optional<ExpressionPaths> paths_of(std::string_view expression);

/// Whether `path` is a path in the normal form of gateway.yaml's routes.
bool is_plain_path(const std::string& path);

}  // namespace gateway
