// Tokens and key sets from anybody: parsed, verified against fixed keys, their claims judged. A token that no
// key of ours signed must never be accepted. The first byte chooses what the rest is.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/crypto/jwk.h"
#include "core/crypto/jwt.h"

namespace {

// RFC 7515 A.3 and RFC 8037 A.2: the signatures of these two examples are in the corpus.
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"ed"}]})";
constexpr std::string_view kSignedByUs[] = {
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
    "Example of Ed25519 signing"};
constexpr std::int64_t kThen = 1'300'819'000;

void judge_token(std::string_view token, const core::KeySet& keys) {
  (void)core::unverified_issuer(token);
  const auto verified = core::verify_jws(token, keys, core::kAllAlgorithms);
  if (!verified) return;
  for (const std::string_view payload : kSignedByUs) {
    if (verified->payload == payload) return;
  }
  std::abort();
}

void judge_claims(std::string_view claims) {
  core::JwtRules rules;
  rules.issuer = "joe";
  rules.audience = "us";
  rules.nonce = "n";
  const auto jwt = core::check_claims({.header = {}, .payload = std::string(claims)}, rules,
                                      core::from_unix_seconds(kThen));
  if (!jwt) return;
  const bool fits = jwt->claims.string_at("iss") == "joe" && jwt->claims.string_at("nonce") == "n" &&
                    !jwt->subject.empty() && jwt->expires > core::from_unix_seconds(kThen - 60);
  if (!fits) std::abort();
  (void)core::check_access_token_hash(*jwt, "token");
}

void judge_keys(std::string_view json) {
  const auto set = core::KeySet::parse(json);
  if (!set) return;
  if (set->keys().size() > core::kMaxKeySetKeys) std::abort();
  // What was taken can be written and read again.
  const auto again = core::KeySet::parse(core::to_key_set(set->keys()));
  if (!again || again->keys().size() != set->keys().size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const core::KeySet keys = core::KeySet::parse(kKeys).value();
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (input.empty()) return 0;
  const std::string_view rest = input.substr(1);
  switch (input[0]) {
    case 't':
      judge_token(rest, keys);
      break;
    case 'c':
      judge_claims(rest);
      break;
    case 'k':
      judge_keys(rest);
      break;
    default:
      break;
  }
  return 0;
}
