#include "gateway/oidc/round_marker.h"

#include <algorithm>

#include "core/text/cookie.h"
#include "gateway/oidc/state_cookie.h"

namespace gateway {
namespace {

/// The count the browser brings; nothing without a marker, 0 for one that says anything else.
std::optional<int> counted(const Request& request, const CookieNames& names) {
  for (const core::Field& field : *request.fields) {
    if (field.id != core::FieldId::cookie) continue;
    const core::CookieLookup found = core::find_cookie(field.value, names.round());
    if (found.count != 0) return found.first == "1" ? 1 : 0;
  }
  return std::nullopt;
}

}  // namespace

int failed_rounds(const Request& request, const CookieNames& names, SessionAbsence absence) {
  const std::optional<int> before = counted(request, names);
  // Somebody who was signed out on purpose has not failed to sign in.
  if (!before || absence == SessionAbsence::revoked) return 0;
  return *before + 1;
}

std::string round_marker(const CookieNames& names, int rounds) {
  return host_cookie(names.round(), std::to_string(std::min(rounds, 1)), kRoundLifetime);
}

std::string round_marker_removal(const CookieNames& names) {
  return host_cookie_removal(names.round());
}

std::string round_marker_after_sign_in(const Request& request, const CookieNames& names) {
  return round_marker(names, counted(request, names).value_or(0));
}

SignInFailure loop_cause(SessionAbsence absence) {
  switch (absence) {
    case SessionAbsence::no_cookie:
      return SignInFailure::loop_no_cookie;
    case SessionAbsence::unreadable:
      return SignInFailure::loop_unreadable;
    case SessionAbsence::expired:
    case SessionAbsence::idle:
    case SessionAbsence::from_future:
      return SignInFailure::loop_clock;
    default:
      return SignInFailure::loop_other;
  }
}

}  // namespace gateway
