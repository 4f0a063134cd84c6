#include "core/crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/crypto/key_numbers.h"
#include "core/crypto/openssl.h"

namespace core {

namespace {

// Why a key of the library may not become one of ours; empty when it may.
std::string_view rsa_flaw(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinRsaBits) return "an RSA key under 2048 bits";
  if (bits > kMaxRsaBits) return "an RSA key over 8192 bits";
  const BignumOwner modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  const BignumOwner exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (modulus == nullptr || exponent == nullptr) return "an RSA key without numbers";
  if (!BN_is_odd(modulus.get())) return "an RSA key with an even modulus";
  const bool odd = BN_is_odd(exponent.get()) && !BN_is_one(exponent.get());
  if (!odd || BN_num_bits(exponent.get()) > kMaxRsaExponentBits)
    return "an RSA key with an unusable exponent";
  return {};
}

std::string_view curve_flaw(EVP_PKEY* key) {
  int explicit_curve = 0;
  const bool told =
      EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_curve) == 1;
  if (told && explicit_curve != 0) return "an EC key that brings its own curve";
  const KeyStateOwner state(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (state == nullptr || EVP_PKEY_public_check_quick(state.get()) != 1) return "an EC key off its curve";
  return {};
}

// The kind, or nothing for a kind that we do not use.
std::optional<KeyKind> kind_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return KeyKind::rsa;
    case EVP_PKEY_ED25519:
      return KeyKind::ed25519;
    case EVP_PKEY_EC: {
      std::array<char, 64> group{};
      std::size_t length = 0;
      if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return std::nullopt;
      const std::string_view name(group.data(), length);
      if (name == "prime256v1") return KeyKind::p256;
      if (name == "secp384r1") return KeyKind::p384;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

Result<KeyKind> checked_kind(EVP_PKEY* key) {
  const std::optional<KeyKind> kind = kind_of(key);
  std::string_view flaw = kind ? std::string_view() : "a key that is not RSA, P-256, P-384 or Ed25519";
  if (kind == KeyKind::rsa) flaw = rsa_flaw(key);
  if (kind == KeyKind::p256 || kind == KeyKind::p384) flaw = curve_flaw(key);
  ERR_clear_error();
  if (!flaw.empty()) return failure(ErrorKind::unsupported, Side::configuration, std::string(flaw));
  return *kind;
}

// Without this, OpenSSL would ask for the pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

std::shared_ptr<EVP_PKEY> shared(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

Error not_pem() {
  ERR_clear_error();
  return Error{ErrorKind::malformed, Side::configuration, "not a key in PEM form"};
}

}  // namespace

Result<PublicKey> PublicKey::checked(std::shared_ptr<evp_pkey_st> key) {
  const Result<KeyKind> kind = checked_kind(key.get());
  if (!kind) return failure(kind.error());
  return PublicKey(std::move(key), *kind);
}

Result<PublicKey> PublicKey::from_numbers(const PublicNumbers& numbers) {
  EVP_PKEY* made = key_from_numbers(numbers).release();
  ERR_clear_error();
  if (made == nullptr) return failure(ErrorKind::malformed, Side::configuration, "numbers that make no key");
  return checked(shared(made));
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxKeyText)
    return failure(ErrorKind::too_large, Side::configuration, "a key file over 64 KiB");
  const BioOwner bio = read_only_bio(pem);
  EVP_PKEY* read = PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr);
  if (read == nullptr) return failure(not_pem());
  return checked(shared(read));
}

PublicNumbers PublicKey::numbers() const {
  return numbers_of(key_.get(), kind_);
}

std::string PublicKey::to_pem() const {
  const BioOwner bio(BIO_new(BIO_s_mem()));
  CHECK(bio != nullptr && PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  return std::string(contents_of(bio.get()));
}

PrivateKey PrivateKey::generate(KeyKind kind) {
  EVP_PKEY* made = nullptr;
  switch (kind) {
    case KeyKind::rsa:
      made = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(kMadeRsaBits));
      break;
    case KeyKind::p256:
      made = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      break;
    case KeyKind::p384:
      made = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
      break;
    case KeyKind::ed25519:
      made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
  }
  CHECK(made != nullptr);
  return PrivateKey(shared(made), kind);
}

PrivateKey PrivateKey::from_seed(const Secret& seed) {
  CHECK(seed.reveal().size() == kKeySeedBytes);
  EVP_PKEY* made = p256_key_from_seed(seed.reveal()).release();
  CHECK(made != nullptr);
  return PrivateKey(shared(made), KeyKind::p256);
}

Result<PrivateKey> PrivateKey::from_pem(const Secret& pem) {
  const std::string_view text = pem.reveal();
  if (text.size() > kMaxKeyText)
    return failure(ErrorKind::too_large, Side::configuration, "a key file over 64 KiB");
  const BioOwner bio = read_only_bio(text);
  EVP_PKEY* read = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr);
  if (read == nullptr) return failure(not_pem());
  std::shared_ptr<EVP_PKEY> key = shared(read);
  const Result<KeyKind> kind = checked_kind(read);
  if (!kind) return failure(kind.error());
  const KeyStateOwner state(EVP_PKEY_CTX_new_from_pkey(nullptr, read, nullptr));
  const bool belong = state != nullptr && EVP_PKEY_pairwise_check(state.get()) == 1;
  ERR_clear_error();
  if (!belong) return failure(ErrorKind::unverified, Side::configuration, "a key whose two halves differ");
  return PrivateKey(std::move(key), *kind);
}

PublicKey PrivateKey::public_key() const {
  // A copy without the private half, so that no holder of a public key can sign with it.
  EVP_PKEY* made = key_from_numbers(numbers_of(key_.get(), kind_)).release();
  CHECK(made != nullptr);
  return PublicKey(shared(made), kind_);
}

Secret PrivateKey::to_pem() const {
  const BioOwner bio(BIO_new(BIO_s_secmem()));
  CHECK(bio != nullptr);
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Secret(std::string(contents_of(bio.get())));
}

}  // namespace core
