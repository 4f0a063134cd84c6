// What is known of an upstream at one moment: where its origins are and which of them pass their checks. Made
// by control from the configuration, name servers and health checks; immutable, so that workers may read it.
#pragma once

#include <string>
#include <vector>

#include "config/types_route.h"
#include "core/kubernetes/endpoints.h"
#include "core/net/connector.h"
#include "core/net/resolver.h"

namespace gateway {

/// One origin: an address, or a name whose addresses are tried in turn.
struct Place {
  std::string key;         ///< what it is told from others by; another address gives another key
  std::string name;        ///< host:port, for logs and hashes; IPv6 in brackets
  core::HostPort where;    ///< for a Connector
  std::string host_field;  ///< host[:port] as configured, for upstream_host: upstream
  unsigned weight = 1;
  bool is_up = true;
  std::string fault =
      {};  ///< why nobody can be reached there, and is not tried; empty: nothing is known of it
  friend bool operator==(const Place&, const Place&) = default;
};

struct UpstreamState {
  std::vector<Place> places;  ///< never empty
  friend bool operator==(const UpstreamState&, const UpstreamState&) = default;
};

/// The places of one entry of `to`. A name with several addresses of one family is all of its addresses (a
/// headless service). One with a single address, or one of each family, is one place: connecting tries both
/// (RFC 8305). So is a name that nobody knows an address of: `addresses` is empty.
std::vector<Place> places_of(const config::OriginUrl& origin, const core::Addresses& addresses);
/// The places of an entry that is a service: each of its endpoints, with the weight of the entry. Of one that
/// has none a place with a fault.
std::vector<Place> places_of_service(const config::OriginUrl& origin, const core::ServiceEndpoints& known);
/// All places, no name looked up and nobody asked.
UpstreamState unresolved_state_of(const config::Upstream& upstream);
/// Equal for routes that share connections, state and checks, and different for all others.
std::string upstream_key(const config::Route& route, const config::Upstream& upstream);
/// The Host that a check sends: what requests of the route would have.
std::string check_host(const config::Route& route, const config::Upstream& upstream);

}  // namespace gateway
