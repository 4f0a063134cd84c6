// Claims of the UserInfo endpoint (OpenID Connect Core section 5.3). They count only if they are a JSON
// object about the very subject of the ID token.
#pragma once

#include <string_view>

#include "core/http/client.h"
#include "core/text/json.h"

namespace gateway {

/// Refuses another status than 200, signed or other types than JSON, anything but an object, a `sub` that is
/// missing or not `subject` (`unverified`).
core::Result<core::Json> parse_userinfo(core::FetchResponse response, std::string_view subject);

}  // namespace gateway
