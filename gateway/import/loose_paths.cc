#include "gateway/import/loose_paths.h"

#include <algorithm>

namespace gateway {
namespace {

/// Whether some path that begins with `start` could be for the route.
bool may_take(const DraftRoute& route, const LoosePath& loose) {
  if (route.host != loose.host) return false;
  const std::string& path = route.path.text;
  const bool is_above = path == "/" || loose.start.starts_with(path + "/") || loose.start == path;
  return is_above || path.starts_with(loose.start);
}

}  // namespace

void close_behind(const std::vector<LoosePath>& loose, Draft& draft) {
  using Kind = DraftAccess::Kind;
  for (const LoosePath& path : loose) {
    // What everybody could have needs no guard.
    if (path.access.kind == Kind::open) continue;
    for (DraftRoute& route : draft.routes) {
      const bool is_its_own = route.path.text == path.start && route.access == path.access;
      if (is_its_own || !may_take(route, path)) continue;
      // A longer path of a rule of its own was asked for before, there as here.
      if (route.path.text.size() > path.start.size() && route.path.text.starts_with(path.start + "/"))
        continue;
      if (route.access == path.access || route.access.kind == Kind::nobody) continue;
      draft.note(path.at,
                 "paths that begin with " + path.start + " would come to the route of " + route.at.text() +
                     ", whose rule is another, so nobody passes there",
                 "write both routes by hand");
      route.access = {};
    }
  }
}

}  // namespace gateway
