#include "tls/acme/signing.h"

#include "core/crypto/digest.h"
#include "core/crypto/jwk.h"
#include "core/crypto/signature.h"
#include "core/text/base64.h"
#include "core/text/json.h"

namespace tls {
namespace {

using core::base64url_encode;
using core::Json;

Json public_jwk(const core::PublicKey& key) {
  // canonical_jwk() is ours: it parses.
  return *Json::parse(core::canonical_jwk(key), core::Side::us);
}

/// {"protected", "payload", "signature"}; `sign` makes the signature of the signing input.
template <typename Sign>
std::string flattened(const Json& header, std::string_view payload, const Sign& sign) {
  const std::string encoded_header = base64url_encode(header.text());
  const std::string encoded_payload = base64url_encode(payload);
  const std::string signature = sign(encoded_header + "." + encoded_payload);
  Json body = Json::object();
  body.set("protected", Json(encoded_header));
  body.set("payload", Json(encoded_payload));
  body.set("signature", Json(base64url_encode(signature)));
  return body.text();
}

}  // namespace

std::string signed_body(const AcmeSigner& signer, std::string_view payload, std::string_view url,
                        std::string_view nonce) {
  Json header = Json::object();
  header.set("alg", Json("ES256"));
  if (signer.account_url.empty()) {
    header.set("jwk", public_jwk(signer.key.public_key()));
  } else {
    header.set("kid", Json(signer.account_url));
  }
  if (!nonce.empty()) header.set("nonce", Json(nonce));
  header.set("url", Json(url));
  return flattened(header, payload, [&](std::string_view input) {
    return core::sign(signer.key, core::SignatureAlgorithm::es256, input);
  });
}

std::string external_binding(const ExternalAccount& account, const core::PublicKey& key,
                             std::string_view new_account_url) {
  Json header = Json::object();
  header.set("alg", Json("HS256"));
  header.set("kid", Json(account.key_id));
  header.set("url", Json(new_account_url));
  return flattened(header, core::canonical_jwk(key), [&](std::string_view input) {
    const core::Sha256Digest digest = core::hmac_sha256(account.hmac_key.reveal(), input);
    return std::string(core::view_of(digest));
  });
}

std::string key_change_payload(const AcmeSigner& old_signer, const core::PrivateKey& new_key,
                               std::string_view key_change_url) {
  Json inner = Json::object();
  inner.set("account", Json(old_signer.account_url));
  inner.set("oldKey", public_jwk(old_signer.key.public_key()));
  // RFC 8555 section 7.3.5: the inner signature has no nonce.
  return signed_body(AcmeSigner{new_key, {}}, inner.text(), key_change_url, "");
}

std::string key_authorization(std::string_view token, std::string_view thumbprint) {
  std::string text(token);
  text.append(".").append(thumbprint);
  return text;
}

}  // namespace tls
