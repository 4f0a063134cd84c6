// Which parameters of an authorization request the file may add: none that the gateway sends itself or
// decides by (OpenID Connect Core section 3.1.2.1, RFC 7636, RFC 9101).
#pragma once

#include <string_view>

namespace config {

/// Whether this one is the gateway's own.
[[nodiscard]] bool is_own_parameter(std::string_view name);

/// Whether a provider that is asked with it still answers to the callback: `response_mode` may be query or
/// form_post alone, as tokens in a fragment are for nobody here.
[[nodiscard]] bool is_usable_parameter(std::string_view name, std::string_view value);

}  // namespace config
