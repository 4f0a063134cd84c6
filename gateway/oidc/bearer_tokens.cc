#include "gateway/oidc/bearer_tokens.h"

#include <algorithm>
#include <utility>

#include "core/http/fields.h"
#include "gateway/oidc/access_token.h"

namespace gateway {
namespace {

constexpr std::string_view kScheme = "Bearer";

/// b64token.
bool is_token_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").contains(c);
}

/// About what it takes in memory.
std::size_t cost_of(const Identity& identity) {
  std::size_t cost = 2 * sizeof(Identity) + 2 * identity.claims.text().size();
  for (const std::string& group : identity.groups) cost += sizeof(std::string) + group.size();
  return cost;
}

core::Error not_ready() {
  return {core::ErrorKind::unavailable, core::Side::provider, "the issuer has not been reached yet"};
}

/// Whether the same token may count later, though nothing about it changes.
bool is_passing(const core::Error& error) {
  return error.kind == core::ErrorKind::unavailable || error.kind == core::ErrorKind::timed_out ||
         error.kind == core::ErrorKind::unreachable || error.kind == core::ErrorKind::closed;
}

}  // namespace

std::optional<std::string_view> bearer_token_in(std::string_view authorization) {
  const bool has_scheme = authorization.size() > kScheme.size() && authorization[kScheme.size()] == ' ' &&
                          core::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme);
  if (!has_scheme) return std::nullopt;
  const std::size_t begin = authorization.find_first_not_of(' ', kScheme.size());
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view token = authorization.substr(begin);
  return std::ranges::all_of(token, is_token_byte) ? std::optional(token) : std::nullopt;
}

core::Sha256Digest BearerTokens::key_of(std::string_view token, const AskedIssuers& asked) {
  hash_.update(token);
  hash_.update(asked.id);  // begins with a byte that no token has
  return hash_.finish();
}

std::optional<FoundToken> BearerTokens::look_up(const core::Sha256Digest& key, core::WallTime now) {
  DigestCache<Known>* cache = &known_;
  Known* known = known_.find(key);
  if (known == nullptr) {
    cache = &strangers_;
    known = strangers_.find(key);
  }
  if (known == nullptr) return std::nullopt;
  const bool same_keys = known->keys_generation == 0 ||
                         known->keys_generation == parts_.issuers[known->issuer].keys.generation();
  if (now < known->until && same_keys) {
    return FoundToken{known->standing, known->standing == TokenStanding::good ? &known->machine : nullptr};
  }
  cache->erase(key);
  return std::nullopt;
}

bool BearerTokens::is_of_issuer(std::string_view token) {
  const std::optional<std::string> named = core::unverified_issuer(token);
  return named && std::ranges::any_of(parts_.issuers, [&](const TokenIssuer& issuer) {
           return issuer.settings.issuer.issuer == *named;
         });
}

std::optional<FoundToken> BearerTokens::find_now(const Request& request, const AskedIssuers& asked) {
  const std::size_t fields = request.fields->count(core::FieldId::authorization);
  if (fields == 0) return FoundToken{};
  if (fields > 1) return FoundToken{TokenStanding::several, nullptr};
  const auto token = bearer_token_in(request.field(core::FieldId::authorization));
  if (!token) return FoundToken{};
  if (parts_.personal != nullptr && token->starts_with(kPersonalTokenMark))
    return parts_.personal->find(*token, request);
  const core::Sha256Digest key = key_of(*token, asked);
  std::optional<FoundToken> found = look_up(key, request.now);
  if (found) return found;
  if (!asked.issuers.empty() || is_of_issuer(*token)) return std::nullopt;
  strangers_.insert(key, Known{}, sizeof(Known));
  return FoundToken{};
}

bool BearerTokens::still_counts(const Identity& identity, core::WallTime now) {
  if (!identity.token.empty())
    return parts_.personal != nullptr && parts_.personal->still_counts(identity, now);
  // As at the beginning: clocks differ.
  return now < identity.expires_at + core::kDefaultClockSkew;
}

