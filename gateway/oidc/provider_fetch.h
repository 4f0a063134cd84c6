// Requests to a provider: where it is really reached (connect_to), and what may come back.
#pragma once

#include <string>
#include <string_view>

#include "config/types_access.h"
#include "core/http/client.h"

namespace gateway {

/// A request to `url` as the provider names it. With connect_to, what is on the issuer's own origin is
/// reached there, under the issuer's name.
core::FetchRequest request_to(const config::Provider& provider, const core::Url& url);

/// Whether the Content-Type is `type`, whatever its parameters.
bool media_type_is(const core::FetchResponse& response, std::string_view type);

/// The body if the answer is a 200 with a JSON media type (application/json or +json).
core::Result<std::string> json_body(core::FetchResponse response, std::string_view what);

}  // namespace gateway
