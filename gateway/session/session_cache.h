// Sessions that this worker has opened, so that a request costs a hash and a look-up instead of an opening
// and a decoding. Bounded, least recently used goes first. Holds nothing that the cookie did not prove; what
// may change while a session is cached (expiry, idle, revocation, policies) is judged on each request by its
// reader.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/model/forwarded_tokens.h"
#include "gateway/model/identity.h"
#include "gateway/session/digest_cache.h"

namespace gateway {

struct CachedSession {
  std::shared_ptr<const Identity> identity;
  std::shared_ptr<const ForwardedTokens> tokens;  ///< null: none are forwarded
  core::WallTime last_seen;
  bool by_old_key = false;
  bool has_claims = true;       ///< false: the identity is what the cookie says, a store has the rest
  core::WallTime refreshed_at;  ///< of claims from a store: when their provider last said so
  core::WallTime asked_at;      ///< when control was last asked about it
  core::WallTime failed_at;     ///< when that last brought nothing new
  core::WallTime renewed_at;    ///< when a renewed cookie was last given out for this one
  std::uint64_t revocations_generation = 0;  ///< snapshot for which it was found not revoked; 0: none yet
  std::uint64_t policies_generation = 0;     ///< snapshot of policies that `judged` is about
  /// What each policy of that snapshot said, by its index; 0: not judged yet. The guards' own.
  std::vector<std::uint8_t> judged;
};

using SessionCache = DigestCache<CachedSession>;

}  // namespace gateway
