#include "core/crypto/jws.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/crypto/digest.h"
#include "core/text/base64.h"
#include "tests/core/crypto/support/tokens.h"

namespace {

using core::ErrorKind;
using core::kAllAlgorithms;
using core::KeyKind;
using core::KeySet;
using core::SignatureAlgorithm;
using core::verify_jws;
using tests::hmac_token;
using tests::other_key;
using tests::set_of;
using tests::signed_token;
using tests::test_key;
using tests::token_of;

constexpr std::string_view kPayload = R"({"sub":"alice"})";
constexpr std::string_view kRfcPayload =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

ErrorKind refusal_of(std::string_view token, const KeySet& keys,
                     core::AlgorithmSet allowed = kAllAlgorithms) {
  const auto verified = verify_jws(token, keys, allowed);
  REQUIRE_FALSE(verified.has_value());
  return verified.error().kind;
}

TEST_CASE("the examples of RFC 7515 A.2 and A.3 and of RFC 8037 A.4 verify") {
  const KeySet rsa =
      KeySet::parse(
          R"({"keys":[{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]})")
          .value();
  const auto by_rsa = verify_jws(
      "eyJhbGciOiJSUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c"
      "nVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
      "O8W2Fp5jujGbds9uJdb"
      "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
      "eSN9383LcOLn6"
      "_dO--xi12jzDwusC-"
      "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
      "cN_IoypGlUPQGe77Rw",
      rsa, {SignatureAlgorithm::rs256});
  REQUIRE(by_rsa.has_value());
  CHECK(by_rsa->payload == kRfcPayload);

  const KeySet ec =
      KeySet::parse(
          R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})")
          .value();
  const auto by_ec = verify_jws(
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c"
      "nVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      ec, {SignatureAlgorithm::es256});
  REQUIRE(by_ec.has_value());
  CHECK(by_ec->payload == kRfcPayload);

  const KeySet okp =
      KeySet::parse(
          R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})")
          .value();
  const auto by_okp = verify_jws(
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
      "09PGcvMg3AIbQR6dWbhijcNR4"
      "ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
      okp, {SignatureAlgorithm::eddsa});
  REQUIRE(by_okp.has_value());
  CHECK(by_okp->payload == "Example of Ed25519 signing");
}

TEST_CASE("what sign_jws makes verifies and says its key and type") {
  for (const KeyKind kind : {KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::ed25519}) {
    const std::string token = core::sign_jws(kPayload, {.key = test_key(kind),
                                                        .algorithm = core::preferred_algorithm(kind),
                                                        .key_id = "k1",
                                                        .type = "at+jwt"});
    const auto verified = verify_jws(token, set_of(test_key(kind), "k1"), kAllAlgorithms);
    REQUIRE(verified.has_value());
    CHECK(verified->payload == kPayload);
    CHECK(verified->header.key_id == "k1");
    CHECK(verified->header.type == "at+jwt");
    CHECK(verified->header.algorithm == core::preferred_algorithm(kind));
  }
}

TEST_CASE("alg none is refused in every spelling, with and without a signature") {
  const KeySet keys = set_of(test_key(KeyKind::rsa), "");
  for (const std::string_view header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"nOnE"})", R"({"alg":"NONE"})", R"({"alg":""})",
        R"({"alg":null})", R"({"alg":["RS256"]})", R"({"alg":{"a":"RS256"}})", R"({"alg":256})", R"({})",
        R"({"ALG":"RS256"})", R"({"alg":"RS256 "})", R"({"alg":"rs256"})"}) {
    CAPTURE(header);
    CHECK(refusal_of(token_of(header, kPayload, ""), keys) == ErrorKind::unsupported);
    CHECK(refusal_of(token_of(header, kPayload, "x"), keys) == ErrorKind::unsupported);
    CHECK(refusal_of(signed_token(header, kPayload, test_key(KeyKind::rsa), SignatureAlgorithm::rs256),
                     keys) == ErrorKind::unsupported);
  }
  CHECK(refusal_of(token_of(R"({"alg":"RS256"})", kPayload, ""), keys) == ErrorKind::malformed);
}

