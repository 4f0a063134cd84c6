#include "core/crypto/algorithms.h"

#include <openssl/evp.h>

#include "core/base/check.h"

namespace core {

namespace {

const EVP_MD* fetch_digest(const char* name) {
  const EVP_MD* found = EVP_MD_fetch(nullptr, name, nullptr);
  CHECK(found != nullptr);
  return found;
}

const EVP_CIPHER* fetch_cipher(const char* name) {
  const EVP_CIPHER* found = EVP_CIPHER_fetch(nullptr, name, nullptr);
  CHECK(found != nullptr);
  return found;
}

}  // namespace

const EVP_MD* sha1_algorithm() {
  static const EVP_MD* const kFound = fetch_digest("SHA1");
  return kFound;
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const kFound = fetch_digest("SHA256");
  return kFound;
}

const EVP_MD* sha384_algorithm() {
  static const EVP_MD* const kFound = fetch_digest("SHA384");
  return kFound;
}

const EVP_MD* sha512_algorithm() {
  static const EVP_MD* const kFound = fetch_digest("SHA512");
  return kFound;
}

const EVP_CIPHER* aes_256_gcm_algorithm() {
  static const EVP_CIPHER* const kFound = fetch_cipher("AES-256-GCM");
  return kFound;
}

}  // namespace core
