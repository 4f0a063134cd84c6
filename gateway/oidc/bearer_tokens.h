// One worker's view of bearer tokens (RFC 6750 section 2.1): from the Authorization of a request to the
// machine, or the person, whose token it is. A JWT whose issuer is one of login.clients is judged by that
// alone, a personal token by what is kept of it; where a route admits machines whose tokens are opaque, all
// others are asked about at their issuers. Any other Authorization is the app's own, and nothing is said
// about it. What was verified is kept by the hash of the token, so that a request costs a hash and a look-up;
// never longer than the token says, and verified again when its issuer's keys have changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types_access.h"
#include "core/base/log.h"
#include "core/loop/flow.h"
#include "gateway/model/request.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/found_token.h"
#include "gateway/oidc/introspection.h"
#include "gateway/oidc/issuer_keys.h"
#include "gateway/oidc/personal_bearer.h"
#include "gateway/session/session_cache.h"

namespace gateway {

/// Who may be asked about a token that is no JWT of an issuer of ours.
struct AskedIssuers {
  std::vector<std::size_t> issuers;  ///< in the order of login.clients
  std::string id;  ///< stands for them: what one route learned of a token says nothing to another
};

/// Whose tokens count.
struct TokenIssuer {
  const config::Client& settings;
  IssuerKeys keys;
};

/// An issuer's no to an opaque token is kept for so long.
inline constexpr std::chrono::seconds kInactiveFor{10};
/// Tokens that count for nobody are kept apart: they are anybody's to bring, and put no other out.
inline constexpr std::size_t kStrangers = 1024;

/// All borrowed but the issuers, which are in the order of login.clients.
struct BearerTokenParts {
  std::vector<TokenIssuer> issuers;
  TokenQuestions& questions;
  PersonalBearer* personal;  ///< null: no personal tokens
  const ClaimPaths& kept_claims;
  const core::Log& log;
};

/// The token of `Authorization: Bearer TOKEN` (RFC 6750 section 2.1); nothing for any other text.
std::optional<std::string_view> bearer_token_in(std::string_view authorization);

class BearerTokens {
 public:
  explicit BearerTokens(BearerTokenParts parts) : parts_(std::move(parts)) {}

  /// Nothing if find() must be asked. No allocation for a token that this worker knows.
  std::optional<FoundToken> find_now(const Request& request, const AskedIssuers& asked);
  /// Whether what stands open by a token may go on, as far as the token says.
  bool still_counts(const Identity& identity, core::WallTime now);
  /// Both outlive the flow.
  core::Flow<FoundToken> find(const Request& request, const AskedIssuers& asked);

 private:
  /// What is kept of a token.
  struct Known {
    TokenStanding standing = TokenStanding::none;  // none, good, or what its issuer said no to: bad
    CachedSession machine;                         // of a good one
    core::WallTime until = core::WallTime::max();
    std::size_t issuer = 0;
    std::uint64_t keys_generation = 0;  // that verified it; 0: its issuer was asked
  };
  [[nodiscard]] std::optional<FoundToken> look_up(const core::Sha256Digest& key, core::WallTime now);
  [[nodiscard]] core::Sha256Digest key_of(std::string_view token, const AskedIssuers& asked);
  [[nodiscard]] bool is_of_issuer(std::string_view token);
  core::Flow<Known> verified(std::string token, core::WallTime now);
  core::Flow<Known> asked_about(core::Sha256Digest key, std::string token, const AskedIssuers& asked,
                                const Request& request);

  BearerTokenParts parts_;
  core::Sha256Stream hash_;
  DigestCache<Known> known_;                                                  // good ones
  DigestCache<Known> strangers_{kStrangers, kStrangers * 2 * sizeof(Known)};  // whatever anybody brings
};

}  // namespace gateway
