// The parameters of an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect
// Core section 3.1.2.1) that all kinds of providers share.
#pragma once

#include <string>

#include "config/types_access.h"
#include "core/text/form.h"
#include "core/text/url.h"
#include "gateway/oidc/provider.h"

namespace gateway {

/// Everything of `wish` and of the settings but `nonce`: that is OpenID's.
core::FormWriter authorization_query(const config::Provider& settings, const AuthorizationWish& wish);

/// `url` with `query` behind what query it has.
std::string with_query(const core::Url& url, const core::FormWriter& query);

}  // namespace gateway
