// How the gateway proves to a provider that it is its client (OpenID Connect Core section 9): a secret, a JWT
// signed with a key (private_key_jwt, RFC 7523), or the certificate of its TLS connection (RFC 8705, which
// the HttpClient shows). Sent with every request of ours to the token endpoint and to the endpoint of pushed
// requests.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/types_access.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/crypto/jws.h"
#include "core/crypto/random.h"
#include "core/http/client.h"
#include "core/text/form.h"
#include "core/text/json.h"

namespace gateway {

enum class ClientAuthentication { secret_basic, secret_post, private_key_jwt, certificate };

/// An assertion counts for so long, and once (`jti`).
inline constexpr std::chrono::seconds kAssertionLifetime{60};

/// The way that the settings have credentials for, if the discovery document offers it for `endpoint`
/// ("token", "introspection": ENDPOINT_endpoint_auth_methods_supported of RFC 8414; without that what it says
/// of the token endpoint, by default client_secret_basic alone). `malformed` if not.
core::Result<ClientAuthentication> choose_authentication(const core::Json& document,
                                                         std::string_view endpoint,
                                                         const config::Provider& provider);

/// One worker's credentials for one provider. Borrows both.
class ClientCredentials {
 public:
  ClientCredentials(const config::Provider& settings, core::Random& random);
  /// Puts the proof into `request` or `form`, which becomes its body and must hold `client_id` unless `how`
  /// is secret_basic.
  void add_to(core::FetchRequest& request, core::FormWriter& form, ClientAuthentication how,
              core::WallTime now);

 private:
  [[nodiscard]] std::string assertion(const core::Url& endpoint, core::WallTime now);

  const config::Provider& settings_;
  core::Random& random_;
  std::optional<core::JwsSigner> signer_;  ///< with client_key alone
};

}  // namespace gateway
