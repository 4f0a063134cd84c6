#include "core/crypto/signature.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/crypto/support/tokens.h"

namespace {

using core::KeyKind;
using core::SignatureAlgorithm;
using tests::other_key;
using tests::test_key;

const std::vector<SignatureAlgorithm> kAlgorithms = {SignatureAlgorithm::rs256, SignatureAlgorithm::rs384,
                                                     SignatureAlgorithm::rs512, SignatureAlgorithm::ps256,
                                                     SignatureAlgorithm::es256, SignatureAlgorithm::es384,
                                                     SignatureAlgorithm::eddsa};
const std::vector<KeyKind> kKinds = {KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::ed25519};

TEST_CASE("each algorithm verifies its own signatures and no altered ones") {
  for (const SignatureAlgorithm algorithm : kAlgorithms) {
    for (const KeyKind kind : kKinds) {
      if (!core::fits(algorithm, kind)) continue;
      CAPTURE(core::name_of(algorithm));
      const core::PublicKey key = test_key(kind).public_key();
      const std::string signature = core::sign(test_key(kind), algorithm, "message");
      CHECK(core::verify_signature(key, algorithm, "message", signature));
      CHECK_FALSE(core::verify_signature(key, algorithm, "massage", signature));
      CHECK_FALSE(core::verify_signature(key, algorithm, "", signature));
      CHECK_FALSE(core::verify_signature(other_key(kind).public_key(), algorithm, "message", signature));
      for (const std::size_t at : {std::size_t{0}, signature.size() / 2, signature.size() - 1}) {
        std::string flipped = signature;
        flipped[at] = static_cast<char>(flipped[at] ^ 1);
        CHECK_FALSE(core::verify_signature(key, algorithm, "message", flipped));
      }
      CHECK_FALSE(core::verify_signature(key, algorithm, "message", ""));
      CHECK_FALSE(core::verify_signature(key, algorithm, "message", signature.substr(1)));
      CHECK_FALSE(core::verify_signature(key, algorithm, "message", signature + '\0'));
      CHECK_FALSE(core::verify_signature(key, algorithm, "message", std::string(signature.size(), '\0')));
      CHECK_FALSE(core::verify_signature(key, algorithm, "message", std::string(signature.size(), '\xff')));
    }
  }
}

TEST_CASE("a signature of one algorithm counts for no other") {
  for (const SignatureAlgorithm made : kAlgorithms) {
    for (const KeyKind kind : kKinds) {
      if (!core::fits(made, kind)) continue;
      const std::string signature = core::sign(test_key(kind), made, "message");
      for (const SignatureAlgorithm claimed : kAlgorithms) {
        for (const KeyKind held : kKinds) {
          const bool verified =
              core::verify_signature(test_key(held).public_key(), claimed, "message", signature);
          CHECK(verified == (made == claimed && kind == held));
        }
      }
    }
  }
}

TEST_CASE("ECDSA signatures have the fixed length of RFC 7518, however small their numbers are") {
  for (int i = 0; i < 300; ++i) {
    const std::string message = std::to_string(i);
    const std::string signature = core::sign(test_key(KeyKind::p256), SignatureAlgorithm::es256, message);
    REQUIRE(signature.size() == 64);
    REQUIRE(core::verify_signature(test_key(KeyKind::p256).public_key(), SignatureAlgorithm::es256, message,
                                   signature));
  }
  CHECK(core::sign(test_key(KeyKind::p384), SignatureAlgorithm::es384, "message").size() == 96);
}

TEST_CASE("only the exact names of asymmetric algorithms are known") {
  for (const SignatureAlgorithm algorithm : kAlgorithms) {
    CHECK(core::signature_algorithm(core::name_of(algorithm)) == algorithm);
  }
  CHECK(core::signature_algorithm("Ed25519") == SignatureAlgorithm::eddsa);
  for (const std::string_view name :
       {"", "none", "None", "nOnE", "NONE", "HS256", "HS384", "HS512", "rs256", "RS256 ", "ES512", "PS384",
        "ES256K", "RS1", "A128KW", "dir", "EDDSA"}) {
    CAPTURE(name);
    CHECK_FALSE(core::signature_algorithm(name).has_value());
  }
}

TEST_CASE("the preferred algorithm fits its key") {
  for (const KeyKind kind : kKinds) CHECK(core::fits(core::preferred_algorithm(kind), kind));
}

TEST_CASE("a set of algorithms contains what it was made of") {
  constexpr core::AlgorithmSet kTwo = {SignatureAlgorithm::rs256, SignatureAlgorithm::eddsa};
  for (const SignatureAlgorithm algorithm : kAlgorithms) {
    CHECK(kTwo.contains(algorithm) ==
          (algorithm == SignatureAlgorithm::rs256 || algorithm == SignatureAlgorithm::eddsa));
    CHECK(core::kAllAlgorithms.contains(algorithm));
  }
}

}  // namespace
