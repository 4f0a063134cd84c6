// Assembles tokens part by part, so that tests can send what no honest signer writes (RFC 7515 section 7.1).
// Keys are made once a program, for RSA takes a while; nothing here is fit for anything but tests.
#include "tests/core/crypto/support/tokens.h"

#include <optional>

#include "core/crypto/digest.h"
#include "core/text/base64.h"

namespace tests {

using core::base64url_encode;

namespace {

const core::PrivateKey& key_number(core::KeyKind kind, int number) {
  static std::optional<core::PrivateKey> keys[2][4];
  std::optional<core::PrivateKey>& key = keys[number][static_cast<int>(kind)];
  if (!key) key = core::PrivateKey::generate(kind);
  return *key;
}

}  // namespace

std::string token_of(std::string_view header, std::string_view payload, std::string_view signature) {
  return base64url_encode(header) + "." + base64url_encode(payload) + "." + base64url_encode(signature);
}

std::string signed_token(std::string_view header, std::string_view payload, const core::PrivateKey& key,
                         core::SignatureAlgorithm algorithm) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
  return text + "." + base64url_encode(core::sign(key, algorithm, text));
}

std::string hmac_token(std::string_view header, std::string_view payload, std::string_view secret) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
  return text + "." + base64url_encode(core::view_of(core::hmac_sha256(secret, text)));
}

const core::PrivateKey& test_key(core::KeyKind kind) {
  return key_number(kind, 0);
}
const core::PrivateKey& other_key(core::KeyKind kind) {
  return key_number(kind, 1);
}

core::KeySet set_of(const core::PrivateKey& key, std::string_view id) {
  std::optional<std::string> key_id;
  if (!id.empty()) key_id = std::string(id);
  return core::KeySet({core::VerificationKey{key.public_key(), key_id, std::nullopt}});
}

}  // namespace tests
