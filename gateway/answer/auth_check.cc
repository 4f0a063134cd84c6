#include "gateway/answer/auth_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/http/fields.h"
#include "core/text/request_path.h"
#include "core/text/url.h"
#include "gateway/model/exchange.h"
#include "gateway/session/sessions.h"

namespace gateway {
namespace {

constexpr std::string_view kEndpoint = "/auth";

core::Error unclear(std::string text) {
  return {core::ErrorKind::malformed, core::Side::client, "auth_check: " + std::move(text)};
}

std::ptrdiff_t count(const core::Fields& fields, std::string_view name) {
  return std::ranges::count_if(
      fields, [name](const core::Field& field) { return core::equals_ignoring_case(field.name, name); });
}

/// The value of a field that must stand once.
core::Result<std::string_view> only(const core::Fields& fields, std::string_view name) {
  if (count(fields, name) != 1) return core::failure(unclear(std::string(name) + " must stand once"));
  return *fields.find(name);
}

core::Result<MeantRequest> read_original(const core::Fields& fields) {
  const core::Result<std::string_view> text = only(fields, "X-Original-URL");
  if (!text) return core::failure(text.error());
  const core::Result<std::string_view> method = only(fields, "X-Original-Method");
  if (!method) return core::failure(method.error());
  core::Result<core::Url> url = core::parse_url(*text);
  if (!url) return core::failure(unclear("X-Original-URL: " + url.error().text));
  return MeantRequest{std::string(*method), std::move(url->authority.host), url->path + url->query};
}

core::Result<MeantRequest> read_forwarded(const core::Fields& fields) {
  const core::Result<std::string_view> host = only(fields, "X-Forwarded-Host");
  if (!host) return core::failure(host.error());
  const core::Result<std::string_view> target = only(fields, "X-Forwarded-Uri");
  if (!target) return core::failure(target.error());
  const core::Result<std::string_view> method = only(fields, "X-Forwarded-Method");
  if (!method) return core::failure(method.error());
  core::Result<core::Authority> authority = core::parse_authority(*host);
  if (!authority) return core::failure(unclear("X-Forwarded-Host: " + authority.error().text));
  return MeantRequest{std::string(*method), std::move(authority->host), std::string(*target)};
}

Reply plain(int status, std::string reason) {
  Reply reply;
  reply.status = status;
  reply.with("Cache-Control", "no-store");
  reply.reason = std::move(reason);
  return reply;
}

}  // namespace

core::Result<MeantRequest> read_meant_request(const Request& asking, std::string_view path_below) {
  const core::Fields& fields = *asking.fields;
  const bool has_original = count(fields, "X-Original-URL") + count(fields, "X-Original-Method") > 0;
  const bool has_forwarded = count(fields, "X-Forwarded-Uri") + count(fields, "X-Forwarded-Method") > 0;
  const int ways = int{has_original} + int{has_forwarded} + int{!path_below.empty()};
  if (ways == 0)
    return core::failure(unclear("neither X-Original-URL nor X-Forwarded-Uri says what is meant"));
  if (ways > 1)
    return core::failure(unclear("two ways of saying what is meant: the client may have sent one"));
  if (has_original) return read_original(fields);
  if (has_forwarded) return read_forwarded(fields);
  return MeantRequest{std::string(asking.method), std::string(asking.host),
                      std::string(path_below).append(asking.query)};
}

bool AuthCheck::is_asked(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return core::path_has_prefix(path.substr(prefix.size()), kEndpoint);
}

bool AuthCheck::believes(const core::IpAddress& peer) const {
  return std::ranges::any_of(rule_.from, [&peer](const core::Network& each) { return each.contains(peer); });
}

void AuthCheck::serve(Exchange& exchange, Admitted /*admitted*/) {
  const Request& request = exchange.request();
  const std::size_t own = exchange.site().prefix.size() + kEndpoint.size();
  const std::string_view path_below = request.path.substr(own);
  // Below the endpoint's path the query is the page's.
  core::Result<AuthNarrowing> narrowing =
      AuthNarrowing::read(path_below.empty() ? request.query : std::string_view());
  if (!narrowing) return refuse_unclear(exchange, narrowing.error());
  if (!believes(exchange.peer())) return exchange.reply(tell_session(request, *narrowing));
  core::Result<MeantRequest> meant = read_meant_request(request, path_below);
  if (!meant) return refuse_unclear(exchange, meant.error());
  exchange.reply_with(judge(&exchange, std::move(*meant), std::move(*narrowing)));
}

/// Says no more than the browser knows.
Reply AuthCheck::tell_session(const Request& request, const AuthNarrowing& narrowing) {
  // A proxy that asks for more than a session must not take a session for its answer.
  if (narrowing.asks())
    return refuse(request, "auth_check: allowed_… of one that auth_check.from does not name");
  const SessionLookup found = sessions_.find(request);
  return found.session != nullptr ? plain(202, "a session") : plain(401, std::string(name_of(found.absence)));
}

/// Not because of who it is: what is asked is no question about a route.
Reply AuthCheck::refuse(const Request& asking, std::string_view reason) const {
  strangers_.note(AuditAct::request_refused, asking, reason);
  return plain(403, std::string(reason));
}

void AuthCheck::refuse_unclear(Exchange& exchange, const core::Error& error) const {
  strangers_.note(AuditAct::request_refused, exchange.request(), error.text);
  exchange.reply_error(400, error);
}

/// As Exchange judges what comes to us.
core::Flow<Reply> AuthCheck::judge(Exchange* exchange, MeantRequest meant, AuthNarrowing narrowing) {
  const Site& site = exchange->site();
  std::string scratch;
  const core::Result<core::NormalTarget> target =
      core::normalise_target(meant.target, core::EncodedSlashes::keep, scratch);
  if (!target) co_return refuse(exchange->request(), "auth_check: " + target.error().text);
  Request request = exchange->request();
  request.method = meant.method;
  request.host = meant.host;
  // Of the connection to this host, and of the proxy that asks.
  request.certificate = nullptr;
  request.client_is_known = site.clients.names_client(exchange->peer(), *request.fields);
  request.path = target->path;
  request.query = target->query;
  const HostRoutes* routes = site.router.find(request.host);
  const Route* route = routes == nullptr ? nullptr : routes->find(request.path, *request.fields);
  Guard* guard = route == nullptr ? rule_.guard : route->guard;
  if (guard == nullptr)
    co_return refuse(exchange->request(), "auth_check: no route for this URL, and no auth_check.policy");
  const bool is_ours = routes != nullptr && routes->is_endpoint(request.path, site.prefix);
  if (is_ours || (route != nullptr && !routes->reads_alike(*route, request, site.prefix)))
    co_return refuse(exchange->request(), "auth_check: a path that could be read in two ways");
  if (route != nullptr && !route->takes_method(request.method))
    co_return refuse(exchange->request(), "auth_check: a method that the route does not take");
  Verdict verdict = co_await guard->admit(request);
  if (verdict.admitted && narrowing.asks()) {
    const Identity* identity = verdict.admitted->identity();
    constexpr std::string_view kReason = "auth_check: nobody of those whom the question allows";
    if (identity == nullptr || !narrowing.admits(*identity)) {
      if (identity != nullptr) strangers_.note(AuditAct::denied, request, *identity, kReason);
      co_return plain(403, std::string(kReason));
    }
  }
  co_return answer(std::move(verdict), request);
}

Reply AuthCheck::answer(Verdict verdict, const Request& request) {
  if (!verdict.admitted) {
    const int status = verdict.answer.status;
    const bool needs_session = status == 401 || (status >= 300 && status < 400);
    // Who asks knows 401 and 403, and takes others for a failure of ours.
    const int told = status == 429 ? 403 : status;
    Reply reply = plain(needs_session ? 401 : told, verdict.answer.reason);
    for (const auto& [name, value] : verdict.answer.fields) {
      if (name == "WWW-Authenticate") reply.with(name, value);
    }
    return reply;
  }
  Reply reply = plain(202, {});
  for (const std::string& cookie : verdict.cookies) reply.with("Set-Cookie", cookie);
  core::Fields fields;
  if (verdict.admitted->identity() != nullptr) {
    rule_.identity.append_to(fields, verdict.admitted->shared_identity(), request);
  }
  for (const core::Field& field : fields) reply.with(field.name, field.value);
  return reply;
}

}  // namespace gateway
