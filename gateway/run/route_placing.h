// Where a route stands in the router: the one way from a configured path to an entry of HostRoutes, for what
// serves and for what explains it.
#pragma once

#include <string>

#include "config/types_route.h"
#include "core/base/result.h"
#include "gateway/model/host_routes.h"
#include "gateway/model/route.h"

namespace gateway {

/// What logs call `path` (the route's own, or of an except): "app.example.com/api", "app.example.com=/api".
std::string route_name(const config::Route& route, const config::PathPattern& path);
/// What of a request besides its path the route is for.
std::vector<HeaderCondition> route_conditions(const config::Route& route);
/// Enters `placed`, borrowed, at `path`. Fails for an expression that is none, or where the path is taken.
core::Result<void> place_route(HostRoutes& host, const config::PathPattern& path, const Route& placed);

}  // namespace gateway
