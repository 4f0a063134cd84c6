// Sessions as they are now: with claims that a store has, checked with their provider as often as `refresh`
// says. With `store: cookie` everything is in the cookie, and this is Sessions::find.
//
//   age of the claims    0 ────── refresh ────── + 30 s ───────────── 3 × refresh
//                         as they are │ one request waits, │ every request waits; the │ 503 without
//                                     │ others go on       │ provider down: go on     │ an answer
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/loop/flow.h"
#include "gateway/session/sessions.h"

namespace gateway {

/// Requests that arrive while claims are checked go on with those there are for so long.
inline constexpr std::chrono::seconds kOldClaimsGrace{30};
/// A session is not asked for again within this time of an answer that brought nothing new.
inline constexpr std::chrono::seconds kAskPause{10};
/// While the provider cannot be asked, claims count for this many times `refresh`.
inline constexpr int kOutageFactor = 3;

/// Has control look it up, and ask the provider if that is due (SessionRefresh::current). `not_found` once it
/// has ended; then it is on the list of ended sessions, too.
using FindCurrent = std::function<core::Flow<CurrentSession>(std::shared_ptr<const Identity> identity)>;

/// One worker's. Borrows both settings and sessions.
class LiveSessions {
 public:
  /// `find_current` is not called with `store: cookie`.
  LiveSessions(const config::SessionSettings& settings, Sessions& sessions, FindCurrent find_current);

  struct Found {
    CachedSession* session = nullptr;  ///< borrowed; valid until the next call of Sessions
    SessionAbsence absence = SessionAbsence::no_cookie;
    bool is_unknown = false;  ///< there is a session, and nobody can say now what it may do: 503
  };
  /// Nothing if find() must be asked. No allocation for a session that this worker knows.
  std::optional<Found> find_now(const Request& request);
  /// `request` outlives the flow.
  core::Flow<Found> find(const Request& request);

 private:
  enum class Claims { good, usable, too_old };
  [[nodiscard]] Claims claims_of(const CachedSession& session, core::WallTime now) const;
  [[nodiscard]] bool must_ask(const CachedSession& session, core::WallTime now) const;

  const config::SessionSettings& settings_;
  Sessions& sessions_;
  FindCurrent find_current_;
};

}  // namespace gateway
