#include "gateway/oidc/login.h"

#include <utility>

#include "gateway/oidc/form_post.h"
#include "gateway/oidc/fragment.h"
#include "gateway/oidc/round_marker.h"
#include "gateway/oidc/token_response.h"

namespace gateway {
namespace {

void add_cookies(Reply& reply, const std::vector<std::string>& cookies) {
  for (const std::string& cookie : cookies) reply.with("Set-Cookie", cookie);
}

std::string_view query_of(const Request& request) {
  return request.query.empty() ? request.query : request.query.substr(1);
}

core::Error bad(std::string text) {
  return {core::ErrorKind::malformed, core::Side::client, std::move(text)};
}

}  // namespace

Login::Login(LoginParts parts)
    : parts_(parts),
      attempts_(parts.names, parts.keys, parts.random),
      handover_({parts.names, parts.keys, parts.random, parts.settings.host}) {}

std::string Login::login_url(const Request& request, std::string_view endpoint) const {
  Request there = request;
  there.host = parts_.settings.host;
  return there.origin().append(parts_.settings.prefix).append(endpoint);
}

std::string Login::sign_in_url(const Request& request, std::string_view target) const {
  std::string url = request.origin() + parts_.settings.prefix + "/start";
  if (target.empty()) return url;
  core::FormWriter query;
  query.add("rd", target);
  return url + "?" + query.text();
}

std::string Login::check_again_url(const Request& request, const Identity& identity) const {
  std::string target = request.method == "GET" ? request.url() : request.origin() + "/";
  if (target.size() > kMaxTargetBytes) target = request.origin() + "/";
  core::FormWriter query;
  if (identity.issuer == config::kBreakGlassIssuer) {
    query.add("rd", target);
    return login_url(request, "/break_glass") + "?" + query.text();
  }
  query.add("provider", identity.provider).add("again", "true");
  return sign_in_url(request, target) + "&" + query.text();
}

std::string Login::sign_in_url_after(const Request& request) const {
  const std::string_view referer = request.field(core::FieldId::referer);
  if (!referer.empty() && referer.size() <= kMaxTargetBytes) {
    const core::Result<core::Url> page = parts_.targets.check(referer, request);
    if (page && page->origin() == request.origin()) return sign_in_url(request, page->text());
  }
  const bool is_script = !request.field(core::FieldId::sec_fetch_mode).empty();
  const bool is_page = request.method == "GET" && !is_script && request.url().size() <= kMaxTargetBytes;
  return sign_in_url(request, is_page ? request.url() : std::string());
}

Provider* Login::provider_named(std::string_view name) const {
  for (const std::unique_ptr<Provider>& provider : parts_.providers) {
    if (provider->name() == name) return provider.get();
  }
  return nullptr;
}

core::Result<Login::Callback> Login::read_callback(const Request& request) {
  if (!is_login_host(request)) return core::failure(bad("a callback on another host than login.host"));
  const core::Result<core::Form> form = core::Form::parse(query_of(request));
  if (!form) return core::failure(form.error());
  const core::Result<std::string_view> state = form->required("state");
  if (!state) return core::failure(state.error());
  const auto code = form->once("code");
  const auto error = form->once("error");
  const auto issuer = form->once("iss");
  if (!code || !error || !issuer) return core::failure(bad("a parameter of the callback is repeated"));
  for (const std::string_view name : {"error_description", "error_uri", "session_state", "id_token"}) {
    if (!form->once(name)) return core::failure(bad("a parameter of the callback is repeated"));
  }
  core::Result<StateCookies::Found> found = attempts_.find(request, *state);
  if (!found) return core::failure(std::move(found.error()));
  Callback callback{std::move(*found), std::string(code->value_or("")), std::string(error->value_or("")), {}};
  if (*issuer) callback.issuer = std::string(**issuer);
  return callback;
}

core::Result<core::Done> Login::check(const Callback& callback, Provider& provider,
                                      const Request& request) const {
  core::Result<core::Done> issuer = provider.check_issuer(callback.issuer);
  if (!issuer) return issuer;
  if (!callback.error.empty()) {
    return core::failure(core::ErrorKind::refused, core::Side::provider,
                         "the provider answered with error " + std::string(error_code(callback.error)));
  }
  if (callback.code.empty()) return core::failure(bad("the callback has neither code nor error"));
  if (!parts_.redeemed.redeem(callback.found.attempt.state, request.now, kAttemptLifetime)) {
    return core::failure(core::ErrorKind::conflict, core::Side::client, "the callback was used before");
  }
  return core::done();
}

core::Flow<Reply> Login::finish(const Request& request) {
  core::Result<Callback> callback = read_callback(request);
  if (!callback) co_return parts_.answers.failed(request, SignInFailure::bad_callback, callback.error());
  const std::string cookie = callback->found.cookie;
  Reply reply = co_await redeem(request, std::move(*callback));
  reply.with("Set-Cookie", host_cookie_removal(cookie));
  co_return reply;
}

Reply Login::take_posted(const Request& request, std::string_view body) const {
  const core::Result<std::string> query = posted_callback(request, body);
  if (!query) return parts_.answers.failed(request, SignInFailure::bad_callback, query.error());
  return redirect_to(303, login_url(request, "/callback") + "?" + *query);
}

core::Flow<Reply> Login::redeem(const Request& request, Callback callback) {
  LoginAttempt& attempt = callback.found.attempt;
  Provider* provider = provider_named(attempt.provider);
  if (provider == nullptr) {
    co_return parts_.answers.failed(request, SignInFailure::not_verified,
                                    bad("the provider left the configuration"));
  }
  const core::Result<core::Done> checked = check(callback, *provider, request);
  if (!checked) {
    co_return parts_.answers.failed(request, failure_of(checked.error()), checked.error(), attempt.target,
                                    attempt.provider);
  }
  CodeGrant grant;
  grant.code = std::move(callback.code);
  grant.redirect_uri = attempt.redirect_uri;
  grant.nonce = attempt.nonce;
  grant.verifier = std::move(attempt.verifier);
  grant.now = request.now;
  core::Result<SignedIn> signed_in = co_await core::attempt(provider->exchange(std::move(grant)));
  if (!signed_in) {
    co_return parts_.answers.failed(request, failure_of(signed_in.error()), signed_in.error(), attempt.target,
                                    attempt.provider);
  }
  Identity* const identity = &signed_in->identity;
  const std::chrono::seconds wait = parts_.limits.count_sign_in(*identity);
  if (wait > std::chrono::seconds::zero()) co_return too_often(request, *identity, wait);
  identity->session_id = parts_.random.hex_id();
  identity->signed_in_at = request.now;
  identity->expires_at = request.now + parts_.settings.session.lifetime;
  const core::Result<core::Done> kept = co_await core::attempt(parts_.keep(*signed_in));
  if (!kept) {
    co_return parts_.answers.failed(request, SignInFailure::session_not_kept, kept.error(), attempt.target,
                                    attempt.provider);
  }
  Destination destination;
  destination.target = attempt.target;
  destination.fragment = attempt.fragment;
  destination.sign_in.providers = {attempt.provider};
  destination.host = attempt.handover_host;
  destination.secret_hash = attempt.handover_hash;
  Reply reply = deliver(request, destination, *identity);
  const core::Result<std::vector<std::string>> session = parts_.sessions.issue(request, *identity);
  if (!session) {
    co_return parts_.answers.failed(request, SignInFailure::session_too_large, session.error(), {},
                                    attempt.provider);
  }
  co_await core::attempt(end_replaced(request, *identity));
  parts_.audit.note(AuditAct::sign_in, request, *identity);
  KnownSession known = known_session(request, *identity);
  co_await core::attempt(parts_.note(std::move(known)));
  add_cookies(reply, *session);
  reply.with("Set-Cookie", round_marker_after_sign_in(request, parts_.names));
  co_return reply;
}

/// login.host has one session of a browser. Another account's would live on at the hosts that have it, where
/// whoever signs out does not know of it any more.
core::Flow<> Login::end_replaced(const Request& request, const Identity& by) {
  const std::shared_ptr<const Identity> before = parts_.sessions.find_to_end(request);
  if (before == nullptr || (before->issuer == by.issuer && before->subject == by.subject))
    co_return core::done();
  const core::Result<core::Done> ended = co_await core::attempt(parts_.revoke(revocation_of(*before)));
  parts_.audit.note(
      AuditAct::sign_out, request, *before,
      ended ? "another account signs in" : "another account signs in; storage could not keep it");
  co_return core::done();
}

/// Each would leave something in storage, and a list that all share.
Reply Login::too_often(const Request& request, const Identity& who, std::chrono::seconds wait) const {
  if (parts_.limits.is_news_of_sign_ins(who))
    parts_.audit.note(AuditAct::sign_in_failed, request, who, "signs in too often");
  Reply reply = parts_.answers.refused(request, 429);
  reply.with("Retry-After", std::to_string(wait.count()));
  reply.reason = "signs in too often";
  return reply;
}

Reply Login::deliver(const Request& request, const Destination& destination, const Identity& identity) {
  if (destination.host.empty()) {
    // Sealed by us, but perhaps under a configuration that knew other hosts.
    const core::Result<core::Url> target = parts_.targets.check(destination.target, request);
    if (!target) return parts_.answers.failed(request, SignInFailure::bad_target, target.error());
    Reply reply = redirect_to(302, with_fragment(target->text(), destination.fragment));
    reply.reason = "signed in";
    return reply;
  }
  const core::Result<std::string> ticket =
      handover_.make_ticket(request, destination, parts_.sessions.in_cookie(identity));
  if (!ticket) return parts_.answers.failed(request, SignInFailure::ticket_too_large, ticket.error());
  std::string back = "https://" + destination.host + parts_.settings.prefix + "/return?ticket=" + *ticket;
  // The redirect from there has none of its own, so the browser takes this one along.
  Reply reply = redirect_to(302, with_fragment(std::move(back), destination.fragment));
  reply.reason = "signed in for another host";
  return reply;
}

Reply Login::accept_ticket(const Request& request) {
  const core::Result<core::Form> form = core::Form::parse(query_of(request));
  core::Result<std::string_view> sealed = core::failure(bad("the query cannot be read"));
  if (form) sealed = form->required("ticket");
  core::Result<Handover::Accepted> accepted = core::failure(bad("no ticket"));
  if (sealed) accepted = handover_.accept(request, *sealed);
  if (!accepted) return parts_.answers.failed(request, SignInFailure::bad_return, accepted.error());
  const Ticket& ticket = accepted->ticket;
  const core::Result<core::Url> target = parts_.targets.check(ticket.destination.target, request);
  // It may have been ended, everywhere, since login.host wrote the ticket.
  const auto identity = std::make_shared<const Identity>(ticket.session.identity);
  const SessionAbsence absence = parts_.sessions.judge(identity, request.now);
  Reply reply;
  if (!target) {
    reply = parts_.answers.failed(request, SignInFailure::bad_target, target.error());
  } else if (!parts_.redeemed.redeem(ticket.id, request.now, kTicketLifetime)) {
    reply = parts_.answers.failed(request, SignInFailure::bad_return, bad("the ticket was used before"));
  } else if (absence != SessionAbsence::none) {
    reply = parts_.answers.failed(request, SignInFailure::bad_return,
                                  bad("the ticket's session: " + std::string(name_of(absence))));
  } else {
    const core::Result<std::vector<std::string>> session = parts_.sessions.issue(request, *identity);
    if (session) {
      reply = redirect_to(303, target->text());
      reply.reason = "signed in";
      add_cookies(reply, *session);
      reply.with("Set-Cookie", round_marker_after_sign_in(request, parts_.names));
    } else {
      reply = parts_.answers.failed(request, SignInFailure::session_too_large, session.error());
    }
  }
  reply.with("Set-Cookie", host_cookie_removal(accepted->cookie));
  return reply;
}

}  // namespace gateway
