// A provider's discovery document (OpenID Connect Discovery 1.0 section 3, RFC 8414), read strictly: it may
// not name another issuer, nor endpoints that would make the gateway fetch from places its operator did not
// mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/types_access.h"
#include "core/base/result.h"
#include "core/text/url.h"
#include "gateway/oidc/client_authentication.h"

namespace gateway {

/// Of an issuer whose `use` is tokens: the keys, and where tokens are asked about, if the settings have
/// credentials for that; the rest is empty.
struct Metadata {
  core::Url authorization_endpoint;
  core::Url token_endpoint;
  core::Url jwks_uri;
  std::optional<core::Url> pushed_request_endpoint;  ///< RFC 9126
  std::optional<core::Url> userinfo_endpoint;
  std::optional<core::Url> introspection_endpoint;  ///< RFC 7662
  std::optional<core::Url> end_session_endpoint;
  std::optional<core::Url> graph;  ///< entra: the origin of Microsoft Graph (`msgraph_host`)
  ClientAuthentication client_authentication = ClientAuthentication::secret_basic;
  bool sends_issuer = false;  ///< authorization_response_iss_parameter_supported (RFC 9207)
};

/// issuer + /.well-known/openid-configuration (Discovery section 4).
core::Url discovery_url(const config::Provider& provider);

/// Refuses an `issuer` that is not `provider.issuer` byte for byte; endpoints that are not https (http only
/// where the issuer itself is); endpoints we would fetch (token, keys, userinfo) on a host that is not of the
/// issuer's site (is_same_site), or that is an address, or is on loopback where the issuer is not.
core::Result<Metadata> parse_metadata(std::string_view body, const config::Provider& provider);

/// Whether `host` may belong to who runs `issuer`: the same host, or the same registrable domain as far as
/// can be told without a public suffix list (two labels in common, three below a two-letter top level with a
/// short second level).
bool is_same_site(std::string_view host, std::string_view issuer);

}  // namespace gateway
