// What a sign-in leaves behind, and its serial form. The form is what a session cookie and a hand-over ticket
// seal: the identity with the claims that the configuration names, never a provider's token.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "gateway/model/identity.h"

namespace gateway {

/// Groups, and roles, of one person; more are refused at sign-in, for a rule that denies could miss one.
inline constexpr std::size_t kMaxGroups = 1000;

/// Serialized claims that policies and headers name, of one person; more are refused at sign-in.
inline constexpr std::size_t kMaxClaimBytes = 64UL * 1024;

/// E-mail addresses in the claim of one person; more are refused at sign-in.
inline constexpr std::size_t kMaxEmails = 16;

struct Session {
  Identity identity;
  core::WallTime last_seen;  ///< when the cookie was last sealed: the base of `idle`
};

/// Length-prefixed and versioned; see record.h.
std::string encode_session(const Session& session);
/// Fails as `unverified` for another version, anything left over, anything missing.
core::Result<Session> decode_session(std::string_view bytes);

}  // namespace gateway