TEST_CASE("HMAC tokens are refused, whatever public text or client secret made them") {
  const core::PublicKey key = test_key(KeyKind::rsa).public_key();
  const KeySet keys = set_of(test_key(KeyKind::rsa), "k1");
  const std::vector<std::string> secrets = {key.to_pem(),
                                            core::to_jwk({key, "k1", std::nullopt}),
                                            core::canonical_jwk(key),
                                            key.numbers().first,
                                            core::base64url_encode(key.numbers().first),
                                            "client-secret",
                                            ""};
  for (const std::string& secret : secrets) {
    for (const std::string_view header : {R"({"alg":"HS256"})", R"({"alg":"HS256","kid":"k1"})"}) {
      CHECK(refusal_of(hmac_token(header, kPayload, secret), keys) == ErrorKind::unsupported);
    }
    CHECK(refusal_of(hmac_token(R"({"alg":"RS256","kid":"k1"})", kPayload, secret), keys) ==
          ErrorKind::unverified);
  }
}

TEST_CASE("an algorithm that the caller does not allow is refused, though the signature is right") {
  const KeySet keys = set_of(test_key(KeyKind::rsa), "");
  const std::string token =
      signed_token(R"({"alg":"RS512"})", kPayload, test_key(KeyKind::rsa), SignatureAlgorithm::rs512);
  CHECK(verify_jws(token, keys, kAllAlgorithms).has_value());
  CHECK(refusal_of(token, keys, {SignatureAlgorithm::rs256}) == ErrorKind::unsupported);
  CHECK(refusal_of(token, keys, {}) == ErrorKind::unsupported);
}

TEST_CASE("the algorithm must be that of the key and its alg member") {
  const std::string token = signed_token(R"({"alg":"RS256","kid":"k1"})", kPayload, test_key(KeyKind::rsa),
                                         SignatureAlgorithm::rs256);
  CHECK(refusal_of(token, set_of(test_key(KeyKind::p256), "k1")) == ErrorKind::unverified);
  const core::PublicKey key = test_key(KeyKind::rsa).public_key();
  CHECK(refusal_of(token, KeySet({{key, "k1", SignatureAlgorithm::ps256}})) == ErrorKind::unverified);
  CHECK(verify_jws(token, KeySet({{key, "k1", SignatureAlgorithm::rs256}}), kAllAlgorithms).has_value());
  // The header claims another algorithm than the one that signed.
  CHECK(refusal_of(signed_token(R"({"alg":"PS256","kid":"k1"})", kPayload, test_key(KeyKind::rsa),
                                SignatureAlgorithm::rs256),
                   set_of(test_key(KeyKind::rsa), "k1")) == ErrorKind::unverified);
}

TEST_CASE("an unknown key id is told apart from a wrong signature") {
  const KeySet keys = set_of(test_key(KeyKind::p256), "k1");
  const auto token = [](std::string_view header, const core::PrivateKey& key) {
    return signed_token(header, kPayload, key, SignatureAlgorithm::es256);
  };
  const std::string_view named = R"({"alg":"ES256","kid":"k1"})";
  CHECK(verify_jws(token(named, test_key(KeyKind::p256)), keys, kAllAlgorithms).has_value());
  CHECK(refusal_of(token(named, other_key(KeyKind::p256)), keys) == ErrorKind::unverified);
  for (const std::string_view unknown : {R"({"alg":"ES256","kid":"k2"})", R"({"alg":"ES256","kid":"K1"})",
                                         R"({"alg":"ES256","kid":"k1 "})", R"({"alg":"ES256","kid":""})"}) {
    CHECK(refusal_of(token(unknown, test_key(KeyKind::p256)), keys) == ErrorKind::not_found);
  }
  // A key without an id is not meant by a token that names one.
  CHECK(refusal_of(token(named, test_key(KeyKind::p256)), set_of(test_key(KeyKind::p256), "")) ==
        ErrorKind::not_found);
  CHECK(refusal_of(token(named, test_key(KeyKind::p256)), KeySet()) == ErrorKind::not_found);
}

