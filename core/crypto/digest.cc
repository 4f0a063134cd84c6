#include "core/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "core/base/check.h"
#include "core/crypto/algorithms.h"
#include "core/crypto/openssl.h"

namespace core {

namespace {

template <typename Digest>
Digest digest_of(const EVP_MD* algorithm, std::string_view bytes) {
  Digest digest;
  unsigned int length = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), octets(digest.data()), &length, algorithm, nullptr) == 1);
  CHECK(length == digest.size());
  return digest;
}

// OpenSSL takes a null pointer for "not given"; an empty view may hold one.
OSSL_PARAM octet_param(const char* name, std::string_view bytes) {
  const char* start = bytes.data() == nullptr ? "" : bytes.data();
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(start), bytes.size());
}

}  // namespace

Sha1Digest sha1(std::string_view bytes) {
  return digest_of<Sha1Digest>(sha1_algorithm(), bytes);
}
Sha256Digest sha256(std::string_view bytes) {
  return digest_of<Sha256Digest>(sha256_algorithm(), bytes);
}
Sha384Digest sha384(std::string_view bytes) {
  return digest_of<Sha384Digest>(sha384_algorithm(), bytes);
}
Sha512Digest sha512(std::string_view bytes) {
  return digest_of<Sha512Digest>(sha512_algorithm(), bytes);
}

void Sha256Stream::Free::operator()(evp_md_ctx_st* state) const {
  EVP_MD_CTX_free(state);
}

Sha256Stream::Sha256Stream() : state_(EVP_MD_CTX_new()) {
  CHECK(state_ != nullptr);
  CHECK(EVP_DigestInit_ex2(state_.get(), sha256_algorithm(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256Stream::finish() {
  Sha256Digest digest;
  unsigned int length = 0;
  CHECK(EVP_DigestFinal_ex(state_.get(), octets(digest.data()), &length) == 1);
  CHECK(EVP_DigestInit_ex2(state_.get(), sha256_algorithm(), nullptr) == 1);
  return digest;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
  static EVP_MAC* const kHmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  const MacStateOwner state(EVP_MAC_CTX_new(kHmac));
  CHECK(state != nullptr);
  char digest_name[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                               OSSL_PARAM_construct_end()};
  // A null key would mean "the key set before".
  const std::string_view given = key.data() == nullptr ? std::string_view("") : key;
  Sha256Digest digest;
  std::size_t length = 0;
  CHECK(EVP_MAC_init(state.get(), octets(given), given.size(), params) == 1);
  CHECK(EVP_MAC_update(state.get(), octets(message), message.size()) == 1);
  CHECK(EVP_MAC_final(state.get(), octets(digest.data()), &length, digest.size()) == 1);
  CHECK(length == digest.size());
  return digest;
}

Secret hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info,
                   std::size_t length) {
  static EVP_KDF* const kHkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const KdfStateOwner state(EVP_KDF_CTX_new(kHkdf));
  CHECK(state != nullptr);
  char digest_name[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
                               octet_param(OSSL_KDF_PARAM_KEY, secret),
                               octet_param(OSSL_KDF_PARAM_SALT, salt), octet_param(OSSL_KDF_PARAM_INFO, info),
                               OSSL_PARAM_construct_end()};
  std::string derived(length, '\0');
  CHECK(EVP_KDF_derive(state.get(), octets(derived.data()), length, params) == 1);
  return Secret::take(derived);
}

bool constant_time_equal(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace core
