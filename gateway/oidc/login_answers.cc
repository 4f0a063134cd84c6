#include "gateway/oidc/login_answers.h"

#include "gateway/pages/json_error.h"

namespace gateway {
namespace {

struct Wording {
  int status;
  std::string_view code;
  std::string_view heading;
  std::string_view message;
};

constexpr std::string_view kNoSignIn = "Sign-in did not work";
constexpr std::string_view kAgain = "Sign-in did not work twice in a row";

/// The page that ends a second failed round.
Wording loop_wording_of(SignInFailure failure) {
  switch (failure) {
    case SignInFailure::loop_no_cookie:
      return {
          400, "cookie_refused", kAgain,
          "You were signed in, but the browser did not send the session cookie back. Allow cookies for this "
          "site; if they are allowed, whoever runs this site should check its address and cookie settings."};
    case SignInFailure::loop_clock:
      return {400, "clock", kAgain,
              "You were signed in, but the session counts as over or not yet begun. A clock of this site is "
              "probably wrong; tell whoever runs it, with the id below."};
    case SignInFailure::loop_unreadable:
      return {
          400, "cookie_unreadable", kAgain,
          "You were signed in, but the session cookie cannot be read where it arrives. The parts of this "
          "site probably use different session keys, or another site of its domain sets cookies of the same "
          "name. Remove the cookies of this site; if that does not help, tell whoever runs it, with the "
          "id below."};
    default:
      return {
          400, "sign_in_loop", kAgain,
          "You were signed in, but the session does not count here. The redirect address, the audience or "
          "the provider of this site is probably misconfigured; tell whoever runs it, with the id below."};
  }
}

Wording wording_of(SignInFailure failure) {
  switch (failure) {
    case SignInFailure::bad_callback:
      return {400, "sign_in_not_found", kNoSignIn,
              "This browser has no sign-in under way that this answer belongs to. Cookies may be refused, "
              "the sign-in may have taken longer than ten minutes, or it was begun in another browser or "
              "window. Open the page you wanted once more."};
    case SignInFailure::refused_by_provider:
      return {403, "sign_in_refused", "You were not signed in",
              "The sign-in service said no, or the sign-in was cancelled."};
    case SignInFailure::not_verified:
      return {502, "sign_in_not_verified", kNoSignIn,
              "The answer of the sign-in service could not be verified. If this happens again, tell whoever "
              "runs this site, with the id below."};
    case SignInFailure::provider_down:
      return {503, "provider_unavailable", "Sign-in is not available right now",
              "The sign-in service cannot be reached. Try again in a moment."};
    case SignInFailure::session_not_kept:
      return {
          503, "session_not_kept", "Sign-in is not available right now",
          "You were recognised, but this site cannot keep sessions at the moment. Try again in a moment."};
    case SignInFailure::session_too_large:
      return {500, "session_too_large", kNoSignIn,
              "Your account comes with more groups and claims than a session can hold. Whoever runs this "
              "site can ask the sign-in service for fewer; give them the id below."};
    case SignInFailure::ticket_too_large:
      return {
          500, "ticket_too_large", kNoSignIn,
          "You were signed in, but your account comes with more groups and claims than can be handed over "
          "to this part of the site. Whoever runs it can ask the sign-in service for fewer; give them the "
          "id below."};
    case SignInFailure::bad_return:
      return {400, "return_not_found", kNoSignIn,
              "This browser has no sign-in under way that this address belongs to. Cookies may be refused, "
              "or the address was used before or is too old. Open the page you wanted once more."};
    case SignInFailure::bad_target:
      return {400, "bad_target", "This address does not work",
              "It asks to return to a place that does not belong to this site."};
    case SignInFailure::sign_out_not_kept:
      return {500, "sign_out_not_kept", "Signed out here only",
              "You are signed out in this browser, but it could not be written down for the other parts of "
              "this site. Close the browser on shared machines, and tell whoever runs this site."};
    default:
      return loop_wording_of(failure);
  }
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
                           std::string_view retry) const {
  const Wording wording = wording_of(failure);
  log_.warn("sign-in failed", {{"id", request.id},
                               {"host", request.host},
                               {"code", wording.code},
                               {"error", error.text},
                               {"side", core::name_of(error.side)}});
  audit_.note(AuditAct::sign_in_failed, request, wording.code);
  Reply reply;
  if (audience_of(request) == Audience::program) {
    reply = json_error(request, {wording.status, wording.code, wording.message, retry});
  } else {
    ErrorText text;
    text.status = wording.status;
    text.heading = wording.heading;
    text.message = wording.message;
    text.retry_href = retry;
    reply = pages_.error(request, text);
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
  constexpr std::string_view kMessage =
      "You are signed in, but this site cannot find out at the moment what you may see. Try again in a "
      "moment.";
  Reply reply;
  if (audience_of(request) == Audience::program) {
    reply = json_error(request, {503, kCode, kMessage, {}});
  } else {
    ErrorText text;
    text.status = 503;
    text.heading = "Not available right now";
    text.message = kMessage;
    reply = pages_.error(request, text);
  }
  reply.with("Retry-After", "5");
  reply.reason = kCode;
  return reply;
}

Reply LoginAnswers::denied(const Request& request, const Identity& identity) const {
  const bool is_page = audience_of(request) == Audience::navigation;
  return is_page ? pages_.denied(request, who(identity)) : json_error(request, {403, "denied", {}, {}});
}

Reply LoginAnswers::pending(const Request& request, const Identity& identity) const {
  const bool is_page = audience_of(request) == Audience::navigation;
  return is_page ? pages_.pending(request, who(identity)) : json_error(request, {403, "pending", {}, {}});
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
