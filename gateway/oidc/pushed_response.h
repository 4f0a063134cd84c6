// What the endpoint of pushed authorization requests answers (RFC 9126 sections 2.2 and 2.3).
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/http/client.h"

namespace gateway {

inline constexpr std::size_t kMaxRequestUri = 512;

/// The name of the request (`request_uri`). `refused` with the error's code for 400 and 401; `unavailable`
/// for 5xx; `malformed` for what is no JSON object with such a name, of at most kMaxRequestUri visible
/// characters.
core::Result<std::string> parse_pushed_response(core::FetchResponse response);

}  // namespace gateway
