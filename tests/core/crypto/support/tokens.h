// Tokens as tests want them, good and bad: any header, any payload, any signature.
#pragma once

#include <string>
#include <string_view>

#include "core/crypto/jwk.h"
#include "core/crypto/jws.h"
#include "core/crypto/key.h"

namespace tests {

/// header "." payload "." signature, each part encoded as it is.
std::string token_of(std::string_view header, std::string_view payload, std::string_view signature);
/// A token with this header, rightly signed, whatever the header says.
std::string signed_token(std::string_view header, std::string_view payload, const core::PrivateKey& key,
                         core::SignatureAlgorithm algorithm);
/// A token with this header and an HMAC-SHA256 under `secret`.
std::string hmac_token(std::string_view header, std::string_view payload, std::string_view secret);

/// Keys made once a test program.
const core::PrivateKey& test_key(core::KeyKind kind);
const core::PrivateKey& other_key(core::KeyKind kind);

/// A set of the public half of one key.
core::KeySet set_of(const core::PrivateKey& key, std::string_view id);

}  // namespace tests
