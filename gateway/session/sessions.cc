#include "gateway/session/sessions.h"

#include <algorithm>
#include <utility>

#include "config/issuer.h"

namespace gateway {

std::string_view name_of(SessionAbsence absence) {
  switch (absence) {
    case SessionAbsence::none:
      return "none";
    case SessionAbsence::no_cookie:
      return "no session cookie";
    case SessionAbsence::unreadable:
      return "no session cookie that opens";
    case SessionAbsence::expired:
      return "session expired";
    case SessionAbsence::idle:
      return "session idle for too long";
    case SessionAbsence::from_future:
      return "session from the future";
    case SessionAbsence::revoked:
      return "session ended";
    case SessionAbsence::unknown_provider:
      return "provider no longer configured";
  }
  return "no session";
}

std::optional<SessionAbsence> absence_named(std::string_view name) {
  using enum SessionAbsence;
  for (const SessionAbsence absence :
       {none, no_cookie, unreadable, expired, idle, from_future, revoked, unknown_provider}) {
    if (name_of(absence) == name) return absence;
  }
  return std::nullopt;
}

namespace {

/// About what it takes in memory.
std::size_t cost_of(const Session& session) {
  return sizeof(Identity) + 2 * encode_session(session).size();
}

}  // namespace

Sessions::Sessions(SessionParts parts)
    : settings_(parts.settings),
      providers_(parts.providers),
      sealer_(parts.keys, core::Purpose::session, parts.random),
      cookies_(parts.names, sealer_, parts.settings.same_site),
      revocations_(parts.revocations),
      break_glass_(parts.break_glass),
      cookies_hold_claims_(settings_.store == config::SessionStoreKind::cookie) {}

SessionLookup Sessions::find(const Request& request) {
  const PresentedCookies presented = cookies_.find(*request.fields, request.host);
  if (presented.is_empty()) return {nullptr, SessionAbsence::no_cookie};
  const core::Sha256Digest key = cookies_.digest(presented, request.host);
  CachedSession* session = cache_.find(key);
  if (session == nullptr) {
    core::Result<OpenedSession> opened = cookies_.open(presented, request.host);
    if (!opened) return {nullptr, SessionAbsence::unreadable};
    CachedSession fresh;
    fresh.last_seen = opened->session.last_seen;
    fresh.by_old_key = opened->by_old_key;
    fresh.has_claims = cookies_hold_claims_;
    const std::size_t cost = cost_of(opened->session);
    fresh.identity = std::make_shared<const Identity>(std::move(opened->session.identity));
    session = cache_.insert(key, std::move(fresh), cost);
  }
  const SessionAbsence absence = judge(*session, request.now);
  if (absence == SessionAbsence::none) return {session, absence};
  cache_.erase(key);
  return {nullptr, absence};
}

CachedSession* Sessions::take_claims(const Request& request, const CurrentSession& current) {
  const core::Sha256Digest key = cookies_.digest(cookies_.find(*request.fields, request.host), request.host);
  const CachedSession* known = cache_.find(key);
  if (known == nullptr) return nullptr;
  CachedSession next = *known;
  next.identity = current.identity;
  next.tokens = current.tokens;
  next.refreshed_at = current.refreshed_at;
  next.has_claims = true;
  next.judged.clear();
  std::size_t cost = cost_of({*current.identity, current.refreshed_at});
  if (current.tokens) cost += current.tokens->access.reveal().size() + current.tokens->id.reveal().size();
  return cache_.insert(key, std::move(next), cost);
}

std::shared_ptr<const Identity> Sessions::find_to_end(const Request& request) {
  const SessionLookup found = find(request);
  if (found.session != nullptr) return found.session->identity;
  if (found.absence == SessionAbsence::expired || found.absence == SessionAbsence::revoked) return nullptr;
  core::Result<OpenedSession> opened =
      cookies_.open(cookies_.find(*request.fields, request.host), request.host);
  return opened ? std::make_shared<const Identity>(std::move(opened->session.identity)) : nullptr;
}

SessionAbsence Sessions::judge(const std::shared_ptr<const Identity>& identity, core::WallTime now) {
  CachedSession fresh;
  fresh.identity = identity;
  fresh.last_seen = now;
  return judge(fresh, now);
}

SessionAbsence Sessions::judge(CachedSession& session, core::WallTime now) {
  const Identity& identity = *session.identity;
  // The lifetime of today's configuration too, so that shortening it acts at once.
  if (now >= identity.expires_at || now >= identity.signed_in_at + settings_.lifetime)
    return SessionAbsence::expired;
  if (session.last_seen > now + kSessionClockSkew || identity.signed_in_at > now + kSessionClockSkew) {
    return SessionAbsence::from_future;
  }
  if (now >= session.last_seen + settings_.idle) return SessionAbsence::idle;
  if (!knows_provider(identity)) return SessionAbsence::unknown_provider;
  return is_revoked(session) ? SessionAbsence::revoked : SessionAbsence::none;
}

bool Sessions::knows_provider(const Identity& identity) const {
  if (identity.issuer == config::kBreakGlassIssuer) {
    return break_glass_ != nullptr && identity.provider == config::kBreakGlassProvider &&
           identity.subject == break_glass_->user &&
           identity.expires_at <= identity.signed_in_at + break_glass_->lifetime;
  }
  return std::any_of(providers_.begin(), providers_.end(), [&](const config::Provider& provider) {
    return provider.name == identity.provider && config::is_issuer_of(provider, identity.issuer);
  });
}

bool Sessions::is_revoked(CachedSession& session) {
  const Revocations& revocations = revocations_.current();
  if (session.revocations_generation == revocations_.generation()) return false;
  if (revocations.is_revoked(*session.identity) || is_revoked_for_all_tenants(*session.identity)) return true;
  session.revocations_generation = revocations_.generation();
  return false;
}

/// What is ended for a provider of several issuers, by whoever does not know them.
bool Sessions::is_revoked_for_all_tenants(const Identity& identity) {
  for (const config::Provider& provider : providers_) {
    if (provider.name != identity.provider || provider.issuer == identity.issuer) continue;
    if (revocations_.current().is_revoked(identity, provider.issuer)) return true;
  }
  return false;
}

Revocation revocation_of(const Identity& identity) {
  return {RevocationKind::session, identity.session_id, identity.issuer, identity.signed_in_at,
          identity.expires_at + kSessionClockSkew};
}

Revocation revocation_of_person(const Identity& identity, core::WallTime now, std::chrono::seconds lifetime) {
  return {RevocationKind::person, identity.subject, identity.issuer, now,
          now + lifetime + 2 * kSessionClockSkew};
}

std::vector<std::string> Sessions::renewal(const Request& request, CachedSession& session) {
  const bool is_due = session.by_old_key || request.now >= session.last_seen + settings_.idle / 4;
  if (!is_due || request.now < session.renewed_at + kRenewalPause) return {};
  session.renewed_at = request.now;
  const PresentedCookies presented = cookies_.find(*request.fields, request.host);
  const Session renewed{in_cookie(*session.identity), std::max(request.now, session.last_seen)};
  // One that no longer fits stays as it is until it ends.
  return cookies_.issue(renewed, request.host, presented).value_or(std::vector<std::string>());
}

core::Result<std::vector<std::string>> Sessions::issue(const Request& request, const Identity& identity) {
  const PresentedCookies presented = cookies_.find(*request.fields, request.host);
  return cookies_.issue(Session{in_cookie(identity), request.now}, request.host, presented);
}

Identity Sessions::in_cookie(const Identity& identity) const {
  return cookies_hold_claims_ ? identity : without_claims(identity);
}

std::vector<std::string> Sessions::clear(const Request& request) const {
  return cookies_.clear(request.host);
}

}  // namespace gateway
