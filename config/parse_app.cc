// app of a route or of defaults: what is known of the application stands in for keys that nobody has written.
#include <utility>

#include "config/known_apps.h"
#include "config/parse.h"
#include "config/suggest.h"

namespace config {
namespace {

core::Result<std::string> parse_app_name(std::string_view text) {
  if (find_app(text) != nullptr) return std::string(text);
  std::vector<std::string> names;
  std::string all;
  for (const KnownApp& app : known_apps()) {
    names.emplace_back(app.name);
    all.append(all.empty() ? "" : ", ").append(app.name);
  }
  const std::string nearest = nearest_name(std::string(text), names);
  const std::string hint = nearest.empty() ? "" : "; did you mean " + nearest + "?";
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected one of " + all + hint);
}

}  // namespace

void read_app(MapReader& map, Route& out) {
  if (!map.value("app", out.app, parse_app_name)) return;
  const KnownApp& app = *find_app(out.app);
  out.identity = Identity{app.identity, {}};
  out.forward_token = app.forward_token;
  if (app.response_timeout.count() > 0) out.timeouts.response = app.response_timeout;
}

void add_app_excepts(Route& route) {
  const KnownApp* app = find_app(route.app);
  if (app == nullptr || route.access.kind == AccessKind::open) return;
  for (const std::string_view path : app->open_paths) {
    Except except;
    except.path.path = route.path.path == "/" ? std::string(path) : route.path.path + std::string(path);
    if (path.empty() || !is_inside(except.path, route.path)) continue;
    except.access.kind = AccessKind::open;
    except.unauthenticated = route.unauthenticated;
    except.methods = route.methods;
    except.at = route.at;
    route.excepts.push_back(std::move(except));
  }
}

}  // namespace config
