// The rules by which Traefik's routers take requests: Host(`a`) && (PathPrefix(`/x`) || Path(`/y`)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// One way to fit: everything that is written must hold.
struct TraefikMatch {
  std::string host;    ///< empty: any
  std::string prefix;  ///< of characters; empty: none was asked for
  std::string exact;
  bool is_unclear = false;  ///< and something else must hold, or must not
};

/// Nothing for a rule that cannot be read. At most 100 ways.
std::optional<std::vector<TraefikMatch>> read_traefik_rule(std::string_view rule);

}  // namespace gateway
