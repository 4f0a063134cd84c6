#include "gateway/oidc/login.h"

#include <utility>

#include "core/crypto/pkce.h"
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

/// What the person is told about a callback that did not lead to a session.
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

Reply Login::begin(const Request& request, const SignInWish& wish) {
  const int rounds = failed_rounds(request, parts_.names, wish.absence);
  if (rounds >= kMaxFailedRounds) return end_loop(request, wish);
  Reply reply;
  if (is_login_host(request)) {
    Start start;
    start.destination.target = wish.target;
    start.destination.provider = wish.provider;
    core::FormWriter carried;
    carried.add("rd", wish.target);
    start.carried = carried.text();
    reply = begin_here(request, start);
  } else if (parts_.names.shares_domain(request.host) && parts_.names.shares_domain(parts_.settings.host)) {
    reply = begin_elsewhere(request, wish);
  } else {
    reply = hand_over(request, wish);
  }
  if (rounds > 0) reply.with("Set-Cookie", round_marker(parts_.names, rounds));
  return reply;
}

Reply Login::end_loop(const Request& request, const SignInWish& wish) const {
  const core::Error error{core::ErrorKind::conflict, core::Side::client,
                          "signed in twice without a usable session: " + std::string(name_of(wish.absence))};
  const std::string again = sign_in_url(request, wish.target);
  Reply reply = parts_.answers.failed(request, loop_cause(wish.absence), error, again);
  reply.with("Set-Cookie", round_marker_removal(parts_.names));
  return reply;
}

Reply Login::begin_for(const Request& request, const std::string& provider, SessionAbsence absence) {
  std::string target = request.url();
  if (target.size() > kMaxTargetBytes) target.resize(target.size() - request.query.size());
  if (target.size() > kMaxTargetBytes) target = request.origin() + "/";
  return begin(request, {std::move(target), provider, absence});
}

Reply Login::begin_elsewhere(const Request& request, const SignInWish& wish) const {
  core::FormWriter query;
  query.add("rd", wish.target);
  if (!wish.provider.empty()) query.add("provider", wish.provider);
  query.add("absence", name_of(wish.absence));
  Reply reply = redirect_to(302, login_url(request, "/start") + "?" + query.text());
  reply.reason = "sign-in begins";
  return reply;
}

/// There is a session, and yet the host that shares its cookie found none there: something stands before it,
/// such as cookies that a sibling host sets for some paths. To go back is a round like a sign-in.
Reply Login::send_back(const Request& request, const Start& start) const {
  const int rounds = failed_rounds(request, parts_.names, SessionAbsence::unreadable);
  if (rounds >= kMaxFailedRounds) {
    return end_loop(request, {start.destination.target, start.destination.provider, *start.absence});
  }
  Reply reply = redirect_to(302, start.destination.target);
  reply.with("Set-Cookie", round_marker(parts_.names, rounds));
  return reply;
}

Reply Login::hand_over(const Request& request, const SignInWish& wish) {
  const Handover::Begun begun = handover_.begin(request, wish.target, wish.provider);
  Reply reply = redirect_to(302, login_url(request, "/start") + "?request=" + begun.sealed_request);
  add_cookies(reply, begun.cookies);
  reply.reason = "sign-in begins";
  return reply;
}

core::Result<Login::Start> Login::read_handover(const Request& request, std::string_view sealed) {
  if (!is_login_host(request))
    return core::failure(bad("a hand-over request to another host than login.host"));
  core::Result<Destination> asked = handover_.open_request(request, sealed);
  if (!asked) return core::failure(std::move(asked.error()));
  const core::Result<core::Authority> host = core::parse_authority(asked->host);
  if (!host || !parts_.targets.is_ours(host->host, host->host)) {
    return core::failure(bad("a hand-over request for a host without a route"));
  }
  return Start{std::move(*asked), "request=" + std::string(sealed), {}};
}

core::Result<Login::Start> Login::read_start(const Request& request) {
  const core::Result<core::Form> form = core::Form::parse(query_of(request));
  if (!form) return core::failure(form.error());
  const auto rd = form->once("rd");
  const auto sealed = form->once("request");
  const auto provider = form->once("provider");
  const auto absence = form->once("absence");
  if (!rd) return core::failure(rd.error());
  if (!sealed) return core::failure(sealed.error());
  if (!provider) return core::failure(provider.error());
  if (!absence) return core::failure(absence.error());
  Start start;
  if (*sealed) {
    core::Result<Start> handed = read_handover(request, **sealed);
    if (!handed) return handed;
    start = std::move(*handed);
  } else {
    const core::Result<core::Url> target = parts_.targets.check(rd->value_or("/"), request);
    if (!target) return core::failure(target.error());
    start.destination.target = fitting_target(*target);
    core::FormWriter carried;
    carried.add("rd", start.destination.target);
    start.carried = carried.text();
  }
  if (*absence) {
    start.absence = absence_named(**absence);
    if (!start.absence) return core::failure(bad("an unknown absence is given"));
  }
  if (*provider) start.destination.provider = **provider;
  if (!start.destination.provider.empty() && provider_named(start.destination.provider) == nullptr) {
    return core::failure(bad("an unknown provider is asked for"));
  }
  return start;
}

