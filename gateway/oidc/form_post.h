// A provider's answer that comes as a form post (OAuth 2.0 Form Post Response Mode). The browser brings it
// from the provider's site, so without the cookie of its attempt (SameSite=Lax): it is sent on to the same
// URL with the form as its query, which is a navigation again and is judged as any other callback.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "gateway/model/request.h"

namespace gateway {

/// Whether the body is declared as application/x-www-form-urlencoded.
[[nodiscard]] bool declares_form(const Request& request);

/// The query that stands for the posted `body`, byte for byte. Refuses what is no form, a query beside it
/// (malformed) and over 6 KiB, which no request line holds (too_large).
[[nodiscard]] core::Result<std::string> posted_callback(const Request& request, std::string_view body);

}  // namespace gateway
