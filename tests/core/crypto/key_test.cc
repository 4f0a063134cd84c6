#include "core/crypto/key.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/crypto/signature.h"
#include "tests/core/crypto/support/tokens.h"

namespace {

using core::KeyKind;
using core::PrivateKey;
using core::PublicKey;
using core::PublicNumbers;
using core::Secret;
using tests::test_key;

const std::vector<KeyKind> kKinds = {KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::ed25519};

constexpr std::string_view kRsa1024 = R"(-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCnngO9bGTND+0gR/1MkFyrLqzu
LXTrBF03MmKpuENNRXCNO35FNzgTjerbvemI16gzB37TQlyjSFbGoca+VBFha2tN
ed0z9KGbOd+F4AncVk6RdvjfwUsp/qo4/wBG4gbFKqnEToFodRIeu2THkyUxcPTY
LKR4tgDq1U647LWgrQIDAQAB
-----END PUBLIC KEY-----
)";
constexpr std::string_view kSecp256k1 = R"(-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE4o7IihZSyUpWyWUSYcu/x8TAHtXt9/IX
6JVR5fTbjaMqCqHXUl3eTR5S8Shyb7pqJUsG15STywpL8D16BKGDNQ==
-----END PUBLIC KEY-----
)";
constexpr std::string_view kExplicitCurve = R"(-----BEGIN PUBLIC KEY-----
MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABNFUYk/Y3bZBh/BAqnqOxj88
AhIdJO5KbydaBYtfB5skoTUVQhfoxAYUsOU9cZSF8PdTQrkP84JhXJVUh+AizU4=
-----END PUBLIC KEY-----
)";
constexpr std::string_view kEd448 = R"(-----BEGIN PUBLIC KEY-----
MEMwBQYDK2VxAzoAwFwdNGP03uKeg10RyY0QKu20GSf88B8HoG3XwckVOtSF080c
NXFbjoD8batBQRgdiTXe/ebBrzUA
-----END PUBLIC KEY-----
)";
constexpr std::string_view kX25519 = R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VuAyEAtUbCbjUGrhCPjxOX4KSyq0LxZSFm/a3sfbeYmm9hln4=
-----END PUBLIC KEY-----
)";
// A P-256 number with the point of another key.
constexpr std::string_view kTwoHalves = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIJ6mMpRG4fuquqSeceH3/JyVfQqRPKx1WL5aQ3vpDPVqoAoGCCqGSM49
AwEHoUQDQgAEtowArP3NJaI9Vq6S/icoxLRiyq2hbsc3VHv6iziwULPLGLKK4tOe
aCP6ajxvyGmCEyZ1XWsBvP9m/yWWmYckXw==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view kSec1 = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEINuQxf+lLhL5jbTECxtY5XTjsjjrqWZSyfUiKJqF1q4ooAoGCCqGSM49
AwEHoUQDQgAEXdZxMKv+M3GdLbX9K45vmFZSqG7WH2pdld09v85XjWWDyIWfzgrV
IqdILD4O/abQYxNUXcjT25FpKWSpK9Wueg==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view kEncrypted = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhw0/qhxhXZAwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEED1VDDEJROnobhWzghJ/pmAEgZD5
nBx+/itzKxFKQ/YAt1T5EK36uPz0xwranuinuqxJwbCXxn0fXQqj8DPMxRksSOri
p50OTZqugDONj1DqHltNy6CQJO63DuraLWWjdaLnbpz15LOcQBTbolcYBEoneGj4
9cR6bSe8nKzJCwpDkAI24ZO+JCS9UYJx+zUxS2PF/cNf2epmXLxmAS03z+DM46w=
-----END ENCRYPTED PRIVATE KEY-----
)";

TEST_CASE("keys of every kind survive PEM and numbers in both halves") {
  for (const KeyKind kind : kKinds) {
    const PrivateKey& made = test_key(kind);
    CHECK(made.kind() == kind);
    const auto again = PrivateKey::from_pem(made.to_pem());
    REQUIRE(again.has_value());
    CHECK(again->kind() == kind);
    const std::string signature = core::sign(*again, core::preferred_algorithm(kind), "message");

    const auto from_pem = PublicKey::from_pem(made.public_key().to_pem());
    REQUIRE(from_pem.has_value());
    CHECK(core::verify_signature(*from_pem, core::preferred_algorithm(kind), "message", signature));
    const auto from_numbers = PublicKey::from_numbers(made.public_key().numbers());
    REQUIRE(from_numbers.has_value());
    CHECK(from_numbers->kind() == kind);
    CHECK(core::verify_signature(*from_numbers, core::preferred_algorithm(kind), "message", signature));
  }
}

