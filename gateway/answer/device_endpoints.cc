#include "gateway/answer/device_endpoints.h"

#include <optional>
#include <utility>

#include "core/text/base64.h"
#include "core/text/form.h"
#include "core/text/http_date.h"
#include "core/text/json.h"
#include "core/text/utf8.h"
#include "gateway/guard/judgement.h"

namespace gateway {
namespace {

constexpr std::string_view kPage = "/device";
constexpr std::string_view kCode = "/device/code";
constexpr std::string_view kToken = "/device/token";
constexpr std::string_view kGrant = "urn:ietf:params:oauth:grant-type:device_code";
constexpr std::size_t kMaxParameters = kMaxTokenPlaces + 8;
/// What the tokens of forms are for.
constexpr std::string_view kLook = "look for a device";
constexpr std::string_view kDecide = "decide about a device";

/// RFC 6749 section 5.1 and 5.2.
Reply json_reply(int status, const core::Json& value) {
  Reply reply;
  reply.status = status;
  reply.with("Content-Type", "application/json").with("Cache-Control", "no-store");
  reply.with("X-Content-Type-Options", "nosniff");
  reply.body = value.text() + "\n";
  return reply;
}

Reply refusal(std::string_view error, int status = 400) {
  core::Json value = core::Json::object();
  value.set("error", error);
  Reply reply = json_reply(status, value);
  reply.reason = error;
  return reply;
}

Reply not_allowed(std::string_view methods) {
  Reply reply = refusal("invalid_request", 405);
  reply.with("Allow", methods);
  return reply;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : " ").append(text);
  return all;
}

/// What a form says yes or no to: one beginning, not whatever comes under the same code later.
std::string shown_one(const DeviceLogin& login) {
  return login.id + " " + core::base64url_encode(core::view_of(login.secret));
}

std::string whose_device(const DeviceLogin& login) {
  return "device of " + login.address + " that calls itself " + login.client;
}

}  // namespace

DeviceEndpoints::DeviceEndpoints(DeviceEndpointParts parts)
    : parts_(std::move(parts)), offer_(parts_.config, parts_.policies), codes_(parts_.keys, parts_.random) {}

bool DeviceEndpoints::has(std::string_view endpoint) {
  return endpoint == kPage || endpoint == kCode || endpoint == kToken;
}

core::Flow<Reply> DeviceEndpoints::serve(const Request& request, std::string_view endpoint,
                                         std::string body) {
  const bool is_post = request.method == "POST";
  if (endpoint == kPage) {
    Reply page = co_await page_for_person(request, std::move(body));
    co_return page;
  }
  if (!is_post) co_return not_allowed("POST");
  if (endpoint == kCode) {
    Reply begun = co_await begin(request, std::move(body));
    co_return begun;
  }
  Reply fetched = co_await fetch_token(request, std::move(body));
  co_return fetched;
}

/// RFC 8628 section 3.1 and 3.2. No verification_uri_complete: who types the code has seen the device.
core::Flow<Reply> DeviceEndpoints::begin(const Request& request, std::string body) {
  const core::Result<core::Form> form = core::Form::parse(body);
  if (!form) co_return refusal("invalid_request");
  const auto client = form->required("client_id");
  if (!client || client->size() > kMaxDeviceClient || !core::is_displayable_text(*client))
    co_return refusal("invalid_request");
  const std::string user_code = new_user_code(parts_.random);
  DeviceLogin login;
  login.id = *id_of_user_code(user_code);
  login.client = *client;
  login.address = request.client.text();
  login.asked_at = request.now;
  login.expires_at = request.now + kDeviceLoginLasts;
  const core::Secret device_code = codes_.make({login.id, login.client, login.expires_at});
  login.secret = core::sha256(device_code.reveal());
  const core::Result<core::Done> begun = co_await core::attempt(parts_.ask.begin(login, request.client));
  if (!begun) co_return refusal("temporarily_unavailable", 503);
  core::Json value = core::Json::object();
  value.set("device_code", device_code.reveal());
  value.set("user_code", user_code);
  value.set("verification_uri", request.origin() + parts_.config.login.prefix + std::string(kPage));
  value.set("expires_in", static_cast<std::int64_t>(kDeviceLoginLasts.count()));
  value.set("interval", static_cast<std::int64_t>(kDevicePollInterval.count()));
  co_return json_reply(200, value);
}

