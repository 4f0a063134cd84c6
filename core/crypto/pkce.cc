#include "core/crypto/pkce.h"

#include <array>
#include <string>

#include "core/crypto/digest.h"
#include "core/text/base64.h"

namespace core {

namespace {

constexpr std::size_t kVerifierBytes = 32;
constexpr std::size_t kMinVerifierLength = 43;
constexpr std::size_t kMaxVerifierLength = 128;
constexpr std::string_view kVerifierCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

}  // namespace

Secret make_code_verifier(Random& random) {
  std::string bytes(kVerifierBytes, '\0');
  random.fill(bytes);
  std::string verifier = base64url_encode(bytes);
  wipe(bytes);
  return Secret::take(verifier);
}

std::string code_challenge(std::string_view verifier) {
  return base64url_encode(view_of(sha256(verifier)));
}

bool verifier_matches(std::string_view verifier, std::string_view challenge) {
  if (verifier.size() < kMinVerifierLength || verifier.size() > kMaxVerifierLength) return false;
  if (verifier.find_first_not_of(kVerifierCharacters) != std::string_view::npos) return false;
  return constant_time_equal(code_challenge(verifier), challenge);
}

}  // namespace core
