// The one place that turns outcomes of signing in and out into answers: pages for people, JSON for programs.
// Fixed sentences; what really happened goes to the log under the id that the page shows (the request's id).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types_access.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "gateway/model/audit.h"
#include "gateway/model/identity.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/pages/pages.h"

namespace gateway {

/// Why a sign-in failed, as far as the person is told.
enum class SignInFailure {
  bad_callback,         ///< not a response to a sign-in of this browser, or not a well-formed one
  refused_by_provider,  ///< the provider answered with an error
  not_verified,         ///< what the provider answered does not hold
  provider_down,        ///< not reached, or too slow
  session_too_large,
  ticket_too_large,     ///< fits into cookies, but not into the URL that hands it over
  bad_return,           ///< a hand-over ticket that does not hold
  bad_target,           ///< rd= names a place that is not ours
  loop_no_cookie,       ///< second round: the browser does not keep the session cookie
  loop_clock,           ///< second round: clocks disagree
  loop_unreadable,      ///< second round: other keys
  loop_other,           ///< second round: the session does not count for another reason
  session_not_kept,     ///< signed in, but the store could not keep the session
  bad_sign_out_target,  ///< where to go back to after a sign-out is no place we know
  sign_out_not_kept,    ///< the session ended here but storage could not keep it
};

/// What the person is told about a sign-in that did not lead to a session.
SignInFailure failure_of(const core::Error& error);

/// All borrowed.
class LoginAnswers {
 public:
  LoginAnswers(const Pages& pages, const config::Login& settings, const core::Log& log, const Audit& audit);

  /// `destination`: the host that asked for the sign-in; empty: this one.
  [[nodiscard]] Reply choose(const Request& request, const std::vector<ProviderLink>& choices,
                             std::string_view destination) const;
  /// Logs `error` under the request's id, and notes it for the audit. `retry` is the URL that tries again;
  /// empty: none. `provider`: one of the file's, at which it was; empty: that is not known.
  [[nodiscard]] Reply failed(const Request& request, SignInFailure failure, const core::Error& error,
                             std::string_view retry = {}, std::string_view provider = {}) const;
  /// 200: a page whose script says what the browser has behind "#".
  [[nodiscard]] Reply ask_fragment(const Request& request, const FragmentForm& form) const;
  /// 401: JSON that names the sign-in URL.
  [[nodiscard]] Reply sign_in_needed(const Request& request, std::string_view sign_in_url) const;
  /// 401 for a navigation that cannot be redirected (a form post): says so, offers to sign in.
  [[nodiscard]] Reply session_ended(const Request& request, std::string_view sign_in_url) const;
  /// The same with a form that can be sent again.
  [[nodiscard]] Reply session_ended(const Request& request, const UnsentForm& form) const;
  /// 503: there is a session, and what it may do cannot be found out now.
  [[nodiscard]] Reply session_unknown(const Request& request) const;
  /// 403 for somebody who is signed in: page or JSON.
  [[nodiscard]] Reply denied(const Request& request, const Identity& identity,
                             const AccessAsked& asked = {}) const;
  [[nodiscard]] Reply pending(const Request& request, const Identity& identity,
                              const AccessAsked& asked = {}) const;
  /// The page on which administrators decide.
  [[nodiscard]] Reply approvals(const Request& request, const ApprovalsList& list) const;
  [[nodiscard]] Reply confirm_sign_out(const Request& request, const SignOutForm& form) const;
  [[nodiscard]] Reply signed_out(const Request& request) const;
  [[nodiscard]] SignedInAs who(const Identity& identity) const;
  /// A refusal with words of its own: a page, or JSON with `code`.
  [[nodiscard]] Reply refused(const Request& request, const ErrorText& text, std::string_view code) const;
  /// A refusal that needs none: 403, 404, 405.
  [[nodiscard]] Reply refused(const Request& request, int status) const;

 private:
  const Pages& pages_;
  const config::Login& settings_;
  const core::Log& log_;
  const Audit& audit_;
};

}  // namespace gateway