/// RFC 8628 section 3.4 and 3.5.
core::Flow<Reply> DeviceEndpoints::fetch_token(const Request& request, std::string body) {
  const core::Result<core::Form> form = core::Form::parse(body);
  if (!form) co_return refusal("invalid_request");
  const auto grant = form->required("grant_type");
  if (!grant) co_return refusal("invalid_request");
  if (*grant != kGrant) co_return refusal("unsupported_grant_type");
  const auto code = form->required("device_code");
  if (!code) co_return refusal("invalid_request");
  const auto client = form->required("client_id");
  if (!client) co_return refusal("invalid_request");
  core::Result<DeviceClaim> claim = codes_.read(*code);
  // RFC 6749 section 5.2: one of ours, and given to this client.
  if (!claim || claim->client != *client) co_return refusal("invalid_grant");
  if (request.now >= claim->expires_at) co_return refusal("expired_token");
  DevicePollQuestion question{std::move(claim->id), core::sha256(*code), AuditedRequest(request)};
  core::Result<DeviceAnswer> answer = co_await core::attempt(parts_.ask.poll(std::move(question)));
  if (!answer) co_return refusal("temporarily_unavailable", 503);
  co_return token_reply(request, std::move(*answer));
}

Reply DeviceEndpoints::token_reply(const Request& request, DeviceAnswer answer) const {
  switch (answer.poll) {
    case DevicePoll::waiting:
      return refusal("authorization_pending");
    case DevicePoll::slow_down:
      return refusal("slow_down");
    case DevicePoll::denied:
      return refusal("access_denied");
    case DevicePoll::unknown:
      return refusal("expired_token");
    case DevicePoll::not_admitted:
      parts_.audit.note(AuditAct::denied, request, *answer.login.owner, "device");
      return refusal("access_denied");
    case DevicePoll::allowed:
      break;
  }
  const PersonalToken& token = answer.made.token;
  core::Json value = core::Json::object();
  value.set("access_token", answer.made.text.reveal());
  value.set("token_type", "Bearer");
  value.set("expires_in", static_cast<std::int64_t>(std::chrono::seconds(answer.login.lasts).count()));
  value.set("scope", joined(token.places));
  Reply reply = json_reply(200, value);
  reply.reason = "personal token made for a device";
  return reply;
}

core::Flow<Reply> DeviceEndpoints::page_for_person(const Request& request, std::string body) {
  if (request.method != "GET" && request.method != "POST") {
    Reply refused = parts_.answers.refused(request, 405);
    refused.with("Allow", "GET, POST");
    co_return refused;
  }
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.session == nullptr) {
    if (found.is_unknown) co_return parts_.answers.session_unknown(request);
    if (may_start_sign_in(request)) co_return parts_.login.begin_for(request, {}, found.absence);
    co_return parts_.answers.sign_in_needed(request, parts_.login.sign_in_url(request, {}));
  }
  const std::shared_ptr<const Identity> owner = found.session->identity;
  const std::size_t policy = parts_.config.login.tokens->policy;
  // What a session for an hour makes must not outlive it.
  const bool is_emergency = owner->issuer == config::kBreakGlassIssuer;
  if (is_emergency || judge_known(parts_.policies, policy, request, *found.session) != Decision::admitted)
    co_return refused(request, *owner, "device: policy");
  if (request.method == "GET") co_return ask_for_code(request, *owner, 200, DeviceProblem::none);
  Reply reply = co_await post(request, std::move(body), owner);
  co_return reply;
}

core::Flow<Reply> DeviceEndpoints::post(const Request& request, std::string body,
                                        std::shared_ptr<const Identity> owner) {
  core::Result<core::Form> form = core::Form::parse(body, core::Side::client, kMaxParameters);
  if (!form) co_return parts_.answers.refused(request, 400);
  const auto action = form->required("action");
  const bool is_look = action && *action == "look";
  const core::Result<std::string> about =
      parts_.forms.take(request, *owner, is_look ? kLook : kDecide, form->required(kTokenFormField));
  if (!about) co_return refused(request, *owner, "device: no form of ours");
  const auto code = form->required("code");
  const std::optional<std::string> id = code ? id_of_user_code(*code) : std::nullopt;
  const core::Error none{core::ErrorKind::not_found, core::Side::client, "no code of a device"};
  if (!id) co_return ask_again(request, *owner, none);
  std::string person = owner->issuer + " " + owner->subject;
  core::Result<DeviceLogin> login = co_await core::attempt(parts_.ask.find(*id, std::move(person)));
  if (!login) co_return ask_again(request, *owner, login.error());
  if (is_look) co_return page(request, 200, shown(request, *login, *code, *owner));
  if (*about != shown_one(*login)) co_return ask_again(request, *owner, none);
  Reply reply = co_await decide(request, std::move(*form), std::move(*login), owner);
  co_return reply;
}

