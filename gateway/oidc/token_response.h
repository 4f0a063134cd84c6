// What the token endpoint answers (RFC 6749 sections 5.1 and 5.2, OpenID Connect Core section 3.1.3.3).
#pragma once

#include "core/base/secret.h"
#include "core/http/client.h"

namespace gateway {

/// Kept for the length of one sign-in and never written anywhere.
struct TokenResponse {
  core::Secret id_token;
  core::Secret access_token;
};

/// Refuses another status than 200, another type than JSON, a token_type other than Bearer (without case), a
/// missing token. An OAuth error's code goes into the error's text; its description does not.
core::Result<TokenResponse> parse_token_response(core::FetchResponse response);

/// `text` if it looks like an error code of OAuth (lower-case letters and "_", at most 64), else "unnamed".
std::string_view error_code(std::string_view text);

}  // namespace gateway
