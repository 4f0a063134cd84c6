#include "core/crypto/signature.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <array>

#include "core/base/check.h"
#include "core/crypto/algorithms.h"
#include "core/crypto/openssl.h"

namespace core {

namespace {

using EcdsaOwner = OpensslOwner<ECDSA_SIG, ECDSA_SIG_free>;

// Indexed by SignatureAlgorithm.
constexpr std::array<std::string_view, 7> kNames = {"RS256", "RS384", "RS512", "PS256",
                                                    "ES256", "ES384", "EdDSA"};

// The largest DER form of an ECDSA signature of P-384: two integers of 49 bytes and their headers.
constexpr std::size_t kMaxEcdsaDer = 2 * (2 + 49) + 2 + 1;

const EVP_MD* digest_for(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::rs256:
    case SignatureAlgorithm::ps256:
    case SignatureAlgorithm::es256:
      return sha256_algorithm();
    case SignatureAlgorithm::rs384:
    case SignatureAlgorithm::es384:
      return sha384_algorithm();
    case SignatureAlgorithm::rs512:
      return sha512_algorithm();
    case SignatureAlgorithm::eddsa:
      return nullptr;  // Ed25519 hashes by itself (RFC 8032)
  }
  return nullptr;
}

// Bytes of R and of S; 0 for what is not ECDSA.
std::size_t ecdsa_width(SignatureAlgorithm algorithm) {
  if (algorithm == SignatureAlgorithm::es256) return 32;
  if (algorithm == SignatureAlgorithm::es384) return 48;
  return 0;
}

// The salt is as long as the hash (RFC 7518 section 3.5).
bool set_padding(EVP_PKEY_CTX* state, SignatureAlgorithm algorithm) {
  if (algorithm != SignatureAlgorithm::ps256) return true;
  return EVP_PKEY_CTX_set_rsa_padding(state, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(state, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// R || S to DER; empty if it is no such signature.
std::string to_der(std::string_view raw, std::size_t width) {
  const EcdsaOwner parts(ECDSA_SIG_new());
  BignumOwner r(BN_bin2bn(octets(raw), static_cast<int>(width), nullptr));
  BignumOwner s(BN_bin2bn(octets(raw) + width, static_cast<int>(width), nullptr));
  CHECK(parts != nullptr && r != nullptr && s != nullptr);
  CHECK(ECDSA_SIG_set0(parts.get(), r.release(), s.release()) == 1);
  std::array<unsigned char, kMaxEcdsaDer> der;
  unsigned char* end = der.data();
  const int length = i2d_ECDSA_SIG(parts.get(), nullptr);
  if (length <= 0 || static_cast<std::size_t>(length) > der.size()) return {};
  CHECK(i2d_ECDSA_SIG(parts.get(), &end) == length);
  return std::string(reinterpret_cast<const char*>(der.data()), static_cast<std::size_t>(length));
}

std::string from_der(std::string_view der, std::size_t width) {
  const unsigned char* start = octets(der);
  const EcdsaOwner parts(d2i_ECDSA_SIG(nullptr, &start, static_cast<long>(der.size())));
  CHECK(parts != nullptr);
  std::string raw(2 * width, '\0');
  const int half = static_cast<int>(width);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), octets(raw.data()), half) == half);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), octets(raw.data()) + width, half) == half);
  return raw;
}

bool verifies(const PublicKey& key, SignatureAlgorithm algorithm, std::string_view message,
              std::string_view signature) {
  const DigestStateOwner state(EVP_MD_CTX_new());
  CHECK(state != nullptr);
  EVP_PKEY_CTX* settings = nullptr;  // borrowed from `state`
  if (EVP_DigestVerifyInit(state.get(), &settings, digest_for(algorithm), nullptr, key.native()) != 1)
    return false;
  if (!set_padding(settings, algorithm)) return false;
  return EVP_DigestVerify(state.get(), octets(signature), signature.size(), octets(message),
                          message.size()) == 1;
}

}  // namespace

std::string_view name_of(SignatureAlgorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)];
}

std::optional<SignatureAlgorithm> signature_algorithm(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<SignatureAlgorithm>(i);
  }
  // The fully specified name of the same thing (RFC 9864).
  if (name == "Ed25519") return SignatureAlgorithm::eddsa;
  return std::nullopt;
}

bool fits(SignatureAlgorithm algorithm, KeyKind kind) {
  switch (algorithm) {
    case SignatureAlgorithm::rs256:
    case SignatureAlgorithm::rs384:
    case SignatureAlgorithm::rs512:
    case SignatureAlgorithm::ps256:
      return kind == KeyKind::rsa;
    case SignatureAlgorithm::es256:
      return kind == KeyKind::p256;
    case SignatureAlgorithm::es384:
      return kind == KeyKind::p384;
    case SignatureAlgorithm::eddsa:
      return kind == KeyKind::ed25519;
  }
  return false;
}

SignatureAlgorithm preferred_algorithm(KeyKind kind) {
  switch (kind) {
    case KeyKind::rsa:
      return SignatureAlgorithm::rs256;
    case KeyKind::p256:
      return SignatureAlgorithm::es256;
    case KeyKind::p384:
      return SignatureAlgorithm::es384;
    case KeyKind::ed25519:
      return SignatureAlgorithm::eddsa;
  }
  return SignatureAlgorithm::es256;
}

bool verify_signature(const PublicKey& key, SignatureAlgorithm algorithm, std::string_view message,
                      std::string_view signature) {
  if (!fits(algorithm, key.kind())) return false;
  const std::size_t width = ecdsa_width(algorithm);
  // An RSA signature is as long as the modulus (RFC 8017 sections 8.1.2 and 8.2.2), an Ed25519 one 64 bytes.
  // The library takes an RSA signature without its leading zeros too, which would be a second text for it.
  const std::size_t length =
      width != 0 ? 2 * width : static_cast<std::size_t>(EVP_PKEY_get_size(key.native()));
  if (signature.empty() || signature.size() != length) return false;
  const bool good =
      verifies(key, algorithm, message, width == 0 ? std::string(signature) : to_der(signature, width));
  // What is left in the queue would be taken for the next TLS connection's error.
  if (!good) ERR_clear_error();
  return good;
}

std::string sign(const PrivateKey& key, SignatureAlgorithm algorithm, std::string_view message) {
  CHECK(fits(algorithm, key.kind()));
  const DigestStateOwner state(EVP_MD_CTX_new());
  CHECK(state != nullptr);
  EVP_PKEY_CTX* settings = nullptr;  // borrowed from `state`
  CHECK(EVP_DigestSignInit(state.get(), &settings, digest_for(algorithm), nullptr, key.native()) == 1);
  CHECK(set_padding(settings, algorithm));
  std::size_t length = 0;
  CHECK(EVP_DigestSign(state.get(), nullptr, &length, octets(message), message.size()) == 1);
  std::string signature(length, '\0');
  CHECK(EVP_DigestSign(state.get(), octets(signature.data()), &length, octets(message), message.size()) == 1);
  signature.resize(length);
  const std::size_t width = ecdsa_width(algorithm);
  return width == 0 ? signature : from_der(signature, width);
}

}  // namespace core