core::Flow<Reply> DeviceEndpoints::decide(const Request& request, core::Form form, DeviceLogin login,
                                          std::shared_ptr<const Identity> owner) {
  const auto action = form.required("action");
  if (action && *action == "deny") {
    login.state = DeviceState::denied;
    Reply denied = co_await keep(request, std::move(login), owner);
    co_return denied;
  }
  if (!action || *action != "allow") co_return parts_.answers.refused(request, 400);
  const std::vector<std::string> places = offer_.places_for(request, *owner);
  std::expected<TokenWish, TokenProblem> wish = offer_.read(form, places);
  if (!wish) {
    const auto code = form.required("code");
    DevicePage again = shown(request, login, *code, *owner);
    again.token_problem = wish.error();
    co_return page(request, 400, std::move(again));
  }
  login.state = DeviceState::allowed;
  login.token_name = std::move(wish->name);
  login.places = std::move(wish->places);
  login.lasts = wish->lasts;
  login.owner = owner;
  login.owner_address = request.client.text();
  Reply allowed = co_await keep(request, std::move(login), owner);
  co_return allowed;
}

core::Flow<Reply> DeviceEndpoints::keep(const Request& request, DeviceLogin login,
                                        std::shared_ptr<const Identity> owner) {
  const bool is_yes = login.state == DeviceState::allowed;
  const AuditAct act = is_yes ? AuditAct::device_allowed : AuditAct::device_denied;
  const std::string which = whose_device(login);
  // Before it is waited for: it goes on when who said so has gone.
  parts_.audit.note(act, request, *owner, which);
  const core::Result<core::Done> kept = co_await core::attempt(parts_.ask.decide(std::move(login)));
  if (!kept) {
    parts_.audit.note(act, request, *owner, which + ": not kept");
    co_return ask_again(request, *owner, kept.error());
  }
  DevicePage done;
  done.step = is_yes ? DeviceStep::allowed : DeviceStep::denied;
  co_return page(request, 200, std::move(done));
}

Reply DeviceEndpoints::refused(const Request& request, const Identity& owner, std::string_view why) const {
  parts_.audit.note(AuditAct::denied, request, owner, why);
  if (why.ends_with("policy")) return parts_.answers.denied(request, owner);
  return parts_.answers.refused(request, 403);
}

Reply DeviceEndpoints::ask_for_code(const Request& request, const Identity& owner, int status,
                                    DeviceProblem problem) {
  DevicePage again;
  again.problem = problem;
  again.form_token = parts_.forms.make(request, owner, kLook, {});
  return page(request, status, std::move(again));
}

Reply DeviceEndpoints::ask_again(const Request& request, const Identity& owner, const core::Error& error) {
  switch (error.kind) {
    case core::ErrorKind::not_found:
      return ask_for_code(request, owner, 404, DeviceProblem::unknown_code);
    case core::ErrorKind::refused:
      return ask_for_code(request, owner, 429, DeviceProblem::too_many_codes);
    default:
      return ask_for_code(request, owner, 503, DeviceProblem::not_kept);
  }
}

DevicePage DeviceEndpoints::shown(const Request& request, const DeviceLogin& login, std::string_view code,
                                  const Identity& owner) {
  DevicePage page;
  page.step = DeviceStep::decide;
  page.code = code;
  page.client = login.client;
  page.address = login.address;
  page.own_address = request.client.text();
  page.asked_at = core::http_date(login.asked_at);
  page.places = offer_.places_for(request, owner);
  page.form_token = parts_.forms.make(request, owner, kDecide, shown_one(login));
  return page;
}

Reply DeviceEndpoints::page(const Request& request, int status, DevicePage page) const {
  page.action = parts_.config.login.prefix + std::string(kPage);
  page.longest_days = offer_.longest_days();
  return parts_.pages.device(request, status, page);
}

}  // namespace gateway
