// What the token endpoint answers (RFC 6749 sections 5.1 and 5.2, OpenID Connect Core section 3.1.3.3).
#pragma once

#include "core/base/secret.h"
#include "core/http/client.h"

namespace gateway {

/// Kept for the length of one sign-in or refresh; the refresh token goes into the session's store, if there
/// is one.
struct TokenResponse {
  core::Secret id_token;  ///< empty: none came with a refresh
  core::Secret access_token;
  core::Secret refresh_token;  ///< empty: none was given
};

enum class GrantKind { code, refresh };

/// Refuses another status than 200, another type than JSON, a token_type other than Bearer (without case), a
/// missing token (a refresh need not bring an ID token, OpenID Connect Core section 12.2). Of a refresh only
/// invalid_grant is `refused`; all other errors may be of the moment. An OAuth error's code goes into the
/// error's text; its description does not.
core::Result<TokenResponse> parse_token_response(core::FetchResponse response, GrantKind kind);

/// `text` if it looks like an error code of OAuth (lower-case letters and "_", at most 64), else "unnamed".
std::string_view error_code(std::string_view text);

}  // namespace gateway
