#include "gateway/oidc/userinfo.h"

#include <string>
#include <utility>

#include "gateway/oidc/provider_fetch.h"

namespace gateway {

core::Result<core::Json> parse_userinfo(core::FetchResponse response, std::string_view subject) {
  // OpenID Connect Core section 5.3.2 lets a client be registered for signed or encrypted claims.
  const bool is_token = media_type_is(response, "application/jwt");
  if (response.status == 200 && is_token) {
    return core::failure(core::ErrorKind::unsupported, core::Side::provider,
                         "userinfo endpoint: the claims come as a JWT, which is not supported: register this "
                         "client at the provider without userinfo_signed_response_alg and "
                         "userinfo_encrypted_response_alg, or set claims_from: [id_token]");
  }
  const core::Result<std::string> body = json_body(std::move(response), "userinfo endpoint");
  if (!body) return core::failure(body.error());
  core::Result<core::Json> claims = core::Json::parse(*body, core::Side::provider);
  if (!claims || !claims->is_object()) {
    return core::failure(core::ErrorKind::malformed, core::Side::provider,
                         "userinfo endpoint: no JSON object");
  }
  if (claims->string_at("sub") != subject) {
    return core::failure(core::ErrorKind::unverified, core::Side::provider,
                         "userinfo endpoint: the claims are not about the subject of the ID token");
  }
  return claims;
}

}  // namespace gateway
