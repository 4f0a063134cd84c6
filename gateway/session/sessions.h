// One worker's view of sessions: from a request's cookies to a person who may still use them, and back to
// cookies. A session counts only if it opens for this host, is neither expired nor idle nor from the future,
// its provider is still configured, and it has not been revoked; all of it judged on every request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types_access.h"
#include "core/crypto/seal.h"
#include "core/loop/published.h"
#include "gateway/model/request.h"
#include "gateway/session/revocations.h"
#include "gateway/session/session_cache.h"
#include "gateway/session/session_cookies.h"
#include "gateway/session/stored_session.h"

namespace gateway {

/// Clock difference between replicas, and setting the clock back, that is tolerated.
inline constexpr std::chrono::seconds kSessionClockSkew{60};
/// Within this time a renewed cookie is not given out a second time for the same old one.
inline constexpr std::chrono::seconds kRenewalPause{10};

/// Why a request has no session.
enum class SessionAbsence {
  none,  ///< it has one
  no_cookie,
  unreadable,  ///< a cookie, but no key of ours opens it for this host
  expired,
  idle,
  from_future,  ///< sealed later than now: a clock was set back
  revoked,
  unknown_provider,  ///< its provider is no longer configured
};
std::string_view name_of(SessionAbsence absence);
/// The absence of this name, nothing for any other text.
std::optional<SessionAbsence> absence_named(std::string_view name);

struct SessionLookup {
  CachedSession* session = nullptr;  ///< borrowed; valid until the next call of Sessions
  SessionAbsence absence = SessionAbsence::no_cookie;
};

/// What Sessions is made of; all borrowed.
struct SessionParts {
  const config::SessionSettings& settings;
  const std::vector<config::Provider>& providers;
  const CookieNames& names;
  const core::KeyRing& keys;
  const core::Published<Revocations>& revocations;
  core::Random& random;
  const config::BreakGlass* break_glass = nullptr;  ///< null: there is no such account
};

/// What ends this one session, on every host.
Revocation revocation_of(const Identity& identity);
/// What ends every session of this person that began until `now`; `lifetime` of the longest.
Revocation revocation_of_person(const Identity& identity, core::WallTime now, std::chrono::seconds lifetime);

class Sessions {
 public:
  explicit Sessions(SessionParts parts);

  /// No allocation for a session that was seen before.
  SessionLookup find(const Request& request);
  /// Claims from a store for the session of this request, which find() has found; null if it is not known any
  /// more.
  CachedSession* take_claims(const Request& request, const CurrentSession& current);
  /// Who is meant by the cookies when they sign out: also the person of a session that is idle here, for it
  /// may be alive on other hosts. Nothing when it is over or ended for all of them.
  std::shared_ptr<const Identity> find_to_end(const Request& request);
  /// Whether a session of `identity` that was given out now would count: one that comes from elsewhere (a
  /// ticket) may have ended on the way, and one that stands open (a socket) meanwhile.
  SessionAbsence judge(const std::shared_ptr<const Identity>& identity, core::WallTime now);
  /// Set-Cookie values for a renewed cookie of `session`; empty when none is due (each idle/4, or after a key
  /// change).
  std::vector<std::string> renewal(const Request& request, CachedSession& session);
  /// Set-Cookie values that give `identity` a session on the request's host. `too_large` when it does not
  /// fit.
  core::Result<std::vector<std::string>> issue(const Request& request, const Identity& identity);
  /// Set-Cookie values that take the session away from the request's host.
  std::vector<std::string> clear(const Request& request) const;
  /// What of `identity` leaves this process in a cookie or a ticket: all, or with a store none of its claims.
  [[nodiscard]] Identity in_cookie(const Identity& identity) const;

 private:
  SessionAbsence judge(CachedSession& session, core::WallTime now);
  [[nodiscard]] bool knows_provider(const Identity& identity) const;
  bool is_revoked(CachedSession& session);
  bool is_revoked_for_all_tenants(const Identity& identity);

  const config::SessionSettings settings_;
  const std::vector<config::Provider>& providers_;
  core::Sealer sealer_;
  SessionCookies cookies_;
  SessionCache cache_;
  core::Published<Revocations>::Reader revocations_;
  const config::BreakGlass* break_glass_;
  bool cookies_hold_claims_;  ///< store: cookie
};

}  // namespace gateway
