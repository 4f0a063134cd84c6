// Admits people with a session whom a policy lets in. Everybody else gets the answer that fits: a redirect to
// sign-in (navigations), 401 JSON (programs), a page that says the session ended (form posts), denied,
// pending. Waits only for claims that are in a store or due to be checked again; 503 while those cannot be
// had.
#pragma once

#include <string>

#include "config/types.h"
#include "core/loop/published.h"
#include "gateway/guard/access_requests.h"
#include "gateway/guard/policies.h"
#include "gateway/guard/policy.h"
#include "gateway/guard/refusals.h"
#include "gateway/model/guard.h"
#include "gateway/model/stranger_audit.h"
#include "gateway/oidc/login.h"
#include "gateway/session/live_sessions.h"
#include "gateway/session/sessions.h"

namespace gateway {

/// What the configuration says about one route (or except).
struct LoginGuardRule {
  std::size_t policy = 0;  ///< in Config::policies; behind its end: nobody is let in
  config::Unauthenticated unauthenticated = config::Unauthenticated::automatic;
  config::SignIn sign_in;  ///< that a sign-in for this route asks for
};

/// All borrowed, one worker's.
struct LoginGuardParts {
  Sessions& sessions;
  LiveSessions& live_sessions;
  Login& login;
  const LoginAnswers& answers;
  core::Published<Policies>::Reader& policies;
  const Refusals& refusals;
  AccessRequests& access_requests;
  const StrangerAudit& strangers;
};

class LoginGuard final : public Guard {
 public:
  LoginGuard(LoginGuardRule rule, LoginGuardParts parts);
  std::optional<Verdict> admit_now(const Request& request) override;
  core::Flow<Verdict> admit(const Request& request) override;
  /// Not asked: whether the session is idle. What stands open is used.
  bool still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                    core::WallTime now) override;

 private:
  Verdict verdict_on(const Request& request, const LiveSessions::Found& found);
  Verdict verdict_of(const Request& request, CachedSession& session, Decision decision);
  bool must_ask(const Request& request, Decision decision, const CachedSession& session);
  AccessAsked standing_of(const Request& request, const Identity& identity);
  Reply without_session_for(const Request& request, const std::string& body, SessionAbsence absence);
  Reply without_session(const Request& request, SessionAbsence absence);

  LoginGuardRule rule_;
  LoginGuardParts parts_;
};

}  // namespace gateway
