#include "core/crypto/pkce.h"

#include <doctest/doctest.h>

#include <string>

namespace {

constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

TEST_CASE("the challenge is that of RFC 7636 appendix B") {
  CHECK(core::code_challenge(kVerifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_CASE("each verifier is new, 43 characters, and belongs to its own challenge alone") {
  core::Random random;
  const core::Secret first = core::make_code_verifier(random);
  const core::Secret second = core::make_code_verifier(random);
  CHECK(first.reveal().size() == 43);
  CHECK(first.reveal() != second.reveal());
  CHECK(core::verifier_matches(first.reveal(), core::code_challenge(first.reveal())));
  CHECK_FALSE(core::verifier_matches(second.reveal(), core::code_challenge(first.reveal())));
}

TEST_CASE(
    "a verifier that is too short, too long or of other characters matches nothing, not even its own "
    "challenge") {
  for (const std::string& verifier : {std::string(42, 'a'), std::string(129, 'a'), std::string(43, '='),
                                      std::string(42, 'a') + " ", std::string()}) {
    CHECK_FALSE(core::verifier_matches(verifier, core::code_challenge(verifier)));
  }
  CHECK(core::verifier_matches(std::string(43, '~'), core::code_challenge(std::string(43, '~'))));
  CHECK(core::verifier_matches(std::string(128, '.'), core::code_challenge(std::string(128, '.'))));
}

TEST_CASE("the method plain does not exist: a challenge equal to the verifier is refused") {
  CHECK_FALSE(core::verifier_matches(kVerifier, kVerifier));
  CHECK_FALSE(core::verifier_matches(kVerifier, ""));
}

}  // namespace