TEST_CASE("without a key id the fitting keys are tried, but not without bound") {
  const std::string token =
      signed_token(R"({"alg":"ES256"})", kPayload, test_key(KeyKind::p256), SignatureAlgorithm::es256);
  const auto set_with = [](std::size_t others) {
    std::vector<core::VerificationKey> keys(others,
                                            {other_key(KeyKind::p256).public_key(), "other", std::nullopt});
    keys.push_back({test_key(KeyKind::rsa).public_key(), "rsa", std::nullopt});
    keys.push_back({test_key(KeyKind::p256).public_key(), "right", std::nullopt});
    return KeySet(keys);
  };
  CHECK(verify_jws(token, set_with(0), kAllAlgorithms).has_value());
  CHECK(verify_jws(token, set_with(core::kMaxTriedKeys - 1), kAllAlgorithms).has_value());
  CHECK(refusal_of(token, set_with(core::kMaxTriedKeys)) == ErrorKind::not_found);
  CHECK(refusal_of(token, set_of(other_key(KeyKind::p256), "other")) == ErrorKind::not_found);
}

TEST_CASE("two keys of one id are both tried") {
  const std::string token = signed_token(R"({"alg":"ES256","kid":"k"})", kPayload, test_key(KeyKind::p256),
                                         SignatureAlgorithm::es256);
  const KeySet keys({{test_key(KeyKind::rsa).public_key(), "k", std::nullopt},
                     {other_key(KeyKind::p256).public_key(), "k", std::nullopt},
                     {test_key(KeyKind::p256).public_key(), "k", std::nullopt}});
  CHECK(verify_jws(token, keys, kAllAlgorithms).has_value());
}

TEST_CASE("critical extensions are refused, keys and addresses in the header are ignored") {
  const KeySet keys = set_of(test_key(KeyKind::p256), "");
  const auto token = [](const std::string& header, const core::PrivateKey& key) {
    return signed_token(header, kPayload, key, SignatureAlgorithm::es256);
  };
  for (const std::string header :
       {R"({"alg":"ES256","crit":["exp"],"exp":1})", R"({"alg":"ES256","crit":[]})",
        R"({"alg":"ES256","crit":null})", R"({"alg":"ES256","b64":false,"crit":["b64"]})",
        R"({"alg":"ES256","b64":true})"}) {
    CAPTURE(header);
    CHECK(refusal_of(token(header, test_key(KeyKind::p256)), keys) == ErrorKind::unsupported);
  }
  const std::string own_key =
      R"({"alg":"ES256","jku":"https://evil.example/keys","x5u":"https://evil.example/x","x5c":["AAAA"],"jwk":)" +
      core::to_jwk({other_key(KeyKind::p256).public_key(), std::nullopt, std::nullopt}) + "}";
  CHECK(refusal_of(token(own_key, other_key(KeyKind::p256)), keys) == ErrorKind::not_found);
  CHECK(verify_jws(token(own_key, test_key(KeyKind::p256)), keys, kAllAlgorithms).has_value());
}

