// How many client connections the process's descriptors are good for. Knows the limit and what else takes
// descriptors; opens nothing. A client's connection may need a second one, to its origin, so a tenth of the
// limit (at least what the process itself takes) is kept, and half of the rest is for clients.
#pragma once

#include <cstddef>

namespace gateway {

/// Above this `auto` does not go by itself, whatever the limit: idle ones alone would take a gibibyte.
constexpr std::size_t kMostAutomaticConnections = 65'536;
constexpr std::size_t kLeastConnections = 8;

/// What takes descriptors besides connections.
struct DescriptorUse {
  unsigned workers = 1;
  std::size_t listening_sockets = 0;
};

/// RLIMIT_NOFILE. The soft limit, which protects users of select(), is raised to the hard one; where that is
/// refused, it stays.
std::size_t raise_descriptor_limit();
/// Client connections that `limit` descriptors are good for, all workers together; from kLeastConnections to
/// kMostAutomaticConnections.
std::size_t automatic_connections(std::size_t limit, const DescriptorUse& use);
/// The limit that `connections` clients need at most, each with a connection to an origin.
std::size_t descriptors_for(std::size_t connections, const DescriptorUse& use);

}  // namespace gateway
