#include "gateway/oidc/login_answers.h"

#include "gateway/pages/json_error.h"
#include "gateway/pages/languages.h"

namespace gateway {
namespace {

struct Wording {
  int status;
  std::string_view code;
  Notice SignInFailureWords::* notice;
};

Wording wording_of(SignInFailure failure) {
  switch (failure) {
    case SignInFailure::bad_callback:
      return {400, "sign_in_not_found", &SignInFailureWords::bad_callback};
    case SignInFailure::refused_by_provider:
      return {403, "sign_in_refused", &SignInFailureWords::refused_by_provider};
    case SignInFailure::not_verified:
      return {502, "sign_in_not_verified", &SignInFailureWords::not_verified};
    case SignInFailure::provider_down:
      return {503, "provider_unavailable", &SignInFailureWords::provider_down};
    case SignInFailure::session_not_kept:
      return {503, "session_not_kept", &SignInFailureWords::session_not_kept};
    case SignInFailure::session_too_large:
      return {500, "session_too_large", &SignInFailureWords::session_too_large};
    case SignInFailure::ticket_too_large:
      return {500, "ticket_too_large", &SignInFailureWords::ticket_too_large};
    case SignInFailure::bad_return:
      return {400, "return_not_found", &SignInFailureWords::bad_return};
    case SignInFailure::bad_target:
    case SignInFailure::bad_sign_out_target:
      return {400, "bad_target", &SignInFailureWords::bad_target};
    case SignInFailure::sign_out_not_kept:
      return {500, "sign_out_not_kept", &SignInFailureWords::sign_out_not_kept};
    case SignInFailure::loop_no_cookie:
      return {400, "cookie_refused", &SignInFailureWords::loop_no_cookie};
    case SignInFailure::loop_clock:
      return {400, "clock", &SignInFailureWords::loop_clock};
    case SignInFailure::loop_unreadable:
      return {400, "cookie_unreadable", &SignInFailureWords::loop_unreadable};
    case SignInFailure::loop_other:
      break;
  }
  return {400, "sign_in_loop", &SignInFailureWords::loop_other};
}

}  // namespace

SignInFailure failure_of(const core::Error& error) {
  if (error.side == core::Side::client) return SignInFailure::bad_callback;
  switch (error.kind) {
    case core::ErrorKind::timed_out:
    case core::ErrorKind::unreachable:
    case core::ErrorKind::closed:
    case core::ErrorKind::unavailable:
      return SignInFailure::provider_down;
    case core::ErrorKind::refused:
      return SignInFailure::refused_by_provider;
    default:
      return SignInFailure::not_verified;
  }
}

LoginAnswers::LoginAnswers(const Pages& pages, const config::Login& settings, const core::Log& log,
                           const Audit& audit)
    : pages_(pages), settings_(settings), log_(log), audit_(audit) {}

Reply LoginAnswers::choose(const Request& request, const std::vector<ProviderLink>& choices,
                           std::string_view destination) const {
  Reply reply = pages_.sign_in(request, choices, destination);
  reply.reason = "sign-in chooser";
  return reply;
}

Reply LoginAnswers::failed(const Request& request, SignInFailure failure, const core::Error& error,
                           std::string_view retry, std::string_view provider) const {
  const Wording wording = wording_of(failure);
  const bool is_of_sign_out =
      failure == SignInFailure::sign_out_not_kept || failure == SignInFailure::bad_sign_out_target;
  log_.warn(is_of_sign_out ? "sign-out failed" : "sign-in failed", {{"id", request.id},
                                                                    {"host", request.host},
                                                                    {"code", wording.code},
                                                                    {"error", error.text},
                                                                    {"side", core::name_of(error.side)}});
  if (!is_of_sign_out) audit_.note_failed_sign_in(request, provider, wording.code);
  Reply reply;
  if (audience_of(request) == Audience::program) {
    const Notice& notice = english().failures.*wording.notice;
    reply = json_error(request, {wording.status, wording.code, notice.message.text(), retry});
  } else {
    const Notice& notice = words_for(request).failures.*wording.notice;
    reply = pages_.error(request, {wording.status, notice, std::string(retry)});
  }
  if (wording.status == 503) reply.with("Retry-After", "5");
  reply.reason = wording.code;
  return reply;
}

Reply LoginAnswers::ask_fragment(const Request& request, const FragmentForm& form) const {
  Reply reply = pages_.ask_fragment(request, form);
  reply.reason = "sign-in begins";
  return reply;
}

Reply LoginAnswers::sign_in_needed(const Request& request, std::string_view sign_in_url) const {
  Reply reply = json_error(request, {401, "sign_in_needed", "Sign in first.", sign_in_url});
  reply.reason = "no session";
  return reply;
}

Reply LoginAnswers::session_ended(const Request& request, std::string_view sign_in_url) const {
  Reply reply = pages_.session_ended(request, sign_in_url);
  reply.reason = "no session";
  return reply;
}

Reply LoginAnswers::session_ended(const Request& request, const UnsentForm& form) const {
  Reply reply = pages_.session_ended(request, form);
  reply.reason = "no session";
  return reply;
}

SignedInAs LoginAnswers::who(const Identity& identity) const {
  SignedInAs who;
  who.user = !identity.email.empty()  ? identity.email
             : !identity.name.empty() ? identity.name
                                      : identity.user;
  who.provider = identity.provider;
  for (const config::Provider& provider : settings_.providers) {
    if (provider.name == identity.provider) who.provider = provider.title;
  }
  who.sign_out_href = settings_.prefix + "/sign_out";
  return who;
}

Reply LoginAnswers::session_unknown(const Request& request) const {
  constexpr std::string_view kCode = "session_unavailable";
  Reply reply;
  if (audience_of(request) == Audience::program) {
    reply = json_error(request, {503, kCode, english().session_ended.unknown.message.text(), {}});
  } else {
    reply = pages_.error(request, {503, words_for(request).session_ended.unknown, {}});
  }
  reply.with("Retry-After", "5");
  reply.reason = kCode;
  return reply;
}

Reply LoginAnswers::denied(const Request& request, const Identity& identity, const AccessAsked& asked) const {
  const bool is_page = audience_of(request) == Audience::navigation;
  return is_page ? pages_.denied(request, who(identity), asked)
                 : json_error(request, {403, "denied", {}, {}});
}

Reply LoginAnswers::pending(const Request& request, const Identity& identity,
                            const AccessAsked& asked) const {
  const bool is_page = audience_of(request) == Audience::navigation;
  return is_page ? pages_.pending(request, who(identity), asked)
                 : json_error(request, {403, "pending", {}, {}});
}

Reply LoginAnswers::approvals(const Request& request, const ApprovalsList& list) const {
  return pages_.approvals(request, list);
}

Reply LoginAnswers::refused(const Request& request, const ErrorText& text, std::string_view code) const {
  if (audience_of(request) == Audience::navigation) return pages_.error(request, text);
  return json_error(request, {text.status, code, {}, {}});
}

Reply LoginAnswers::confirm_sign_out(const Request& request, const SignOutForm& form) const {
  return pages_.confirm_sign_out(request, form);
}

Reply LoginAnswers::signed_out(const Request& request) const {
  return pages_.signed_out(request, settings_.prefix + "/sign_in");
}

Reply LoginAnswers::refused(const Request& request, int status) const {
  const bool is_page = audience_of(request) == Audience::navigation;
  return is_page ? pages_.error(request, status) : json_error(request, {status, {}, {}, {}});
}

}  // namespace gateway
