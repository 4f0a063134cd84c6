// What an ACME request is signed with: flattened JSON JWS with ES256 (RFC 8555 section 6.2, RFC 7515 section
// 7.2.2), the binding to an account elsewhere (section 7.3.4), the double signature of a key change (section
// 7.3.5), and key authorizations (section 8.1). No I/O.
#pragma once

#include <string>
#include <string_view>

#include "core/base/secret.h"
#include "core/crypto/key.h"

namespace tls {

/// Who signs: with `account_url` as `kid`, or, while that is empty, with the public key itself as `jwk`.
struct AcmeSigner {
  core::PrivateKey key;  ///< P-256
  std::string account_url;
};

/// The body of a POST to `url`. An empty payload is a POST-as-GET.
std::string signed_body(const AcmeSigner& signer, std::string_view payload, std::string_view url,
                        std::string_view nonce);

/// An account that the operator has with the authority already.
struct ExternalAccount {
  std::string key_id;
  core::Secret hmac_key;  ///< decoded
};
/// The externalAccountBinding of a newAccount request, as JSON text: HS256 over the public key.
std::string external_binding(const ExternalAccount& account, const core::PublicKey& key,
                             std::string_view new_account_url);

/// The payload of a keyChange request: signed by the new key, to be signed again by the old.
std::string key_change_payload(const AcmeSigner& old_signer, const core::PrivateKey& new_key,
                               std::string_view key_change_url);

/// token "." thumbprint of the account's key.
std::string key_authorization(std::string_view token, std::string_view thumbprint);

}  // namespace tls