core::Flow<FoundToken> BearerTokens::find(const Request& request, const AskedIssuers& asked) {
  const std::optional<FoundToken> at_hand = find_now(request, asked);
  if (at_hand) co_return *at_hand;
  const std::string token(*bearer_token_in(request.field(core::FieldId::authorization)));
  const core::Sha256Digest key = key_of(token, asked);
  core::Flow<Known> judging =
      is_of_issuer(token) ? verified(token, request.now) : asked_about(key, token, asked, request);
  core::Result<Known> known = co_await core::attempt(std::move(judging));
  FoundToken found;
  if (!known) {
    if (!is_passing(known.error())) co_return FoundToken{TokenStanding::bad, nullptr, known.error().text};
    found.standing = TokenStanding::unknown;
    parts_.log.info("a bearer token was not judged", {{"id", request.id}, {"error", known.error().text}});
    co_return found;
  }
  found.standing = known->standing;
  const std::size_t cost = known->machine.identity ? cost_of(*known->machine.identity) : sizeof(Known);
  DigestCache<Known>& cache = found.standing == TokenStanding::good ? known_ : strangers_;
  Known* kept = cache.insert(key, std::move(*known), cost);
  if (found.standing == TokenStanding::good) found.known = &kept->machine;
  co_return found;
}

/// Nobody's fault but the issuer's if it cannot be asked, whatever the reason.
core::Flow<BearerTokens::Known> BearerTokens::asked_about(core::Sha256Digest key, std::string token,
                                                          const AskedIssuers& asked, const Request& request) {
  const core::IpAddress client = request.client;
  const core::WallTime now = request.now;
  core::Flow<TokenAnswer> asking = parts_.questions.ask({key, std::move(token), asked.issuers, client});
  core::Result<TokenAnswer> answer = co_await core::attempt(std::move(asking));
  if (!answer) {
    co_await core::failure(core::ErrorKind::unavailable, core::Side::provider, answer.error().text);
  }
  Known known;
  known.standing = answer->machine ? TokenStanding::good : TokenStanding::bad;
  std::chrono::seconds lasts = kInactiveFor;
  if (answer->machine) lasts = *parts_.issuers[answer->issuer].settings.introspection_cache;
  known.until = now + lasts;
  if (answer->machine)
    known.until = std::min(known.until, answer->machine->expires_at + core::kDefaultClockSkew);
  known.machine.identity = answer->machine;
  known.issuer = answer->issuer;
  co_return known;
}

/// By the first of its issuer's clients that it fits: what tells them apart is what a token must say.
core::Flow<BearerTokens::Known> BearerTokens::verified(std::string token, core::WallTime now) {
  const std::optional<std::string> named = core::unverified_issuer(token);
  core::Error last{core::ErrorKind::unverified, core::Side::client, "a token of no issuer of ours"};
  for (std::size_t i = 0; i < parts_.issuers.size(); ++i) {
    TokenIssuer& issuer = parts_.issuers[i];
    if (!named || issuer.settings.issuer.issuer != *named) continue;
    if (!issuer.keys.is_ready()) {
      last = not_ready();
      continue;
    }
    // Of before: keys that come meanwhile verify the token once more, rather than one that they replaced.
    const std::uint64_t generation = issuer.keys.generation();
    core::JwtRules rules = access_token_rules(issuer.settings);
    core::Secret secret(token);
    core::Flow<core::Jwt> verifying = issuer.keys.verify(std::move(secret), std::move(rules), now);
    core::Result<core::Jwt> jwt = co_await core::attempt(std::move(verifying));
    if (!jwt) {
      last = jwt.error();
      continue;
    }
    core::Result<Identity> machine =
        machine_of(issuer.settings, std::move(jwt->claims), jwt->expires, parts_.kept_claims);
    if (!machine) {
      last = machine.error();
      continue;
    }
    machine->signed_in_at = jwt->issued.value_or(now);
    Known known;
    known.standing = TokenStanding::good;
    known.until = machine->expires_at + core::kDefaultClockSkew;
    known.machine.identity = std::make_shared<const Identity>(std::move(*machine));
    known.issuer = i;
    known.keys_generation = generation;
    co_return known;
  }
  co_return core::failure(std::move(last));
}

}  // namespace gateway
