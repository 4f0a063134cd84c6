// Measured with -O2 on a Zen 4 virtual core, signature and claims together: RS256 25 us, ES256 79 us, EdDSA
// 108 us, ES384 590 us.
#include "core/crypto/jwt.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/crypto/digest.h"
#include "core/text/base64.h"
#include "tests/core/crypto/support/tokens.h"

namespace {

using core::AudienceRule;
using core::ErrorKind;
using core::Jwt;
using core::JwtRules;
using core::KeyKind;
using core::SignatureAlgorithm;
using tests::set_of;
using tests::test_key;

constexpr std::int64_t kNow = 1'795'000'000;

core::WallTime at(std::int64_t seconds) {
  return core::from_unix_seconds(seconds);
}

JwtRules rules() {
  JwtRules wanted;
  wanted.issuer = "https://id.example.com";
  wanted.audience = "gateway";
  return wanted;
}

core::Result<Jwt> check(std::string_view claims, const JwtRules& wanted, std::int64_t now = kNow) {
  return core::check_claims(core::Jws{.header = {}, .payload = std::string(claims)}, wanted, at(now));
}

// Claims that rules() accepts, with `more` in front ("\"a\":1,") and one member left out.
std::string claims(std::string_view more = "", std::string_view without = "") {
  const std::vector<std::pair<std::string, std::string>> members = {{"iss", "\"https://id.example.com\""},
                                                                    {"aud", "\"gateway\""},
                                                                    {"sub", "\"alice\""},
                                                                    {"exp", std::to_string(kNow + 300)},
                                                                    {"iat", std::to_string(kNow)}};
  std::string text = "{" + std::string(more);
  for (const auto& [name, value] : members) {
    if (name == without) continue;
    if (text.back() != '{' && text.back() != ',') text += ',';
    text += "\"" + name + "\":" + value;
  }
  if (text.back() == ',') text.pop_back();
  return text + "}";
}

std::string with(const std::string& name, const std::string& value) {
  return claims("\"" + name + "\":" + value + ",", name);
}

void check_refused(const std::string& text, const JwtRules& wanted = rules()) {
  CAPTURE(text);
  const auto jwt = check(text, wanted);
  REQUIRE_FALSE(jwt.has_value());
  CHECK(jwt.error().kind == ErrorKind::unverified);
}

TEST_CASE("a signed token with fitting claims is accepted, one signed by somebody else is not") {
  const std::string token = core::sign_jws(
      claims(), {.key = test_key(KeyKind::p256), .algorithm = SignatureAlgorithm::es256, .key_id = "k1"});
  const auto jwt = core::verify_jwt(token, set_of(test_key(KeyKind::p256), "k1"), rules(), at(kNow));
  REQUIRE(jwt.has_value());
  CHECK(jwt->subject == "alice");
  CHECK(jwt->expires == at(kNow + 300));
  CHECK(jwt->issued == at(kNow));
  CHECK(jwt->claims.string_at("iss") == "https://id.example.com");
  CHECK(core::verify_jwt(token, set_of(tests::other_key(KeyKind::p256), "k1"), rules(), at(kNow))
            .error()
            .kind == ErrorKind::unverified);
  CHECK(core::verify_jwt(token, set_of(test_key(KeyKind::p256), "k2"), rules(), at(kNow)).error().kind ==
        ErrorKind::not_found);
}

TEST_CASE("the issuer must be ours byte for byte") {
  for (const std::string issuer : {"\"https://id.example.com/\"", "\"http://id.example.com\"",
                                   "\"https://ID.example.com\"", "\"https://id.example.com.evil.example\"",
                                   "\"\"", "null", "7", "[\"https://id.example.com\"]", "{}"}) {
    check_refused(with("iss", issuer));
  }
  check_refused(claims("", "iss"));
  JwtRules nobody = rules();
  nobody.issuer = "";
  check_refused(with("iss", "\"\""), nobody);
}

TEST_CASE("an ID token's audience is us, with azp where others are named too") {
  struct Row {
    std::string audience;
    std::string party;
    bool accepted;
  };
  const std::vector<Row> rows = {
      {"\"gateway\"", "", true},
      {"[\"gateway\"]", "", true},
      {"[\"gateway\",\"gateway\"]", "", true},
      {"\"gateway\"", "\"gateway\"", true},
      {"[\"other\",\"gateway\"]", "\"gateway\"", true},
      {"[\"other\",\"gateway\"]", "", false},
      {"[\"other\",\"gateway\"]", "\"other\"", false},
      {"\"gateway\"", "\"other\"", false},
      {"\"gateway\"", "null", false},
      {"\"gateway\"", "[\"gateway\"]", false},
      {"\"gateway\"", "\"\"", false},
      {"\"other\"", "", false},
      {"\"other\"", "\"gateway\"", false},
      {"\"Gateway\"", "", false},
      {"\"gateway \"", "", false},
      {"[]", "", false},
      {"\"\"", "", false},
      {"null", "", false},
      {"7", "", false},
      {"{\"gateway\":true}", "", false},
      {"[\"gateway\",7]", "\"gateway\"", false},
      {"[\"gateway\",[\"gateway\"]]", "\"gateway\"", false},
      {"[\"gateway\",\"\"]", "\"gateway\"", false},
      {"[[\"gateway\"]]", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.audience);
    CAPTURE(row.party);
    const std::string party = row.party.empty() ? "" : "\"azp\":" + row.party + ",";
    CHECK(check(claims(party + "\"aud\":" + row.audience + ",", "aud"), rules()).has_value() == row.accepted);
  }
  check_refused(claims("", "aud"));
  std::string many = "[\"gateway\"";
  for (std::size_t i = 0; i < core::kMaxAudiences; ++i) many += ",\"gateway\"";
  check_refused(with("aud", many + "]"));
}

TEST_CASE("a machine's token names us in aud, whoever asked for it") {
  JwtRules wanted = rules();
  wanted.audience_rule = AudienceRule::resource;
  CHECK(check(claims("\"azp\":\"robot\",\"aud\":[\"other\",\"gateway\"],", "aud"), wanted).has_value());
  CHECK(check(claims("", "iat"), wanted).has_value());
  check_refused(with("aud", "[\"other\"]"), wanted);
  check_refused(claims("\"azp\":\"gateway\",", "aud"), wanted);
}

TEST_CASE("an access token of our own login names us in azp, whatever aud says") {
  JwtRules wanted = rules();
  wanted.audience_rule = AudienceRule::authorized_party;
  CHECK(check(claims("\"azp\":\"gateway\",\"aud\":\"account\",", "aud"), wanted).has_value());
  CHECK(check(claims("\"azp\":\"gateway\",", "aud"), wanted).has_value());
  check_refused(claims(), wanted);
  check_refused(claims("\"azp\":\"other\","), wanted);
}

TEST_CASE("rules without an audience accept nothing") {
  for (const AudienceRule rule :
       {AudienceRule::id_token, AudienceRule::resource, AudienceRule::authorized_party}) {
    JwtRules wanted = rules();
    wanted.audience = "";
    wanted.audience_rule = rule;
    check_refused(claims(), wanted);
    check_refused(claims("\"azp\":\"\",\"aud\":\"\",", "aud"), wanted);
  }
}

TEST_CASE("times are held against the clock with 60 seconds of skew") {
  const auto accepted = [](const std::string& text) { return check(text, rules()).has_value(); };
  const auto seconds = [](std::int64_t offset) { return std::to_string(kNow + offset); };
  CHECK(accepted(with("exp", seconds(-59))));
  CHECK_FALSE(accepted(with("exp", seconds(-60))));
  CHECK(accepted(with("iat", seconds(60))));
  CHECK_FALSE(accepted(with("iat", seconds(61))));
  CHECK(accepted(claims("\"nbf\":" + seconds(60) + ",")));
  CHECK_FALSE(accepted(claims("\"nbf\":" + seconds(61) + ",")));
  CHECK_FALSE(accepted(claims("", "exp")));
  CHECK_FALSE(accepted(claims("", "iat")));
  JwtRules strict = rules();
  strict.skew = std::chrono::seconds(0);
  CHECK(check(with("exp", seconds(1)), strict).has_value());
  CHECK_FALSE(check(with("exp", seconds(0)), strict).has_value());
}

TEST_CASE("a time that is no whole second between 1970 and 9999 is refused wherever it stands") {
  const std::vector<std::string> bad = {"1e300",
                                        "-1",
                                        "-1e300",
                                        "9007199254740993",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "18446744073709551616",
                                        "253402300800",
                                        "1795000300.5",
                                        "\"1795000300\"",
                                        "null",
                                        "true",
                                        "[1795000300]",
                                        "{}"};
  for (const std::string& value : bad) {
    for (const std::string name : {"exp", "nbf", "iat"}) check_refused(with(name, value));
  }
  check_refused(with("exp", "0"));
  check_refused(with("exp", "2147483648e-1"));
}

TEST_CASE("whole doubles and far years are times") {
  CHECK(check(with("exp", "1795000300.0"), rules())->expires == at(kNow + 300));
  CHECK(check(with("exp", "1.7950003e9"), rules())->expires == at(kNow + 300));
  // Later than a clock of nanoseconds can hold: the last time it can.
  CHECK(check(with("exp", "253402300799"), rules())->expires == at(9'000'000'000));
  CHECK(check(claims("\"nbf\":0,"), rules()).has_value());
}

TEST_CASE("the clock may stand beyond 2038 and 2106") {
  for (const std::int64_t now : {2'147'483'647LL, 2'147'483'648LL, 4'294'967'295LL, 4'294'967'296LL}) {
    const std::string later = std::to_string(now + 300);
    const std::string text =
        "{\"iss\":\"https://id.example.com\",\"aud\":\"gateway\",\"sub\":\"a\",\"iat\":" +
        std::to_string(now) + ",\"exp\":";
    CHECK(check(text + later + "}", rules(), now)->expires == at(now + 300));
    CHECK_FALSE(check(text + std::to_string(now - 61) + "}", rules(), now).has_value());
    CHECK_FALSE(check(text + "0}", rules(), now).has_value());
  }
}

TEST_CASE("the nonce must be this login's") {
  JwtRules wanted = rules();
  wanted.nonce = "n-0S6_WzA2Mj";
  CHECK(check(with("nonce", "\"n-0S6_WzA2Mj\""), wanted).has_value());
  for (const std::string value : {"\"n-0S6_WzA2Mk\"", "\"n-0S6_WzA2M\"", "\"n-0S6_WzA2Mjj\"", "\"\"", "null",
                                  "7", "[\"n-0S6_WzA2Mj\"]", "{}", "true"}) {
    check_refused(with("nonce", value), wanted);
  }
  check_refused(claims(), wanted);
  check_refused(claims("\"nonce_supported\":false,"), wanted);
  wanted.nonce = "";
  check_refused(with("nonce", "\"\""), wanted);
  check_refused(claims(), wanted);
}

TEST_CASE("the subject is a short text that is there") {
  for (const std::string& value :
       std::vector<std::string>{"\"\"", "null", "7", "[]", "\"" + std::string(256, 'a') + "\""}) {
    check_refused(with("sub", value));
  }
  check_refused(claims("", "sub"));
  CHECK(check(with("sub", "\"" + std::string(255, 'a') + "\""), rules()).has_value());
  JwtRules wanted = rules();
  wanted.subject_rule = core::SubjectRule::optional;
  CHECK(check(claims("", "sub"), wanted)->subject.empty());
  check_refused(with("sub", "7"), wanted);
}

TEST_CASE("where types are named, a token of another type is refused") {
  JwtRules wanted = rules();
  wanted.types = {"logout+jwt", "JWT"};
  const auto accepted = [&](std::string type) {
    return core::check_claims({.header = {.type = std::move(type)}, .payload = claims()}, wanted, at(kNow))
        .has_value();
  };
  CHECK(accepted("logout+jwt"));
  CHECK(accepted("application/logout+jwt"));
  CHECK(accepted("jwt"));
  CHECK_FALSE(accepted("at+jwt"));
  CHECK_FALSE(accepted("application/"));
  CHECK_FALSE(accepted(""));
  wanted.types.emplace_back();
  CHECK(accepted(""));
}

TEST_CASE("claims that are no JSON object of unique members are refused") {
  for (const std::string text :
       {"", "[]", "\"x\"", "null", "{", "<html>", "{\"sub\":\"a\",\"sub\":\"b\"}", "{}x"}) {
    CAPTURE(text);
    CHECK(check(text, rules()).error().kind == ErrorKind::malformed);
  }
  CHECK(check(std::string(100'000, '['), rules()).error().kind == ErrorKind::malformed);
  CHECK(check(claims("\"sub\":\"mallory\","), rules()).error().kind == ErrorKind::malformed);
}

TEST_CASE("at_hash binds the access token to the ID token") {
  // OpenID Connect Core A.3 and A.4: a token of RS256.
  const std::string access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
  Jwt jwt = check(with("at_hash", "\"77QmUPtjPfzWtF2AnpK9RQ\""), rules()).value();
  CHECK(core::check_access_token_hash(jwt, access_token).has_value());
  CHECK_FALSE(core::check_access_token_hash(jwt, access_token + "x").has_value());
  CHECK_FALSE(core::check_access_token_hash(jwt, "").has_value());
  jwt.header.algorithm = SignatureAlgorithm::es384;
  CHECK_FALSE(core::check_access_token_hash(jwt, access_token).has_value());
  jwt.claims.set("at_hash", core::base64url_encode(core::view_of(core::sha384("t")).substr(0, 24)));
  CHECK(core::check_access_token_hash(jwt, "t").has_value());
  jwt.header.algorithm = SignatureAlgorithm::eddsa;
  jwt.claims.set("at_hash", core::base64url_encode(core::view_of(core::sha512("t")).substr(0, 32)));
  CHECK(core::check_access_token_hash(jwt, "t").has_value());
  jwt.claims.set("at_hash", core::Json());
  CHECK_FALSE(core::check_access_token_hash(jwt, "t").has_value());
  CHECK(core::check_access_token_hash(check(claims(), rules()).value(), "t").has_value());
}

TEST_CASE("the issuer that a token claims is read without verifying it") {
  CHECK(core::unverified_issuer(tests::token_of("{}", R"({"iss":"https://a.example"})", "x")) ==
        "https://a.example");
  for (const std::string payload : {"{}", "[]", R"({"iss":7})", R"({"iss":"a","iss":"b"})", "x"}) {
    CHECK_FALSE(core::unverified_issuer(tests::token_of("{}", payload, "x")).has_value());
  }
  CHECK_FALSE(core::unverified_issuer("opaque").has_value());
}

}  // namespace
