// Between OpenSSL's keys and the numbers that JSON carries. Internal to core/crypto; checks lengths, not
// strength.
#pragma once

#include "core/crypto/key.h"
#include "core/crypto/openssl.h"

namespace core {

inline constexpr int kMaxRsaExponentBits = 64;

/// Null if the numbers have impossible lengths or are no point of the curve.
KeyOwner key_from_numbers(const PublicNumbers& numbers);

/// Requires: a key of that kind.
PublicNumbers numbers_of(EVP_PKEY* key, KeyKind kind);

/// One number of a key by OpenSSL's parameter name; null if it has none.
BignumOwner number_of(EVP_PKEY* key, const char* name);

}  // namespace core
