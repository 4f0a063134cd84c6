// Which header fields a configuration may touch. The rest belong to the gateway: framing and hop-by-hop
// fields (RFC 9110 section 7.6.1), Host, cookies, forwarding fields, identity. Names are compared as a
// lenient origin would read them: without case, "_" and "." as "-".
#pragma once

#include <string>
#include <string_view>

namespace config {

/// The name in the one spelling that names are compared in.
std::string folded_name(std::string_view name);

/// Why `name` must not stand in request_headers; empty: it may. Identity fields of the presets included.
std::string_view reserved_in_requests(std::string_view name);
/// The same for response_headers.
std::string_view reserved_in_responses(std::string_view name);
/// Why `name` must not choose a route; empty: it may.
std::string_view reserved_in_matches(std::string_view name);
/// The same for a field of an identity map.
std::string_view reserved_as_identity(std::string_view name);
/// Why `name` cannot be the field that says who the client is; empty: it can.
std::string_view reserved_as_client_address(std::string_view name);

}  // namespace config
