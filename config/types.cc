#include "config/types.h"

#include <algorithm>
#include <tuple>

namespace config {

bool operator==(const ListenerLimits& a, const ListenerLimits& b) {
  const auto values = [](const core::ServerLimits& l) {
    return std::tuple(l.header_bytes, l.header_count, l.uri_bytes, l.header_time, l.keep_alive, l.body_rate,
                      l.body_rate_window, l.drain_bytes, l.streams, l.linger);
  };
  return a.connections == b.connections && values(a.http) == values(b.http);
}

bool Config::forwards(ForwardToken token) const {
  return std::ranges::any_of(routes, [token](const Route& route) { return route.forward_token == token; });
}

}  // namespace config
