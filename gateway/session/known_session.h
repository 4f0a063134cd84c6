// One session as it is listed for its owner and for operators: whose, since when and until when, from where
// roughly. No claim, no token; nothing that a session could be made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "gateway/model/identity.h"
#include "gateway/model/request.h"

namespace gateway {

struct KnownSession {
  /// Without claims, groups and names: what revocations are judged by, and how somebody is called.
  Identity who;
  std::string network;  ///< network_of() the client
  std::string program;  ///< program_of() it; may be empty
};

/// Of one person at most; the oldest are ended.
inline constexpr std::size_t kMaxKnownSessions = 32;

/// Of the request with which it began.
KnownSession known_session(const Request& request, const Identity& identity);

/// All are of one person; at most kMaxKnownSessions.
std::string encode_known_sessions(const std::vector<KnownSession>& sessions);
/// Fails as `unverified` for another version, anything left over, anything missing.
core::Result<std::vector<KnownSession>> decode_known_sessions(std::string_view bytes);

}  // namespace gateway
