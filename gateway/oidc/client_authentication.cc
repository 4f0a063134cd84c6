#include "gateway/oidc/client_authentication.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/crypto/jwk.h"
#include "core/text/base64.h"
#include "core/text/percent.h"

namespace gateway {
namespace {

constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct Offer {
  std::string_view name;
  ClientAuthentication how;
};

core::Result<ClientAuthentication> first_of(std::initializer_list<Offer> wanted, const core::Json* methods,
                                            std::string_view endpoint) {
  std::string names;
  for (const Offer& offer : wanted) {
    // Discovery section 3: what is offered by who says nothing.
    bool is_offered = methods == nullptr && offer.how == ClientAuthentication::secret_basic;
    if (methods != nullptr) {
      is_offered = std::ranges::any_of(methods->elements(), [&offer](const core::Json& element) {
        return element.as_string() == offer.name;
      });
    }
    if (is_offered) return offer.how;
    names.append(names.empty() ? "" : " nor ").append(offer.name);
  }
  return core::failure(core::ErrorKind::malformed, core::Side::provider,
                       fmt::format("discovery: the {} endpoint takes neither {}", endpoint, names),
                       core::Retry::later);
}

}  // namespace

core::Result<ClientAuthentication> choose_authentication(const core::Json& document,
                                                         std::string_view endpoint,
                                                         const config::Provider& provider) {
  using enum ClientAuthentication;
  const core::Json* methods = document.find(fmt::format("{}_endpoint_auth_methods_supported", endpoint));
  if (methods == nullptr) methods = document.find("token_endpoint_auth_methods_supported");
  if (!provider.client_key.value.reveal().empty()) {
    return first_of({{"private_key_jwt", private_key_jwt}}, methods, endpoint);
  }
  if (!provider.certificate_file.empty()) {
    return first_of({{"tls_client_auth", certificate}, {"self_signed_tls_client_auth", certificate}}, methods,
                    endpoint);
  }
  return first_of({{"client_secret_basic", secret_basic}, {"client_secret_post", secret_post}}, methods,
                  endpoint);
}

ClientCredentials::ClientCredentials(const config::Provider& settings, core::Random& random)
    : settings_(settings), random_(random) {
  if (settings.client_key.value.reveal().empty()) return;
  core::Result<core::PrivateKey> key = core::PrivateKey::from_pem(settings.client_key.value);
  if (!key) return;  // config has refused it
  std::string id =
      settings.client_key_id.empty() ? core::thumbprint(key->public_key()) : settings.client_key_id;
  const core::SignatureAlgorithm algorithm = core::preferred_algorithm(key->kind());
  signer_ = core::JwsSigner{std::move(*key), algorithm, std::move(id)};
}

/// RFC 7523 section 3. For whom it is: the issuer, so that no other provider whose endpoint we are sent to
/// can use it; Microsoft knows only its token endpoint.
std::string ClientCredentials::assertion(const core::Url& endpoint, core::WallTime now) {
  const bool is_entra = settings_.type == config::ProviderType::entra;
  core::Json claims = core::Json::object();
  claims.set("iss", settings_.client_id);
  claims.set("sub", settings_.client_id);
  claims.set("aud", is_entra ? endpoint.text() : settings_.issuer);
  claims.set("jti", random_.id());
  claims.set("iat", core::unix_seconds(now));
  claims.set("exp", core::unix_seconds(now + kAssertionLifetime));
  return core::sign_jws(claims.text(), *signer_);
}

void ClientCredentials::add_to(core::FetchRequest& request, core::FormWriter& form, ClientAuthentication how,
                               core::WallTime now) {
  const std::string_view secret = settings_.client_secret.value.reveal();
  switch (how) {
    case ClientAuthentication::secret_basic: {
      // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
      const std::string pair = core::percent_encode(settings_.client_id) + ":" + core::percent_encode(secret);
      request.fields.emplace_back("Authorization",
                                  "Basic " + core::base64_encode(pair, core::Base64::standard));
      return;
    }
    case ClientAuthentication::secret_post:
      form.add("client_secret", secret);
      return;
    case ClientAuthentication::private_key_jwt:
      form.add("client_assertion_type", kAssertionType);
      if (signer_) form.add("client_assertion", assertion(request.url, now));
      return;
    case ClientAuthentication::certificate:
      return;
  }
}

}  // namespace gateway
