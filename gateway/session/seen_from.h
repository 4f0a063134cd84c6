// Where a session was begun, as roughly as a person needs it to tell his own from another's: the network of
// the address, and the kind of browser. Neither finds a person.
#pragma once

#include <string>
#include <string_view>

#include "core/net/address.h"

namespace gateway {

/// "192.0.2.0/24", "2001:db8:1::/48".
std::string network_of(const core::IpAddress& address);

/// "Firefox, Linux" of a User-Agent; only the one that is known, and empty if neither is. Words of ours
/// alone: nothing that a client sent is in it.
std::string program_of(std::string_view user_agent);

}  // namespace gateway
