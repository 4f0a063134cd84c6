#include "core/crypto/key_numbers.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/check.h"

namespace core {

namespace {

using ParamBuilder = OpensslOwner<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using GroupOwner = OpensslOwner<EC_GROUP, EC_GROUP_free>;
using PointOwner = OpensslOwner<EC_POINT, EC_POINT_free>;
using NumberStateOwner = OpensslOwner<BN_CTX, BN_CTX_free>;
using ParamsOwner = OpensslOwner<OSSL_PARAM, OSSL_PARAM_free>;

constexpr std::size_t kEd25519Bytes = 32;
constexpr std::size_t kP256Bytes = 32;
constexpr std::size_t kP384Bytes = 48;
// Some issuers write a sign byte in front of the modulus.
constexpr std::size_t kMaxModulusBytes = kMaxRsaBits / 8 + 1;
constexpr char kUncompressedPoint = 4;

std::size_t field_bytes(KeyKind kind) {
  return kind == KeyKind::p256 ? kP256Bytes : kP384Bytes;
}

KeyOwner built(const char* algorithm, OSSL_PARAM_BLD* builder, int halves = EVP_PKEY_PUBLIC_KEY) {
  const ParamsOwner params(OSSL_PARAM_BLD_to_param(builder));
  const KeyStateOwner state(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  if (params == nullptr || state == nullptr || EVP_PKEY_fromdata_init(state.get()) != 1) return nullptr;
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(state.get(), &key, halves, params.get()) != 1) return nullptr;
  return KeyOwner(key);
}

BignumOwner big_number(std::string_view bytes) {
  return BignumOwner(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::string bytes_of(const BIGNUM* number, std::size_t width) {
  std::string bytes(width, '\0');
  CHECK(BN_bn2binpad(number, octets(bytes.data()), static_cast<int>(width)) == static_cast<int>(width));
  return bytes;
}

KeyOwner rsa_key(const PublicNumbers& numbers) {
  if (numbers.first.empty() || numbers.first.size() > kMaxModulusBytes) return nullptr;
  if (numbers.second.empty() || numbers.second.size() > kMaxRsaExponentBits / 8) return nullptr;
  const BignumOwner modulus = big_number(numbers.first);
  const BignumOwner exponent = big_number(numbers.second);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (modulus == nullptr || exponent == nullptr || builder == nullptr) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) return nullptr;
  return built("RSA", builder.get());
}

KeyOwner curve_key(const PublicNumbers& numbers) {
  const std::size_t width = field_bytes(numbers.kind);
  if (numbers.first.size() != width || numbers.second.size() != width) return nullptr;
  const char* group = numbers.kind == KeyKind::p256 ? "prime256v1" : "secp384r1";
  const std::string point = kUncompressedPoint + numbers.first + numbers.second;
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr) return nullptr;
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1)
    return nullptr;
  if (OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
      1) {
    return nullptr;
  }
  return built("EC", builder.get());
}

/// From 1 to the order of the group less one.
BignumOwner scalar_of(std::string_view seed, const EC_GROUP* group, BN_CTX* state) {
  BignumOwner seeded(BN_secure_new());
  BignumOwner scalar(BN_secure_new());
  const BignumOwner most(BN_dup(EC_GROUP_get0_order(group)));
  if (seeded == nullptr || scalar == nullptr || most == nullptr) return nullptr;
  if (BN_bin2bn(octets(seed), static_cast<int>(seed.size()), seeded.get()) == nullptr) return nullptr;
  BN_set_flags(seeded.get(), BN_FLG_CONSTTIME);
  if (BN_sub_word(most.get(), 1) != 1) return nullptr;
  if (BN_mod(scalar.get(), seeded.get(), most.get(), state) != 1) return nullptr;
  if (BN_add_word(scalar.get(), 1) != 1) return nullptr;
  return scalar;
}

/// As 4, x and y; empty if the library fails.
std::string point_of(const BIGNUM* scalar, const EC_GROUP* group, BN_CTX* state) {
  const PointOwner point(EC_POINT_new(group));
  if (point == nullptr) return {};
  if (EC_POINT_mul(group, point.get(), scalar, nullptr, nullptr, state) != 1) return {};
  std::string bytes(1 + 2 * kP256Bytes, '\0');
  const std::size_t written = EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                                 octets(bytes.data()), bytes.size(), state);
  return written == bytes.size() ? bytes : std::string();
}

}  // namespace

KeyOwner p256_key_from_seed(std::string_view seed) {
  const GroupOwner group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const NumberStateOwner state(BN_CTX_secure_new());
  if (group == nullptr || state == nullptr) return nullptr;
  const BignumOwner scalar = scalar_of(seed, group.get(), state.get());
  if (scalar == nullptr) return nullptr;
  const std::string point = point_of(scalar.get(), group.get(), state.get());
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (point.empty() || builder == nullptr) return nullptr;
  OSSL_PARAM_BLD* made = builder.get();
  if (OSSL_PARAM_BLD_push_utf8_string(made, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(made, OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) != 1) return nullptr;
  if (OSSL_PARAM_BLD_push_octet_string(made, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return built("EC", made, EVP_PKEY_KEYPAIR);
}

KeyOwner key_from_numbers(const PublicNumbers& numbers) {
  switch (numbers.kind) {
    case KeyKind::rsa:
      return rsa_key(numbers);
    case KeyKind::p256:
    case KeyKind::p384:
      return curve_key(numbers);
    case KeyKind::ed25519:
      if (numbers.first.size() != kEd25519Bytes || !numbers.second.empty()) return nullptr;
      return KeyOwner(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(numbers.first),
                                                  numbers.first.size()));
  }
  return nullptr;
}

BignumOwner number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return nullptr;
  return BignumOwner(number);
}

PublicNumbers numbers_of(EVP_PKEY* key, KeyKind kind) {
  if (kind == KeyKind::ed25519) {
    std::string bytes(kEd25519Bytes, '\0');
    std::size_t length = bytes.size();
    CHECK(EVP_PKEY_get_raw_public_key(key, octets(bytes.data()), &length) == 1 && length == bytes.size());
    return {kind, std::move(bytes), {}};
  }
  const bool is_rsa = kind == KeyKind::rsa;
  const BignumOwner first = number_of(key, is_rsa ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_EC_PUB_X);
  const BignumOwner second = number_of(key, is_rsa ? OSSL_PKEY_PARAM_RSA_E : OSSL_PKEY_PARAM_EC_PUB_Y);
  CHECK(first != nullptr && second != nullptr);
  if (!is_rsa)
    return {kind, bytes_of(first.get(), field_bytes(kind)), bytes_of(second.get(), field_bytes(kind))};
  return {kind, bytes_of(first.get(), static_cast<std::size_t>(BN_num_bytes(first.get()))),
          bytes_of(second.get(), static_cast<std::size_t>(BN_num_bytes(second.get())))};
}

}  // namespace core
