// The marker that keeps a login from looping: set for a minute wherever a session is issued. A request that
// has it but no usable session is a failed round; the second ends in a page. Starting a sign-in counts
// nothing.
#pragma once

#include <string>

#include "gateway/model/request.h"
#include "gateway/oidc/login_answers.h"
#include "gateway/session/cookie_names.h"
#include "gateway/session/sessions.h"

namespace gateway {

inline constexpr std::chrono::seconds kRoundLifetime{60};
inline constexpr int kMaxFailedRounds = 2;

/// Failed rounds so far, this request included when it has no session; 0 without the marker. The cookie is
/// the browser's own word about itself: whoever forges it only stops his own sign-in.
int failed_rounds(const Request& request, const CookieNames& names, SessionAbsence absence);
/// Set-Cookie values. `rounds` failed rounds are remembered through the next sign-in.
std::string round_marker(const CookieNames& names, int rounds);
std::string round_marker_removal(const CookieNames& names);
/// The marker to set beside a new session: it keeps what an earlier one has counted.
std::string round_marker_after_sign_in(const Request& request, const CookieNames& names);
/// What the page that ends a loop says.
SignInFailure loop_cause(SessionAbsence absence);

}  // namespace gateway
