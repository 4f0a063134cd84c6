// Between OpenSSL's keys and the numbers that JSON carries. Internal to core/crypto; checks lengths, not
// strength.
#pragma once

#include <string_view>

#include "core/crypto/key.h"
#include "core/crypto/openssl.h"

namespace core {

inline constexpr int kMaxRsaExponentBits = 64;

/// Null if the numbers have impossible lengths or are no point of the curve.
KeyOwner key_from_numbers(const PublicNumbers& numbers);

/// Both halves of the P-256 key that belongs to these bytes; null if the library fails.
KeyOwner p256_key_from_seed(std::string_view seed);

/// Requires: a key of that kind.
PublicNumbers numbers_of(EVP_PKEY* key, KeyKind kind);

/// One number of a key by OpenSSL's parameter name; null if it has none.
BignumOwner number_of(EVP_PKEY* key, const char* name);

}  // namespace core