TEST_CASE("private keys are written as unencrypted PKCS #8") {
  const Secret pem = test_key(KeyKind::p256).to_pem();
  CHECK(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  CHECK(test_key(KeyKind::p256).public_key().to_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
}

TEST_CASE("the older form of EC keys is read") {
  const auto key = PrivateKey::from_pem(Secret(std::string(kSec1)));
  REQUIRE(key.has_value());
  CHECK(key->kind() == KeyKind::p256);
}

TEST_CASE("weak and foreign public keys are refused") {
  for (const std::string_view pem : {kRsa1024, kSecp256k1, kExplicitCurve, kEd448, kX25519}) {
    const auto key = PublicKey::from_pem(pem);
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().kind == core::ErrorKind::unsupported);
  }
}

TEST_CASE("private keys that are encrypted, of two halves or no keys are refused") {
  for (const std::string_view pem :
       {kTwoHalves, kEncrypted, kRsa1024, std::string_view("secret"), std::string_view()}) {
    const auto key = PrivateKey::from_pem(Secret(std::string(pem)));
    REQUIRE_FALSE(key.has_value());
    CHECK(key.error().text.find("secret") == std::string::npos);
  }
  CHECK(PrivateKey::from_pem(Secret(std::string(core::kMaxKeyText + 1, 'a'))).error().kind ==
        core::ErrorKind::too_large);
  CHECK_FALSE(PublicKey::from_pem(std::string(test_key(KeyKind::p256).to_pem().reveal())).has_value());
}

TEST_CASE("numbers off the curve, of another length or of weak RSA make no key") {
  const PublicNumbers p256 = test_key(KeyKind::p256).public_key().numbers();
  const PublicNumbers rsa = test_key(KeyKind::rsa).public_key().numbers();
  const std::string ed25519 = test_key(KeyKind::ed25519).public_key().numbers().first;
  REQUIRE(rsa.first.size() == 256);
  std::string off_curve = p256.second;
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  std::string even = rsa.first;
  even.back() = static_cast<char>(even.back() & ~1);
  const auto odd_of = [](std::size_t bytes) { return std::string(bytes, '\xff'); };
  struct Row {
    PublicNumbers numbers;
    std::string_view why;
  };
  const std::vector<Row> rows = {
      {{KeyKind::p256, p256.first, off_curve}, "off the curve"},
      {{KeyKind::p256, p256.second, p256.first}, "x and y exchanged"},
      {{KeyKind::p256, std::string(32, '\0'), std::string(32, '\0')}, "zero"},
      {{KeyKind::p256, std::string(32, '\xff'), std::string(32, '\xff')}, "beyond the field"},
      {{KeyKind::p256, p256.first.substr(1), p256.second}, "short x"},
      {{KeyKind::p256, '\0' + p256.first, p256.second}, "long x"},
      {{KeyKind::p256, p256.first, ""}, "no y"},
      {{KeyKind::p384, p256.first, p256.second}, "another curve"},
      {{KeyKind::rsa, odd_of(64), rsa.second}, "512 bits"},
      {{KeyKind::rsa, odd_of(128), rsa.second}, "1024 bits"},
      {{KeyKind::rsa, '\x7f' + odd_of(255), rsa.second}, "2047 bits"},
      {{KeyKind::rsa, odd_of(1025), rsa.second}, "8200 bits"},
      {{KeyKind::rsa, odd_of(5000), rsa.second}, "far too long"},
      {{KeyKind::rsa, even, rsa.second}, "even modulus"},
      {{KeyKind::rsa, rsa.first, std::string(1, '\x01')}, "exponent 1"},
      {{KeyKind::rsa, rsa.first, std::string(1, '\x02')}, "even exponent"},
      {{KeyKind::rsa, rsa.first, std::string(1, '\0')}, "exponent 0"},
      {{KeyKind::rsa, rsa.first, odd_of(9)}, "exponent over 64 bits"},
      {{KeyKind::rsa, rsa.first, ""}, "no exponent"},
      {{KeyKind::rsa, "", rsa.second}, "no modulus"},
      {{KeyKind::ed25519, ed25519.substr(1), ""}, "31 bytes"},
      {{KeyKind::ed25519, ed25519 + "a", ""}, "33 bytes"},
      {{KeyKind::ed25519, ed25519, "a"}, "a second number"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(PublicKey::from_numbers(row.numbers).has_value());
  }
  CHECK(PublicKey::from_numbers({KeyKind::rsa, '\0' + rsa.first, rsa.second}).has_value());
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

TEST_CASE("a key from a seed is the point that the arithmetic of the curve gives") {
  std::string counting;
  for (char c = 0; c < 40; ++c) counting.push_back(c);
  struct Row {
    std::string seed;
    std::string x;
    std::string y;
  };
  // Computed by another program: (seed mod (n − 1)) + 1 times the base point.
  for (const Row& row :
       {Row{std::string(40, '\0'), "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
        Row{counting, "5d2865562c5094ab088c41e503ddad4dccb8c766132c7c6aeeca7b9058e12238",
            "c9a5311631b532f1bb79cd5bababa8ffef6b51eb7105ea4c1e00288f63c9b86d"},
        Row{std::string(40, '\xff'), "a304c2b24d8bfb8fc0dcdd2ac0d47ae5ad279034c5418ac606bb232abf3984d7",
            "4e7dfc62cd421952c2c39fe28d7147b95754cc65c875be614230f1ae5f1b45bc"}}) {
    const PrivateKey key = PrivateKey::from_seed(Secret(row.seed));
    CHECK(hex_of(key.public_key().numbers().first) == row.x);
    CHECK(hex_of(key.public_key().numbers().second) == row.y);
    // Reading it checks that both halves belong together.
    CHECK(PrivateKey::from_pem(key.to_pem()).has_value());
    const std::string signature = core::sign(key, core::SignatureAlgorithm::es256, "text");
    CHECK(core::verify_signature(key.public_key(), core::SignatureAlgorithm::es256, "text", signature));
  }
}

}  // namespace
