#include "gateway/session/live_sessions.h"

#include <utility>

namespace gateway {

LiveSessions::LiveSessions(const config::SessionSettings& settings, Sessions& sessions,
                           FindCurrent find_current)
    : settings_(settings), sessions_(sessions), find_current_(std::move(find_current)) {}

LiveSessions::Claims LiveSessions::claims_of(const CachedSession& session, core::WallTime now) const {
  if (!session.has_claims) return Claims::too_old;
  if (!settings_.refresh || now < session.refreshed_at + *settings_.refresh) return Claims::good;
  return now < session.refreshed_at + kOutageFactor * *settings_.refresh ? Claims::usable : Claims::too_old;
}

bool LiveSessions::must_ask(const CachedSession& session, core::WallTime now) const {
  const Claims claims = claims_of(session, now);
  if (claims != Claims::usable) return claims == Claims::too_old;
  if (now < session.failed_at + kAskPause) return false;
  const bool is_under_way = now < session.asked_at + kAskPause;
  return !is_under_way || now >= session.refreshed_at + *settings_.refresh + kOldClaimsGrace;
}

std::optional<LiveSessions::Found> LiveSessions::find_now(const Request& request) {
  const SessionLookup found = sessions_.find(request);
  if (found.session != nullptr && settings_.store != config::SessionStoreKind::cookie &&
      must_ask(*found.session, request.now)) {
    return std::nullopt;
  }
  return Found{found.session, found.absence};
}

core::Flow<LiveSessions::Found> LiveSessions::find(const Request& request) {
  SessionLookup found = sessions_.find(request);
  const bool asks = found.session != nullptr && settings_.store != config::SessionStoreKind::cookie &&
                    must_ask(*found.session, request.now);
  if (!asks) {
    const Found result{found.session, found.absence};
    co_return result;
  }
  found.session->asked_at = request.now;
  const std::shared_ptr<const Identity> identity = found.session->identity;
  const core::Result<CurrentSession> current = co_await core::attempt(find_current_(identity));
  // It may have ended meanwhile, and its place in the cache is another's perhaps.
  found = sessions_.find(request);
  if (found.session == nullptr) {
    const Found result{nullptr, found.absence};
    co_return result;
  }
  CachedSession* session = found.session;
  const bool is_new = current && (!session->has_claims || session->refreshed_at < current->refreshed_at);
  if (is_new) session = sessions_.take_claims(request, *current);
  Found result;
  if (session == nullptr) co_return result;
  if (!current || claims_of(*session, request.now) != Claims::good) session->failed_at = request.now;
  result = {session, SessionAbsence::none};
  if (claims_of(*session, request.now) == Claims::too_old) result = {nullptr, SessionAbsence::none, true};
  co_return result;
}

}  // namespace gateway
