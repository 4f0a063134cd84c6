// What a program reads whose token does not open a route, or that has none: status codes and challenges of
// RFC 6750 section 3, and the metadata of RFC 9728. Fixed sentences; why a token does not count is in the
// log.
#pragma once

#include <string>
#include <vector>

#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

/// What programs are told of the tokens that open a route.
struct BearerHints {
  std::vector<std::string> issuers;  ///< each once; empty: no token opens it
  std::vector<std::string> scopes;   ///< that they need, each once
  bool takes_personal = false;       ///< personal tokens open it, too
};

/// Adds to a 401 that a token would do (WWW-Authenticate), and where to read which.
void add_bearer_challenge(const Request& request, const BearerHints& hints, Reply& reply);
/// 401: the token does not count.
[[nodiscard]] Reply bad_token(const Request& request, const BearerHints& hints);
/// 400: more than one Authorization.
[[nodiscard]] Reply several_tokens(const Request& request, const BearerHints& hints);
/// 403: the token counts, and what it names may not pass here.
[[nodiscard]] Reply token_denied(const Request& request, const BearerHints& hints);
/// 403: a personal token that counts, and was not made for this place.
[[nodiscard]] Reply token_elsewhere(const Request& request, const BearerHints& hints);
/// 503: its issuer cannot be asked now.
[[nodiscard]] Reply token_unknown(const Request& request);
/// The document of RFC 9728 section 2.
[[nodiscard]] Reply resource_metadata(const Request& request, const BearerHints& hints);

}  // namespace gateway
