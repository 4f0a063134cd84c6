// Proof Key for Code Exchange (RFC 7636), method S256 alone: "plain" does not exist here.
#pragma once

#include <string>
#include <string_view>

#include "core/base/secret.h"
#include "core/crypto/random.h"

namespace core {

/// A verifier of 256 random bits: 43 characters of base64url. One for each login.
Secret make_code_verifier(Random& random);

/// base64url(SHA-256(verifier)), 43 characters.
std::string code_challenge(std::string_view verifier);

/// For the provider's side: whether a verifier of 43 to 128 allowed characters belongs to a challenge.
bool verifier_matches(std::string_view verifier, std::string_view challenge);

}  // namespace core
