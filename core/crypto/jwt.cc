#include "core/crypto/jwt.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "core/crypto/digest.h"
#include "core/text/base64.h"

namespace core {

namespace {

// The end of the year 9999: what RFC 3339 can write.
constexpr std::int64_t kLastSecond = 253'402'300'799;
// In 2255; WallTime counts nanoseconds in 64 bits and ends in 2262.
constexpr std::int64_t kLastWallSecond = 9'000'000'000;

std::unexpected<Error> refuse(std::string_view why) {
  return failure(ErrorKind::unverified, Side::client, std::string(why));
}

std::optional<std::int64_t> whole_seconds(const Json& value) {
  if (const std::optional<std::int64_t> integer = value.as_integer()) return integer;
  const std::optional<double> number = value.as_number();
  // The range comes first: converting a double beyond it would be undefined.
  if (!number || !(*number >= 0 && *number <= static_cast<double>(kLastSecond))) return std::nullopt;
  if (std::trunc(*number) != *number) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

bool equal_without_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(left, right, [&](char a, char b) { return lower(a) == lower(b); });
}

Result<void> check_type(std::string_view type, const std::vector<std::string>& accepted) {
  static constexpr std::string_view kPrefix = "application/";
  if (accepted.empty()) return {};
  if (equal_without_case(type.substr(0, kPrefix.size()), kPrefix)) type.remove_prefix(kPrefix.size());
  const auto is_type = [&](const std::string& one) { return equal_without_case(one, type); };
  if (std::ranges::any_of(accepted, is_type)) return {};
  return refuse("a token of another type");
}

// Who the token is for, as written.
struct Audience {
  bool names_us = false;
  bool names_others = false;
};

Result<Audience> read_audience(const Json& claims, std::string_view us) {
  Audience audience;
  const auto add = [&](const Json& value) {
    const std::optional<std::string_view> name = value.as_string();
    if (!name || name->empty()) return false;
    (*name == us ? audience.names_us : audience.names_others) = true;
    return true;
  };
  const Json* listed = claims.find("aud");
  if (listed == nullptr) return refuse("a token without audience");
  if (listed->is_array()) {
    const auto elements = listed->elements();
    if (elements.empty() || elements.size() > kMaxAudiences || !std::ranges::all_of(elements, add)) {
      return refuse("a token with an unusable audience");
    }
  } else if (!add(*listed)) {
    return refuse("a token with an unusable audience");
  }
  return audience;
}

Result<void> check_authorized_party(const Json& claims, const JwtRules& rules) {
  const std::optional<std::string_view> party = claims.string_at("azp");
  if (!party) return refuse("a token without usable azp");
  if (*party != rules.audience) return refuse("a token for another authorized party");
  return {};
}

Result<void> check_audience(const Json& claims, const JwtRules& rules) {
  if (rules.audience.empty()) return refuse("no audience to compare with");
  if (rules.audience_rule == AudienceRule::authorized_party) return check_authorized_party(claims, rules);
  const Result<Audience> audience = read_audience(claims, rules.audience);
  if (!audience) return failure(audience.error());
  if (!audience->names_us) return refuse("a token for another audience");
  if (rules.audience_rule == AudienceRule::resource) return {};
  if (!audience->names_others && claims.find("azp") == nullptr) return {};
  return check_authorized_party(claims, rules);
}

Result<void> check_issuer(const Json& claims, const JwtRules& rules) {
  const std::optional<std::string_view> issuer = claims.string_at("iss");
  if (!issuer || issuer->empty() || *issuer != rules.issuer) return refuse("a token of another issuer");
  return {};
}

Result<void> check_nonce(const Json& claims, const JwtRules& rules) {
  if (!rules.nonce) return {};
  const std::optional<std::string_view> nonce = claims.string_at("nonce");
  if (!nonce || nonce->empty() || !constant_time_equal(*nonce, *rules.nonce)) {
    return refuse("a token that does not belong to this login");
  }
  return {};
}

Result<void> check_times(Jwt& jwt, const JwtRules& rules, WallTime now) {
  const auto expires = time_claim(jwt.claims, "exp");
  const auto issued = time_claim(jwt.claims, "iat");
  const auto not_before = time_claim(jwt.claims, "nbf");
  if (!expires) return failure(expires.error());
  if (!issued) return failure(issued.error());
  if (!not_before) return failure(not_before.error());
  if (!*expires) return refuse("a token without expiry");
  if (now >= **expires + rules.skew) return refuse("an expired token");
  if (*not_before && **not_before > now + rules.skew) return refuse("a token that is not valid yet");
  if (*issued && **issued > now + rules.skew) return refuse("a token issued in the future");
  if (!*issued && rules.audience_rule == AudienceRule::id_token)
    return refuse("a token without time of issue");
  jwt.expires = **expires;
  jwt.issued = *issued;
  return {};
}

Result<void> check_subject(Jwt& jwt, const JwtRules& rules) {
  const Json* subject = jwt.claims.find("sub");
  if (subject == nullptr && rules.subject_rule == SubjectRule::optional) return {};
  const std::optional<std::string_view> name = subject == nullptr ? std::nullopt : subject->as_string();
  if (!name || name->empty() || name->size() > kMaxSubjectBytes)
    return refuse("a token without usable subject");
  jwt.subject = std::string(*name);
  return {};
}

// The left half of the hash that goes with the algorithm; SHA-512 with Ed25519.
std::string access_token_hash(SignatureAlgorithm algorithm, std::string_view access_token) {
  switch (algorithm) {
    case SignatureAlgorithm::rs256:
    case SignatureAlgorithm::ps256:
    case SignatureAlgorithm::es256:
      return base64url_encode(view_of(sha256(access_token)).substr(0, 16));
    case SignatureAlgorithm::rs384:
    case SignatureAlgorithm::es384:
      return base64url_encode(view_of(sha384(access_token)).substr(0, 24));
    case SignatureAlgorithm::rs512:
    case SignatureAlgorithm::eddsa:
      return base64url_encode(view_of(sha512(access_token)).substr(0, 32));
  }
  return {};
}

}  // namespace

Result<std::optional<WallTime>> time_claim(const Json& claims, std::string_view name) {
  const Json* value = claims.find(name);
  if (value == nullptr) return std::nullopt;
  const std::optional<std::int64_t> seconds = whole_seconds(*value);
  if (!seconds || *seconds < 0 || *seconds > kLastSecond) {
    return refuse("a token whose " + std::string(name) + " is no time");
  }
  return from_unix_seconds(std::min(*seconds, kLastWallSecond));
}

Result<Jwt> check_claims(Jws verified, const JwtRules& rules, WallTime now) {
  Result<Json> claims = Json::parse(verified.payload, Side::client, {.bytes = kMaxTokenBytes});
  if (!claims || !claims->is_object()) {
    return failure(ErrorKind::malformed, Side::client, "a token whose claims are no JSON object");
  }
  Jwt jwt{.header = std::move(verified.header), .claims = std::move(*claims), .subject = {}, .expires = {}};
  Result<void> checked = check_type(jwt.header.type, rules.types);
  if (checked) checked = check_issuer(jwt.claims, rules);
  if (checked) checked = check_audience(jwt.claims, rules);
  if (checked) checked = check_times(jwt, rules, now);
  if (checked) checked = check_nonce(jwt.claims, rules);
  if (checked) checked = check_subject(jwt, rules);
  if (!checked) return failure(checked.error());
  return jwt;
}

Result<Jwt> verify_jwt(std::string_view token, const KeySet& keys, const JwtRules& rules, WallTime now) {
  Result<Jws> verified = verify_jws(token, keys, rules.algorithms);
  if (!verified) return failure(verified.error());
  return check_claims(std::move(*verified), rules, now);
}

Result<void> check_access_token_hash(const Jwt& id_token, std::string_view access_token) {
  const Json* claimed = id_token.claims.find("at_hash");
  if (claimed == nullptr) return {};
  const std::string expected = access_token_hash(id_token.header.algorithm, access_token);
  if (!constant_time_equal(claimed->as_string().value_or(""), expected)) {
    return refuse("an access token that is not the ID token's");
  }
  return {};
}

std::optional<std::string> unverified_issuer(std::string_view token) {
  const Result<std::string> payload = unverified_payload(token);
  if (!payload) return std::nullopt;
  const Result<Json> claims = Json::parse(*payload, Side::client, {.bytes = kMaxTokenBytes});
  if (!claims) return std::nullopt;
  const std::optional<std::string_view> issuer = claims->string_at("iss");
  if (!issuer) return std::nullopt;
  return std::string(*issuer);
}

}  // namespace core
