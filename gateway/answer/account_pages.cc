#include "gateway/answer/account_pages.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "gateway/guard/policy.h"

namespace gateway {
namespace {

/// Whether a link can lead to its front page: one host, a path as it stands, an app behind it.
bool is_app(const config::Route& route) {
  const bool is_one_host = !route.host.starts_with('*');
  const bool takes_get =
      route.methods.empty() || std::ranges::find(route.methods, "GET") != route.methods.end();
  return is_one_host && takes_get && route.path.match != config::PathMatch::regex && route.headers.empty() &&
         std::holds_alternative<config::Upstream>(route.action) &&
         route.access.kind != config::AccessKind::deny;
}

}  // namespace

AccountPages::AccountPages(AccountPagesParts parts) : parts_(parts) {
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
  co_return parts_.pages.apps(request, links_for(request, *found.session->identity));
}

core::Flow<Reply> AccountPages::sessions(const Request& request) {
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.session == nullptr) co_return not_signed_in(request, found);
  const Identity& identity = *found.session->identity;
  const SessionPage page{parts_.answers.who(identity), identity.signed_in_at, identity.expires_at,
                         parts_.sign_out.stops(request, identity.provider, {})};
  co_return parts_.pages.session(request, page);
}

std::vector<AppLink> AccountPages::links_for(const Request& request, const Identity& identity) {
  std::vector<AppLink> links;
  const Question question{identity, request.client, "GET"};
  Request there = request;
  for (const App& app : apps_) {
    const bool is_open = app.access.kind == config::AccessKind::open ||
                         judge(parts_.policies.current(), app.access.policy, question) == Decision::admitted;
    if (!is_open) continue;
    there.host = app.host;
    links.push_back({app.path == "/" ? app.host : app.host + app.path, there.origin() + app.path});
  }
  return links;
}

}  // namespace gateway
