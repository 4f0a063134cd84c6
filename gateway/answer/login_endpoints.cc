#include "gateway/answer/login_endpoints.h"

#include <utility>

#include "core/text/json.h"
#include "gateway/answer/key_set.h"

namespace gateway {
namespace {

Reply json_reply(const core::Json& value) {
  Reply reply;
  reply.with("Content-Type", "application/json").with("Cache-Control", "no-store");
  reply.with("X-Content-Type-Options", "nosniff");
  reply.body = value.text() + "\n";
  return reply;
}

Reply script_reply() {
  Reply reply;
  reply.with("Content-Type", "text/javascript; charset=utf-8").with("Cache-Control", "public, max-age=3600");
  reply.with("X-Content-Type-Options", "nosniff").with("Cross-Origin-Resource-Policy", "same-origin");
  reply.body = fragment_script();
  return reply;
}

core::Json text_or_null(const std::string& text) {
  return text.empty() ? core::Json() : core::Json(text);
}

}  // namespace

std::string_view LoginEndpoints::endpoint_of(const Request& request) const {
  std::string_view path = request.path;
  if (path.starts_with(parts_.settings.prefix)) path.remove_prefix(parts_.settings.prefix.size());
  return path;
}

bool LoginEndpoints::takes_body(const Request& request) const {
  const std::string_view endpoint = endpoint_of(request);
  if (request.method != "POST") return false;
  return endpoint == "/sign_out" || endpoint == "/backchannel_logout" || endpoint == "/callback" ||
         endpoint == "/tokens" || is_of_session_list(request) || is_of_break_glass(request) ||
         DeviceEndpoints::has(endpoint) || takes_fragment(request) || is_of_approvals(endpoint);
}

bool LoginEndpoints::is_of_approvals(std::string_view endpoint) const {
  return parts_.approvals != nullptr && ApprovalPages::serves(endpoint);
}

bool LoginEndpoints::is_of_break_glass(const Request& request) const {
  return parts_.break_glass != nullptr && request.host == parts_.settings.host &&
         endpoint_of(request) == "/break_glass" && parts_.break_glass->is_for(request.client);
}

/// The page that ends sessions is that of login.host.
bool LoginEndpoints::is_of_session_list(const Request& request) const {
  return request.host == parts_.settings.host && endpoint_of(request) == "/sessions";
}

/// Whether it may be a request of the page that hands a URL's fragment in.
bool LoginEndpoints::takes_fragment(const Request& request) const {
  return parts_.settings.keeps_fragment && request.host == parts_.settings.host &&
         endpoint_of(request) == "/start";
}

bool LoginEndpoints::is_of_sign_in(const Request& request) const {
  const std::string_view endpoint = endpoint_of(request);
  return endpoint == "/start" || endpoint == "/sign_in" || endpoint == "/callback" || endpoint == "/return" ||
         DeviceEndpoints::has(endpoint) || is_of_break_glass(request);
}

core::Flow<Reply> LoginEndpoints::serve(const Request& request, std::string body) {
  const std::string_view endpoint = endpoint_of(request);
  const bool is_get = request.method == "GET";
  const bool is_post = request.method == "POST";
  if (endpoint == "/sign_out") {
    if (!is_get && !is_post) co_return not_allowed(request, "GET, POST");
    Reply reply = co_await parts_.sign_out.sign_out(request, std::move(body));
    co_return reply;
  }
  if (is_of_approvals(endpoint)) {
    Reply reply = co_await parts_.approvals->serve(request, endpoint, std::move(body));
    co_return reply;
  }
  // Registered with the provider as a URL of login.host.
  if (endpoint == "/backchannel_logout" && request.host == parts_.settings.host) {
    if (!is_post) co_return not_allowed(request, "POST");
    Reply reply = co_await parts_.provider_sign_out.back_channel(request, std::move(body));
    co_return reply;
  }
  if (endpoint == "/callback" && is_post) co_return parts_.login.take_posted(request, body);
  if (endpoint == "/callback" && !is_get) co_return not_allowed(request, "GET, POST");
  if (is_post && takes_fragment(request)) {
    Reply reply = co_await parts_.login.start_with_fragment(request, std::move(body));
    co_return reply;
  }
  if (is_get && endpoint == kFragmentScriptPath && parts_.settings.keeps_fragment) co_return script_reply();
  if (DeviceEndpoints::has(endpoint)) {
    if (parts_.devices == nullptr || request.host != parts_.settings.host)
      co_return parts_.answers.refused(request, 404);
    Reply reply = co_await parts_.devices->serve(request, endpoint, std::move(body));
    co_return reply;
  }
  if (endpoint == "/tokens" && parts_.tokens != nullptr) {
    if (!is_get && !is_post) co_return not_allowed(request, "GET, POST");
    Reply reply = co_await tokens(request, std::move(body));
    co_return reply;
  }
  if (is_of_break_glass(request)) {
    if (!is_get && !is_post) co_return not_allowed(request, "GET, POST");
    Reply reply = co_await parts_.break_glass->serve(request, std::move(body));
    co_return reply;
  }
  if (is_post && is_of_session_list(request)) {
    Reply reply = co_await parts_.account.sessions(request, std::move(body));
    co_return reply;
  }
  const bool is_ours = is_of_sign_in(request) || endpoint == "/signed_out" || endpoint == "/userinfo" ||
                       endpoint == "/jwks" || endpoint == "/frontchannel_logout" || endpoint == "/apps" ||
                       endpoint == "/sessions";
  if (!is_ours) co_return parts_.answers.refused(request, 404);
  if (!is_get) co_return not_allowed(request, is_of_session_list(request) ? "GET, POST" : "GET");
  Reply reply = co_await get(request, endpoint);
  co_return reply;
}

Reply LoginEndpoints::not_allowed(const Request& request, std::string_view methods) const {
  Reply reply = parts_.answers.refused(request, 405);
  reply.with("Allow", methods);
  return reply;
}

core::Flow<Reply> LoginEndpoints::get(const Request& request, std::string_view endpoint) {
  if (endpoint == "/callback") {
    Reply reply = co_await parts_.login.finish(request);
    co_return reply;
  }
  if (endpoint == "/frontchannel_logout") {
    Reply reply = co_await parts_.provider_sign_out.front_channel(request);
    co_return reply;
  }
  if (endpoint == "/return") co_return parts_.login.accept_ticket(request);
  if (endpoint == "/signed_out") co_return parts_.sign_out.signed_out(request);
  if (endpoint == "/jwks") co_return key_set_reply(parts_.assertions.key_set(request.now));
  if (endpoint == "/apps") {
    Reply reply = co_await parts_.account.apps(request);
    co_return reply;
  }
  if (endpoint == "/sessions") {
    std::string no_body;
    Reply reply = co_await parts_.account.sessions(request, std::move(no_body));
    co_return reply;
  }
  if (endpoint == "/userinfo") {
    Reply reply = co_await userinfo(request);
    co_return reply;
  }
  Reply reply = co_await parts_.login.start(request);
  co_return reply;
}

/// On login.host alone: one page for all hosts.
core::Flow<Reply> LoginEndpoints::tokens(const Request& request, std::string body) {
  if (request.host != parts_.settings.host) {
    if (request.method != "GET") co_return parts_.answers.refused(request, 403);
    Request there = request;
    there.host = parts_.settings.host;
    co_return redirect_to(302, there.origin().append(request.path));
  }
  Reply reply = co_await parts_.tokens->serve(request, std::move(body));
  co_return reply;
}

core::Flow<Reply> LoginEndpoints::userinfo(const Request& request) {
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.is_unknown) co_return parts_.answers.session_unknown(request);
  if (found.session == nullptr) {
    co_return parts_.answers.sign_in_needed(request, parts_.login.sign_in_url(request, {}));
  }
  const Identity& identity = *found.session->identity;
  core::Json groups = core::Json::array();
  for (const std::string& group : identity.groups) groups.push(group);
  core::Json value = core::Json::object();
  value.set("user", identity.user);
  // As everywhere: an e-mail that does not count is not handed out as one.
  value.set("email", text_or_null(identity.email_counts ? identity.email : std::string()));
  value.set("groups", std::move(groups));
  value.set("preferredUsername", text_or_null(identity.preferred_username));
  co_return json_reply(value);
}

}  // namespace gateway
