#include "core/crypto/jwk.h"

#include <algorithm>
#include <utility>

#include "core/crypto/digest.h"
#include "core/text/base64.h"
#include "core/text/json.h"

namespace core {

namespace {

// Whether the key says that it may verify signatures, or does not say (RFC 7517 sections 4.2 and 4.3).
bool may_verify(const Json& jwk) {
  if (const Json* use = jwk.find("use"); use != nullptr && use->as_string() != "sig") return false;
  const Json* operations = jwk.find("key_ops");
  if (operations == nullptr) return true;
  return std::ranges::any_of(operations->elements(),
                             [](const Json& one) { return one.as_string() == "verify"; });
}

// A symmetric or private member in what everybody may fetch: nothing verified with that key proves anything.
bool holds_secrets(const Json& jwk) {
  return jwk.find("k") != nullptr || jwk.find("d") != nullptr;
}

std::optional<std::string> octets_at(const Json& jwk, std::string_view name) {
  const std::optional<std::string_view> text = jwk.string_at(name);
  if (!text) return std::nullopt;
  Result<std::string> bytes = base64url_decode(*text, Side::provider);
  if (!bytes) return std::nullopt;
  return std::move(*bytes);
}

std::optional<KeyKind> kind_at(const Json& jwk) {
  const std::optional<std::string_view> type = jwk.string_at("kty");
  const std::optional<std::string_view> curve = jwk.string_at("crv");
  if (type == "RSA") return KeyKind::rsa;
  if (type == "EC" && curve == "P-256") return KeyKind::p256;
  if (type == "EC" && curve == "P-384") return KeyKind::p384;
  if (type == "OKP" && curve == "Ed25519") return KeyKind::ed25519;
  return std::nullopt;
}

std::optional<PublicKey> key_at(const Json& jwk) {
  const std::optional<KeyKind> kind = kind_at(jwk);
  if (!kind) return std::nullopt;
  const bool is_rsa = *kind == KeyKind::rsa;
  std::optional<std::string> first = octets_at(jwk, is_rsa ? "n" : "x");
  std::optional<std::string> second = std::string();
  if (*kind != KeyKind::ed25519) second = octets_at(jwk, is_rsa ? "e" : "y");
  if (!first || !second) return std::nullopt;
  Result<PublicKey> key = PublicKey::from_numbers({*kind, std::move(*first), std::move(*second)});
  if (!key) return std::nullopt;
  return std::move(*key);
}

std::optional<VerificationKey> verification_key(const Json& jwk) {
  if (!jwk.is_object() || !may_verify(jwk) || holds_secrets(jwk)) return std::nullopt;
  const std::optional<PublicKey> key = key_at(jwk);
  if (!key) return std::nullopt;
  VerificationKey entry{*key, std::nullopt, std::nullopt};
  if (const Json* id = jwk.find("kid")) {
    const std::optional<std::string_view> text = id->as_string();
    if (!text || text->size() > kMaxKeyIdBytes) return std::nullopt;
    entry.id = std::string(*text);
  }
  if (const Json* name = jwk.find("alg")) {
    entry.algorithm = signature_algorithm(name->as_string().value_or(""));
    if (!entry.algorithm || !fits(*entry.algorithm, key->kind())) return std::nullopt;
  }
  return entry;
}

// The required members, their names in order (RFC 7638 section 3.2); their values need no escaping.
std::vector<std::pair<std::string_view, std::string>> required_members(const PublicKey& key) {
  const PublicNumbers numbers = key.numbers();
  const std::string first = base64url_encode(numbers.first);
  const std::string second = base64url_encode(numbers.second);
  switch (numbers.kind) {
    case KeyKind::rsa:
      return {{"e", second}, {"kty", "RSA"}, {"n", first}};
    case KeyKind::p256:
      return {{"crv", "P-256"}, {"kty", "EC"}, {"x", first}, {"y", second}};
    case KeyKind::p384:
      return {{"crv", "P-384"}, {"kty", "EC"}, {"x", first}, {"y", second}};
    case KeyKind::ed25519:
      return {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", first}};
  }
  return {};
}

Json json_of(const VerificationKey& key) {
  Json jwk = Json::object();
  for (auto& [name, value] : required_members(key.key)) jwk.set(name, Json(std::move(value)));
  if (key.id) jwk.set("kid", Json(*key.id));
  jwk.set("use", Json("sig"));
  if (key.algorithm) jwk.set("alg", Json(name_of(*key.algorithm)));
  return jwk;
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view json) {
  const Result<Json> read = Json::parse(json, Side::provider, {.bytes = kMaxKeySetBytes});
  if (!read) return failure(Error(read.error()).during("reading a key set"));
  const Json* listed = read->find("keys");
  if (listed == nullptr || !listed->is_array()) {
    return failure(ErrorKind::malformed, Side::provider, "a key set without a list of keys");
  }
  if (listed->elements().size() > kMaxKeySetKeys) {
    return failure(ErrorKind::too_large, Side::provider, "a key set of over 64 keys");
  }
  KeySet set;
  for (const Json& jwk : listed->elements()) {
    if (std::optional<VerificationKey> key = verification_key(jwk)) {
      set.keys_.push_back(std::move(*key));
    } else {
      ++set.skipped_;
    }
  }
  return set;
}

std::string to_jwk(const VerificationKey& key) {
  return json_of(key).text();
}

std::string to_key_set(const std::vector<VerificationKey>& keys) {
  Json listed = Json::array();
  for (const VerificationKey& key : keys) listed.push(json_of(key));
  Json set = Json::object();
  set.set("keys", std::move(listed));
  return set.text();
}

std::string canonical_jwk(const PublicKey& key) {
  std::string text = "{";
  for (const auto& [name, value] : required_members(key)) {
    if (text.size() > 1) text += ',';
    text += '"';
    text += name;
    text += "\":\"";
    text += value;
    text += '"';
  }
  return text + "}";
}

std::string thumbprint(const PublicKey& key) {
  return base64url_encode(view_of(sha256(canonical_jwk(key))));
}

}  // namespace core