Reply Login::start(const Request& request) {
  if (!may_start_sign_in(request)) return parts_.answers.sign_in_needed(request, sign_in_url(request, {}));
  const core::Result<Start> start = read_start(request);
  if (!start) return parts_.answers.failed(request, SignInFailure::bad_target, start.error());
  const Destination& destination = start->destination;
  const SessionLookup found = parts_.sessions.find(request);
  if (found.session != nullptr) {
    const std::shared_ptr<const Identity> identity = found.session->identity;
    if (destination.provider.empty() || destination.provider == identity->provider) {
      if (!destination.host.empty()) return deliver(request, destination, *identity);
      return start->absence ? send_back(request, *start) : redirect_to(302, destination.target);
    }
  }
  if (destination.host.empty())
    return begin(request, {destination.target, destination.provider, found.absence});
  // Another host asks, and it counts its own rounds.
  return begin_here(request, *start);
}

Reply Login::begin_here(const Request& request, const Start& start) {
  Provider* provider = provider_named(start.destination.provider);
  if (provider == nullptr && parts_.providers.size() == 1) provider = parts_.providers.front().get();
  if (provider == nullptr) return choose(request, start);
  return to_provider(request, *provider, start.destination);
}

Reply Login::choose(const Request& request, const Start& start) const {
  std::vector<ProviderLink> links;
  for (const std::unique_ptr<Provider>& provider : parts_.providers) {
    core::FormWriter choice;
    choice.add("provider", provider->name());
    links.push_back(
        {provider->title(), login_url(request, "/start") + "?" + choice.text() + "&" + start.carried});
  }
  return parts_.answers.choose(request, links, start.destination.host);
}

Reply Login::to_provider(const Request& request, Provider& provider, const Destination& destination) {
  LoginAttempt attempt;
  attempt.state = random_token(parts_.random);
  attempt.nonce = random_token(parts_.random);
  attempt.verifier = core::make_code_verifier(parts_.random);
  attempt.provider = provider.name();
  attempt.redirect_uri = login_url(request, "/callback");
  attempt.target = destination.target;
  attempt.handover_host = destination.host;
  attempt.handover_hash = destination.secret_hash;
  attempt.began_at = request.now;
  AuthorizationWish wish;
  wish.redirect_uri = attempt.redirect_uri;
  wish.state = attempt.state;
  wish.nonce = attempt.nonce;
  wish.code_challenge = core::code_challenge(attempt.verifier.reveal());
  core::Result<std::string> url = provider.authorization_url(wish);
  if (!url) return parts_.answers.failed(request, SignInFailure::provider_down, url.error(), request.url());
  Reply reply = redirect_to(302, std::move(*url));
  add_cookies(reply, attempts_.keep(request, attempt));
  reply.reason = "sign-in begins";
  return reply;
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

core::Flow<Reply> Login::redeem(const Request& request, Callback callback) {
  LoginAttempt& attempt = callback.found.attempt;
  Provider* provider = provider_named(attempt.provider);
  if (provider == nullptr) {
    co_return parts_.answers.failed(request, SignInFailure::not_verified,
                                    bad("the provider left the configuration"));
  }
  const core::Result<core::Done> checked = check(callback, *provider, request);
  if (!checked) {
    co_return parts_.answers.failed(request, failure_of(checked.error()), checked.error(), attempt.target);
  }
  CodeGrant grant;
  grant.code = std::move(callback.code);
  grant.redirect_uri = attempt.redirect_uri;
  grant.nonce = attempt.nonce;
  grant.verifier = std::move(attempt.verifier);
  grant.now = request.now;
  core::Result<SignedIn> signed_in = co_await core::attempt(provider->exchange(std::move(grant)));
  if (!signed_in) {
    co_return parts_.answers.failed(request, failure_of(signed_in.error()), signed_in.error(),
                                    attempt.target);
  }
  Identity* const identity = &signed_in->identity;
  identity->session_id = parts_.random.hex_id();
  identity->signed_in_at = request.now;
  identity->expires_at = request.now + parts_.settings.session.lifetime;
  const core::Result<core::Done> kept = co_await core::attempt(parts_.keep(*signed_in));
  if (!kept) {
    co_return parts_.answers.failed(request, SignInFailure::session_not_kept, kept.error(), attempt.target);
  }
  Destination destination;
  destination.target = attempt.target;
  destination.provider = attempt.provider;
  destination.host = attempt.handover_host;
  destination.secret_hash = attempt.handover_hash;
  Reply reply = deliver(request, destination, *identity);
  const core::Result<std::vector<std::string>> session = parts_.sessions.issue(request, *identity);
  if (!session) {
    co_return parts_.answers.failed(request, SignInFailure::session_too_large, session.error());
  }
  add_cookies(reply, *session);
  reply.with("Set-Cookie", round_marker_after_sign_in(request, parts_.names));
  co_return reply;
}

Reply Login::deliver(const Request& request, const Destination& destination, const Identity& identity) {
  if (destination.host.empty()) {
    // Sealed by us, but perhaps under a configuration that knew other hosts.
    const core::Result<core::Url> target = parts_.targets.check(destination.target, request);
    if (!target) return parts_.answers.failed(request, SignInFailure::bad_target, target.error());
    Reply reply = redirect_to(302, target->text());
    reply.reason = "signed in";
    return reply;
  }
  const core::Result<std::string> ticket =
      handover_.make_ticket(request, destination, parts_.sessions.in_cookie(identity));
  if (!ticket) return parts_.answers.failed(request, SignInFailure::ticket_too_large, ticket.error());
  Reply reply =
      redirect_to(302, "https://" + destination.host + parts_.settings.prefix + "/return?ticket=" + *ticket);
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