TEST_CASE("what is no compact token of three parts is refused") {
  const KeySet keys = set_of(test_key(KeyKind::p256), "");
  const std::string good =
      signed_token(R"({"alg":"ES256"})", kPayload, test_key(KeyKind::p256), SignatureAlgorithm::es256);
  REQUIRE(verify_jws(good, keys, kAllAlgorithms).has_value());
  const std::string header = core::base64url_encode(R"({"alg":"ES256"})");
  struct Row {
    std::string token;
    std::string_view why;
  };
  const std::vector<Row> rows = {
      {"", "empty"},
      {".", "one dot"},
      {"..", "two dots alone"},
      {good.substr(0, good.rfind('.')), "two parts"},
      {good.substr(0, good.rfind('.') + 1), "an empty signature"},
      {good + ".", "a third dot"},
      {good + ".a.b", "five parts"},
      {R"({"alg":"RSA-OAEP","enc":"A256GCM"})", "a JWE header alone"},
      {core::base64url_encode(R"({"alg":"dir","enc":"A256GCM"})") + "..AAAA.AAAA.AAAA", "JWE"},
      {R"({"payload":"e30","signatures":[{"protected":"e30","signature":"AA"}]})", "JSON serialization"},
      {R"({"payload":"e30","protected":"e30","signature":"AA"})", "flattened JSON serialization"},
      {std::string(60'000, '.'), "only dots"},
      {" " + good, "white space in front"},
      {good + "\n", "a line end"},
      {good + "=", "padding"},
      {header + "=." + good.substr(good.find('.') + 1), "padding in the header"},
      {header + ".e30.!!!!", "another alphabet"},
      {header + ".e30.+/+/", "the standard alphabet"},
      {core::base64url_encode("[]") + ".e30.AAAA", "an array for a header"},
      {core::base64url_encode("null") + ".e30.AAAA", "null for a header"},
      {core::base64url_encode(R"({"alg":"ES256"}x)") + ".e30.AAAA", "text behind the header"},
      {core::base64url_encode(R"({"alg":"ES256","alg":"ES256"})") + ".e30.AAAA", "a duplicate member"},
      {core::base64url_encode(R"({"alg":"ES256","n":1e400})") + ".e30.AAAA", "a number beyond doubles"},
      {core::base64url_encode("{\"alg\":\"ES256\",\"s\":\"\\ud800\"}") + ".e30.AAAA", "a lone surrogate"},
      {core::base64url_encode(std::string(3000, '[') + std::string(3000, ']')) + ".e30.AAAA", "nesting"},
      {core::base64url_encode(R"({"alg":"ES256","kid":7})") + ".e30.AAAA", "kid of another type"},
      {core::base64url_encode(R"({"alg":"ES256","typ":7})") + ".e30.AAAA", "typ of another type"},
      {core::base64url_encode(R"({"alg":"ES256","kid":")" + std::string(600, 'k') + R"("})") + ".e30.AAAA",
       "long kid"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(refusal_of(row.token, keys) == ErrorKind::malformed);
  }
}

TEST_CASE("tokens and headers over their limits are refused as too large") {
  const KeySet keys = set_of(test_key(KeyKind::p256), "");
  CHECK(refusal_of(std::string(1'000'000, '.'), keys) == ErrorKind::too_large);
  CHECK(refusal_of(std::string(core::kMaxTokenBytes + 1, 'a'), keys) == ErrorKind::too_large);
  const std::string header =
      R"({"alg":"ES256","x":")" + std::string(core::kMaxTokenHeaderBytes, 'x') + R"("})";
  CHECK(refusal_of(token_of(header, kPayload, "signature"), keys) == ErrorKind::too_large);
  const std::string large(45'000, ' ');
  CHECK(verify_jws(
            signed_token(R"({"alg":"ES256"})", large, test_key(KeyKind::p256), SignatureAlgorithm::es256),
            keys, kAllAlgorithms)
            ->payload == large);
}

TEST_CASE("a byte changed anywhere in a token makes it invalid") {
  const KeySet keys = set_of(test_key(KeyKind::ed25519), "k1");
  const std::string good = core::sign_jws(
      kPayload, {.key = test_key(KeyKind::ed25519), .algorithm = SignatureAlgorithm::eddsa, .key_id = "k1"});
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK_FALSE(verify_jws(changed, keys, kAllAlgorithms).has_value());
  }
}

TEST_CASE("the unverified payload is read from a well-formed token alone") {
  CHECK(core::unverified_payload(token_of("{}", "text", "x")) == "text");
  CHECK_FALSE(core::unverified_payload("a.b").has_value());
  CHECK_FALSE(core::unverified_payload("a.!.c").has_value());
  CHECK_FALSE(core::unverified_payload("a.b.c.d.e").has_value());
}

}  // namespace
