// One worker's view of personal tokens: from what a program brings to the person whose it is. Everything is
// judged on each request: whether there still is such a token, its end (its own, and by today's longest
// life), its place, that its owner's provider is still configured, and that no operator has ended what came
// of the session it was made in (on whatever replica, whichever of both came to storage first); policies
// judge the person as in a session, by the claims of when the token was made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "config/types_access.h"
#include "core/crypto/digest.h"
#include "core/loop/published.h"
#include "gateway/model/request.h"
#include "gateway/oidc/found_token.h"
#include "gateway/session/personal_tokens.h"
#include "gateway/session/revocations.h"

namespace gateway {

class PersonalBearer {
 public:
  /// Borrows all. Requires: login.tokens is on.
  PersonalBearer(const core::Published<PersonalTokens>& tokens,
                 const core::Published<Revocations>& revocations, const config::Login& login)
      : tokens_(tokens), revocations_(revocations), login_(login) {}

  /// `good`, `bad` or `elsewhere`. No allocation for a token that this worker knows.
  FoundToken find(std::string_view token, const Request& request);
  /// Whether a token of this owner goes on counting: for what stands open.
  bool still_counts(const Identity& owner, core::WallTime now);

 private:
  struct Known {
    CachedSession owner;
    PersonalTokens::Shared token;
  };
  [[nodiscard]] bool counts(const PersonalToken& token, core::WallTime now);

  core::Published<PersonalTokens>::Reader tokens_;
  core::Published<Revocations>::Reader revocations_;
  const config::Login& login_;
  core::Sha256Stream hash_;
  DigestCache<Known> known_;
};

}  // namespace gateway
