#include "core/crypto/jwk.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/text/base64.h"
#include "core/text/json.h"
#include "tests/core/crypto/support/tokens.h"

namespace {

using core::KeyKind;
using core::KeySet;
using core::SignatureAlgorithm;
using tests::test_key;

// RFC 7638 section 3.1.
constexpr std::string_view kModulus =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
    "BJECPebWKRXjBZCiFV4n3oknj"
    "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
    "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
    "kEgU8awapJzK"
    "nqDKgw";
constexpr std::string_view kEcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kEcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

std::string rsa_jwk(std::string_view more) {
  return R"({"kty":"RSA","n":")" + std::string(kModulus) + R"(","e":"AQAB")" + std::string(more) + "}";
}
std::string ec_jwk(std::string_view more) {
  return R"({"kty":"EC","crv":"P-256","x":")" + std::string(kEcX) + R"(","y":")" + std::string(kEcY) +
         R"(")" + std::string(more) + "}";
}
KeySet parsed(const std::string& keys) {
  return KeySet::parse(R"({"keys":[)" + keys + "]}").value();
}

TEST_CASE("thumbprints are those of RFC 7638 and RFC 8037") {
  const KeySet set =
      parsed(rsa_jwk(R"(,"alg":"RS256","kid":"2011-04-29")") +
             R"(,{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  REQUIRE(set.keys().size() == 2);
  CHECK(core::thumbprint(set.keys()[0].key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  CHECK(core::thumbprint(set.keys()[1].key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  CHECK(set.keys()[0].id == "2011-04-29");
  CHECK(set.keys()[0].algorithm == SignatureAlgorithm::rs256);
  CHECK_FALSE(set.keys()[1].id.has_value());
}

TEST_CASE("keys that may verify signatures are taken") {
  for (const std::string& jwk :
       {rsa_jwk(""), rsa_jwk(R"(,"use":"sig")"), rsa_jwk(R"(,"key_ops":["verify"])"),
        rsa_jwk(R"(,"key_ops":["sign","verify"],"x5c":["AAAA"],"x5u":"https://a.example","x5t":1)"),
        rsa_jwk(R"(,"alg":"PS256")"), ec_jwk(R"(,"alg":"ES256")"), ec_jwk(R"(,"kid":"")")}) {
    CAPTURE(jwk);
    const KeySet set = parsed(jwk);
    CHECK(set.keys().size() == 1);
    CHECK(set.skipped() == 0);
  }
}

TEST_CASE("unusable keys are skipped and leave the others in force") {
  struct Row {
    std::string jwk;
    std::string_view why;
  };
  const std::vector<Row> rows = {
      {R"({"kty":"oct","k":"c2VjcmV0"})", "symmetric"},
      {rsa_jwk(R"(,"k":"c2VjcmV0")"), "RSA with a symmetric member"},
      {rsa_jwk(R"(,"d":"AQAB")"), "a private key, published"},
      {rsa_jwk(R"(,"use":"enc")"), "for encryption"},
      {rsa_jwk(R"(,"use":["sig"])"), "use of another type"},
      {rsa_jwk(R"(,"key_ops":["encrypt"])"), "operations without verify"},
      {rsa_jwk(R"(,"key_ops":"verify")"), "operations of another type"},
      {rsa_jwk(R"(,"alg":"HS256")"), "symmetric algorithm"},
      {rsa_jwk(R"(,"alg":"none")"), "none"},
      {rsa_jwk(R"(,"alg":"ES256")"), "an algorithm of another kind"},
      {rsa_jwk(R"(,"alg":"RSA-OAEP")"), "an encryption algorithm"},
      {rsa_jwk(R"(,"alg":7)"), "alg of another type"},
      {rsa_jwk(R"(,"kid":7)"), "kid of another type"},
      {rsa_jwk(R"(,"kid":")" + std::string(core::kMaxKeyIdBytes + 1, 'a') + "\""), "kid too long"},
      {ec_jwk(R"(,"alg":"ES384")"), "another curve's algorithm"},
      {R"({"kty":"RSA","n":"AQAB","e":"AQAB"})", "RSA of 17 bits"},
      {R"({"kty":"RSA","n":")" + core::base64url_encode(std::string(64, '\xff')) + R"(","e":"AQAB"})",
       "RSA 512"},
      {R"({"kty":"RSA","n":")" + std::string(kModulus) + R"("})", "no exponent"},
      {R"({"kty":"RSA","n":")" + std::string(kModulus) + R"(==","e":"AQAB"})", "padding"},
      {R"({"kty":"EC","crv":"P-256","x":")" + std::string(kEcY) + R"(","y":")" + std::string(kEcX) + R"("})",
       "off the curve"},
      {R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})", "another curve"},
      {R"({"kty":"EC","crv":"P-256","x":")" + std::string(kEcX) + R"("})", "no y"},
      {R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
       "no signature key"},
      {R"({"kty":"rsa","n":"AQAB","e":"AQAB"})", "kty in another case"},
      {R"({})", "nothing"},
      {R"("key")", "a string"},
      {R"([])", "an array"},
      {R"(null)", "null"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const KeySet set = parsed(row.jwk + "," + ec_jwk(R"(,"kid":"good")"));
    CHECK(set.skipped() == 1);
    REQUIRE(set.keys().size() == 1);
    CHECK(set.keys()[0].id == "good");
  }
}

TEST_CASE("what is no key set is refused") {
  const std::string many = [] {
    std::string keys = ec_jwk("");
    for (std::size_t i = 0; i < core::kMaxKeySetKeys; ++i) keys += "," + ec_jwk("");
    return R"({"keys":[)" + keys + "]}";
  }();
  struct Row {
    std::string text;
    std::string_view why;
  };
  const std::vector<Row> rows = {
      {"", "empty"},
      {"<html>", "HTML"},
      {"{}", "no list"},
      {"[]", "an array"},
      {"null", "null"},
      {R"({"keys":{}})", "an object for the list"},
      {R"({"keys":"x"})", "a string for the list"},
      {R"({"keys":[],"keys":[]})", "duplicate member"},
      {R"({"keys":[]}x)", "text behind it"},
      {many, "65 keys"},
      {R"({"keys":[")" + std::string(core::kMaxKeySetBytes, 'a') + R"("]})", "over 256 KiB"},
      {R"({"keys":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}", "deep nesting"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto set = KeySet::parse(row.text);
    REQUIRE_FALSE(set.has_value());
    CHECK(set.error().side == core::Side::provider);
  }
}

TEST_CASE("an empty list is a set in which nothing verifies") {
  const auto set = KeySet::parse(R"({"keys":[]})");
  REQUIRE(set.has_value());
  CHECK(set->keys().empty());
}

TEST_CASE("written sets read back and hold no private number") {
  std::vector<core::VerificationKey> keys;
  for (const KeyKind kind : {KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::ed25519}) {
    const core::PublicKey key = test_key(kind).public_key();
    keys.push_back({key, core::thumbprint(key), core::preferred_algorithm(kind)});
  }
  const std::string text = core::to_key_set(keys);
  CHECK(text.find("\"d\"") == std::string::npos);
  const auto set = KeySet::parse(text);
  REQUIRE(set.has_value());
  REQUIRE(set->keys().size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CHECK(set->keys()[i].id == keys[i].id);
    CHECK(set->keys()[i].algorithm == keys[i].algorithm);
    CHECK(core::thumbprint(set->keys()[i].key) == keys[i].id);
  }
}

TEST_CASE("the canonical form has the required members in order and no white space") {
  const KeySet set = parsed(ec_jwk(R"(,"kid":"a","use":"sig")"));
  CHECK(core::canonical_jwk(set.keys()[0].key) == R"({"crv":"P-256","kty":"EC","x":")" + std::string(kEcX) +
                                                      R"(","y":")" + std::string(kEcY) + R"("})");
}

}  // namespace
