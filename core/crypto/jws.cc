#include "core/crypto/jws.h"

#include <utility>

#include "core/base/check.h"
#include "core/text/base64.h"
#include "core/text/json.h"

namespace core {

namespace {

constexpr std::size_t kMaxHeaderDepth = 8;
constexpr std::size_t kMaxHeaderValues = 256;

// The three parts of a compact token; views into it.
struct TokenParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  ///< header.payload as received
};

std::unexpected<Error> refuse(ErrorKind kind, std::string_view why) {
  return failure(kind, Side::client, std::string(why));
}

Result<TokenParts> split(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return refuse(ErrorKind::too_large, "a token over 64 KiB");
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return refuse(ErrorKind::malformed, "a token without parts");
  const std::size_t second = token.find('.', first + 1);
  // Encrypted tokens have five parts.
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return refuse(ErrorKind::malformed, "a token that does not have three parts");
  }
  if (first > kMaxTokenHeaderBytes) return refuse(ErrorKind::too_large, "a token header over 8 KiB");
  return TokenParts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                    token.substr(second + 1), token.substr(0, second)};
}

Result<JwsHeader> parse_header(std::string_view encoded) {
  const Result<std::string> text = base64url_decode(encoded);
  if (!text) return refuse(ErrorKind::malformed, "a token header that is not base64url");
  const JsonLimits limits{
      .bytes = kMaxTokenHeaderBytes, .depth = kMaxHeaderDepth, .values = kMaxHeaderValues};
  const Result<Json> json = Json::parse(*text, Side::client, limits);
  if (!json || !json->is_object())
    return refuse(ErrorKind::malformed, "a token header that is no JSON object");
  // Extensions that change what is signed, and what must be understood to be safe (RFC 7515 4.1.11, RFC
  // 7797).
  if (json->find("crit") != nullptr || json->find("b64") != nullptr) {
    return refuse(ErrorKind::unsupported, "a token with critical extensions");
  }
  const std::optional<SignatureAlgorithm> algorithm =
      signature_algorithm(json->string_at("alg").value_or(""));
  if (!algorithm) return refuse(ErrorKind::unsupported, "a token with an algorithm that is not accepted");
  JwsHeader header{.algorithm = *algorithm, .key_id = std::nullopt, .type = {}};
  if (const Json* id = json->find("kid")) {
    const std::optional<std::string_view> named = id->as_string();
    if (!named || named->size() > kMaxKeyIdBytes)
      return refuse(ErrorKind::malformed, "a token with an unusable kid");
    header.key_id = std::string(*named);
  }
  if (const Json* type = json->find("typ")) {
    if (!type->as_string()) return refuse(ErrorKind::malformed, "a token whose typ is no string");
    header.type = std::string(*type->as_string());
  }
  return header;
}

bool may_be_meant(const JwsHeader& header, const VerificationKey& key) {
  return !header.key_id || key.id == header.key_id;
}

bool may_verify(const JwsHeader& header, const VerificationKey& key) {
  return fits(header.algorithm, key.key.kind()) && (!key.algorithm || *key.algorithm == header.algorithm);
}

Result<void> verify_with_any(const JwsHeader& header, std::string_view signed_text,
                             std::string_view signature, const KeySet& keys) {
  bool anyone_meant = false;
  std::size_t tried = 0;
  for (const VerificationKey& key : keys.keys()) {
    if (!may_be_meant(header, key)) continue;
    anyone_meant = true;
    if (!may_verify(header, key)) continue;
    if (++tried > kMaxTriedKeys) break;
    if (verify_signature(key.key, header.algorithm, signed_text, signature)) return {};
  }
  if (!anyone_meant) return refuse(ErrorKind::not_found, "a token of a key that is not known");
  if (!header.key_id) return refuse(ErrorKind::not_found, "a token without kid that no known key verifies");
  return refuse(ErrorKind::unverified,
                tried == 0 ? "a token whose algorithm is not its key's" : "a token with a wrong signature");
}

}  // namespace

Result<Jws> verify_jws(std::string_view token, const KeySet& keys, AlgorithmSet allowed) {
  const Result<TokenParts> parts = split(token);
  if (!parts) return failure(parts.error());
  Result<JwsHeader> header = parse_header(parts->header);
  if (!header) return failure(header.error());
  if (!allowed.contains(header->algorithm)) {
    return refuse(ErrorKind::unsupported, "a token with an algorithm that is not accepted");
  }
  const Result<std::string> signature = base64url_decode(parts->signature);
  Result<std::string> payload = base64url_decode(parts->payload);
  if (!signature || !payload || signature->empty()) {
    return refuse(ErrorKind::malformed, "a token whose parts are not base64url");
  }
  const Result<void> verified = verify_with_any(*header, parts->signed_text, *signature, keys);
  if (!verified) return failure(verified.error());
  return Jws{std::move(*header), std::move(*payload)};
}

Result<std::string> unverified_payload(std::string_view token) {
  const Result<TokenParts> parts = split(token);
  if (!parts) return failure(parts.error());
  Result<std::string> payload = base64url_decode(parts->payload);
  if (!payload) return refuse(ErrorKind::malformed, "a token whose parts are not base64url");
  return payload;
}

std::string sign_jws(std::string_view payload, const JwsSigner& signer) {
  Json header = Json::object();
  header.set("alg", Json(name_of(signer.algorithm)));
  if (!signer.type.empty()) header.set("typ", Json(signer.type));
  if (!signer.key_id.empty()) header.set("kid", Json(signer.key_id));
  std::string token = base64url_encode(header.text());
  token += '.';
  token += base64url_encode(payload);
  const std::string signature = sign(signer.key, signer.algorithm, token);
  token += '.';
  token += base64url_encode(signature);
  return token;
}

}  // namespace core
