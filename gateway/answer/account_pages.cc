#include "gateway/answer/account_pages.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "core/text/form.h"
#include "gateway/guard/administrators.h"
#include "gateway/guard/policy.h"

namespace gateway {
namespace {

constexpr std::string_view kSessions = "/sessions";
/// What the token of a form is for.
constexpr std::string_view kEndSession = "end a session";

/// Whether a link can lead to its front page: one host, a path as it stands, an app behind it, and nobody but
/// us decides who may see it.
bool is_app(const config::Route& route) {
  const bool is_one_host = !route.host.starts_with('*');
  const bool takes_get =
      route.methods.empty() || std::ranges::find(route.methods, "GET") != route.methods.end();
  return is_one_host && takes_get && route.path.match != config::PathMatch::regex && route.headers.empty() &&
         std::holds_alternative<config::Upstream>(route.action) && !route.access.authorize &&
         route.access.kind != config::AccessKind::engine && route.access.kind != config::AccessKind::deny;
}

bool is_open(const Policies& policies, const config::Access& access, const Question& question) {
  switch (access.kind) {
    case config::AccessKind::open:
      return true;
    case config::AccessKind::policy:
      return judge(policies, access.policy, question) == Decision::admitted;
    case config::AccessKind::engine:
    case config::AccessKind::deny:
      break;
  }
  return false;
}

}  // namespace

AccountPages::AccountPages(AccountPagesParts parts) : parts_(std::move(parts)) {
  for (const config::Route& route : parts_.config.routes) {
    if (is_app(route)) apps_.push_back({route.host, route.path.path, route.access});
  }
  std::ranges::sort(
      apps_, [](const App& a, const App& b) { return std::tie(a.host, a.path) < std::tie(b.host, b.path); });
}

Reply AccountPages::not_signed_in(const Request& request, const LiveSessions::Found& found) {
  if (found.is_unknown) return parts_.answers.session_unknown(request);
  if (may_start_sign_in(request)) return parts_.login.begin_for(request, {}, found.absence);
  return parts_.answers.sign_in_needed(request, parts_.login.sign_in_url(request, {}));
}

core::Flow<Reply> AccountPages::apps(const Request& request) {
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.session == nullptr) co_return not_signed_in(request, found);
  const Identity& owner = *found.session->identity;
  co_return parts_.pages.apps(request, links_for(request, owner), role_of(request, owner));
}

core::Flow<Reply> AccountPages::sessions(const Request& request, std::string body) {
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.session == nullptr) co_return not_signed_in(request, found);
  const std::shared_ptr<const Identity> owner = found.session->identity;
  const bool is_post = request.method == "POST";
  core::Flow<Reply> answering =
      is_post ? end_session(request, owner, std::move(body)) : show_sessions(request, owner);
  Reply reply = co_await std::move(answering);
  co_return reply;
}

std::string AccountPages::sessions_url(const Request& request) const {
  Request there = request;
  there.host = parts_.config.login.host;
  return there.origin() + parts_.config.login.prefix + std::string(kSessions);
}

core::Flow<Reply> AccountPages::show_sessions(const Request& request, std::shared_ptr<const Identity> owner) {
  SessionPage page;
  page.who = parts_.answers.who(*owner);
  page.role = role_of(request, *owner);
  page.since = owner->signed_in_at;
  page.until = owner->expires_at;
  page.form_targets = parts_.sign_out.stops(request, owner->provider, {});
  if (request.host != parts_.config.login.host) {
    page.all_href = sessions_url(request);
    co_return parts_.pages.session(request, page);
  }
  page.action = parts_.config.login.prefix + std::string(kSessions);
  const core::Result<std::vector<KnownSession>> known = co_await core::attempt(parts_.ask.list(owner));
  page.others_are_known = known.has_value();
  for (const KnownSession& other : known.value_or(std::vector<KnownSession>())) {
    if (other.who.session_id == owner->session_id) continue;
    page.others.push_back({other.who.signed_in_at, other.who.expires_at, other.network, other.program,
                           parts_.form_tokens.make(request, *owner, kEndSession, other.who.session_id)});
  }
  co_return parts_.pages.session(request, page);
}

core::Flow<Reply> AccountPages::end_session(const Request& request, std::shared_ptr<const Identity> owner,
                                            std::string body) {
  const core::Result<core::Form> form = core::Form::parse(body);
  if (!form) co_return parts_.answers.refused(request, 400);
  core::Result<std::string> id =
      parts_.form_tokens.take(request, *owner, kEndSession, form->required(kSessionTokenField));
  if (!id) co_return parts_.answers.refused(request, 403);
  const std::string which = "the session " + *id;
  const core::Result<core::Done> ended = co_await core::attempt(parts_.ask.end(owner, std::move(*id)));
  // One that is not there any more has ended: that is what was asked for.
  const bool is_gone = !ended && ended.error().kind == core::ErrorKind::not_found;
  if (!is_gone) {
    parts_.audit.note(AuditAct::sign_out, request, *owner,
                      ended ? which : which + ", which storage could not keep");
  }
  if (!ended && !is_gone)
    co_return parts_.answers.failed(request, SignInFailure::sign_out_not_kept, ended.error());
  co_return redirect_to(303, sessions_url(request));
}

Role AccountPages::role_of(const Request& request, const Identity& identity) {
  const bool decides = administers_any(parts_.policies.current(), {identity, request.client, "GET"});
  return decides ? Role::administrator : Role::person;
}

std::vector<AppLink> AccountPages::links_for(const Request& request, const Identity& identity) {
  std::vector<AppLink> links;
  const Question question{identity, request.client, "GET"};
  Request there = request;
  for (const App& app : apps_) {
    if (!is_open(parts_.policies.current(), app.access, question)) continue;
    there.host = app.host;
    links.push_back({app.path == "/" ? app.host : app.host + app.path, there.origin() + app.path});
  }
  return links;
}

}  // namespace gateway
