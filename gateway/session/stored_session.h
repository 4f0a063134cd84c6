// A session as a store keeps it: who, with all claims, and the provider's tokens, which are nowhere else. The
// cookie then holds the id and what judges a session (SessionCookies), never a claim.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "gateway/model/forwarded_tokens.h"
#include "gateway/session/session.h"

namespace gateway {

/// What a provider gave with a sign-in or a refresh. Empty: it gave none.
struct Tokens {
  core::Secret refresh_token;
  core::Secret id_token;
  core::Secret access_token;  ///< kept only where a route forwards it
};

struct StoredSession {
  Identity identity;
  Tokens tokens;
  core::WallTime refreshed_at;  ///< when the provider last said that this is so
};

/// What of it leaves control: no token but those that a route forwards.
struct CurrentSession {
  std::shared_ptr<const Identity> identity;
  core::WallTime refreshed_at;
  std::shared_ptr<const ForwardedTokens> tokens = nullptr;  ///< null: no route forwards any
};

/// The id, whose it is, and when it began and ends: what a cookie holds where a store has the rest.
Identity without_claims(const Identity& identity);

/// Holds tokens: to be sealed before it leaves this process.
core::Secret encode_stored_session(const StoredSession& session);
/// Fails as `unverified`, as decode_session.
core::Result<StoredSession> decode_stored_session(std::string_view bytes);

}  // namespace gateway
