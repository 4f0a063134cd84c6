#include "gateway/answer/token_pages.h"

#include <utility>

#include "core/text/form.h"
#include "core/text/http_date.h"
#include "gateway/guard/administrators.h"
#include "gateway/guard/judgement.h"

namespace gateway {
namespace {

constexpr std::string_view kEndpoint = "/tokens";
/// Places, and what else a form of ours has.
constexpr std::size_t kMaxParameters = kMaxTokenPlaces + 8;
/// What the tokens of forms are for.
constexpr std::string_view kMake = "make a token";
constexpr std::string_view kRevoke = "revoke a token";

/// "17 Oct 2026" of "Sat, 17 Oct 2026 08:00:00 GMT".
std::string day_of(core::WallTime time) {
  return core::http_date(time).substr(5, 11);
}

}  // namespace

TokenPages::TokenPages(TokenPagesParts parts)
    : parts_(std::move(parts)), tokens_(parts_.tokens), offer_(parts_.config, parts_.policies) {}

core::Flow<Reply> TokenPages::serve(const Request& request, std::string body) {
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.session == nullptr) co_return not_signed_in(request, found);
  const std::size_t policy = parts_.config.login.tokens->policy;
  const std::shared_ptr<const Identity> owner = found.session->identity;
  // What a session for an hour makes must not outlive it.
  const bool is_emergency = owner->issuer == config::kBreakGlassIssuer;
  if (is_emergency || judge_known(parts_.policies, policy, request, *found.session) != Decision::admitted) {
    parts_.audit.note(AuditAct::denied, request, *owner, "tokens: policy");
    co_return parts_.answers.denied(request, *owner);
  }
  if (request.method != "POST") co_return page(request, *owner, 200, TokenPage{});
  Reply reply = co_await post(request, std::move(body), owner);
  co_return reply;
}

Reply TokenPages::not_signed_in(const Request& request, const LiveSessions::Found& found) {
  if (found.is_unknown) return parts_.answers.session_unknown(request);
  if (may_start_sign_in(request)) return parts_.login.begin_for(request, {}, found.absence);
  return parts_.answers.sign_in_needed(request, parts_.login.sign_in_url(request, {}));
}

core::Flow<Reply> TokenPages::post(const Request& request, std::string body,
                                   std::shared_ptr<const Identity> owner) {
  const core::Result<core::Form> form = core::Form::parse(body, core::Side::client, kMaxParameters);
  if (!form) co_return parts_.answers.refused(request, 400);
  const auto action = form->required("action");
  const bool revokes = action && *action == "revoke";
  core::Result<std::string> about =
      parts_.forms.take(request, *owner, revokes ? kRevoke : kMake, form->required(kTokenFormField));
  if (!about) co_return refused(request, *owner);
  if (revokes) {
    Reply revoked = co_await revoke(request, std::move(*about), owner);
    co_return revoked;
  }
  if (!action || *action != "create") co_return parts_.answers.refused(request, 400);
  std::expected<TokenWish, TokenProblem> wish = offer_.read(*form, offer_.places_for(request, *owner));
  if (!wish) co_return problem(request, *owner, 400, wish.error());
  Reply reply = co_await create(request, std::move(*wish), owner);
  co_return reply;
}

core::Flow<Reply> TokenPages::revoke(const Request& request, std::string id,
                                     std::shared_ptr<const Identity> owner) {
  const PersonalTokens::Shared token = tokens_.current().find_id(id);
  const core::Result<core::Done> revoked = co_await core::attempt(parts_.revoke(id, owner));
  if (!revoked && revoked.error().kind == core::ErrorKind::not_found)
    co_return parts_.answers.refused(request, 404);
  if (token != nullptr) parts_.audit.note(AuditAct::token_revoked, request, *token->owner, token->name);
  if (revoked) co_return page(request, *owner, 200, TokenPage{});
  co_return problem(request, *owner, 503, TokenProblem::not_written);
}

core::Flow<Reply> TokenPages::create(const Request& request, TokenWish wish,
                                     std::shared_ptr<const Identity> owner) {
  const MadeToken made = TokenOffer::make(std::move(wish), *owner, parts_.random.hex_id(), request.now);
  const core::Result<core::Done> kept =
      co_await core::attempt(parts_.create(made.token, AuditedRequest(request)));
  if (!kept && kept.error().kind == core::ErrorKind::refused)
    co_return problem(request, *owner, 409, TokenProblem::too_many_tokens);
  if (!kept) co_return problem(request, *owner, 503, TokenProblem::not_kept);
  TokenPage shown;
  shown.made = made.text.reveal();
  Reply reply = page(request, *owner, 200, std::move(shown));
  reply.reason = "personal token made";
  co_return reply;
}

Reply TokenPages::refused(const Request& request, const Identity& owner) const {
  parts_.audit.note(AuditAct::denied, request, owner, "tokens: no form of ours");
  return parts_.answers.refused(request, 403);
}

Reply TokenPages::problem(const Request& request, const Identity& owner, int status, TokenProblem problem) {
  TokenPage shown;
  shown.problem = problem;
  return page(request, owner, status, std::move(shown));
}

Reply TokenPages::page(const Request& request, const Identity& owner, int status, TokenPage shown) {
  const bool decides = administers_any(parts_.policies.current(), {owner, request.client, "GET"});
  shown.role = decides ? Role::administrator : Role::person;
  shown.action = parts_.config.login.prefix + std::string(kEndpoint);
  shown.form_token = parts_.forms.make(request, owner, kMake, {});
  shown.places = offer_.places_for(request, owner);
  shown.longest_days = offer_.longest_days();
  for (const PersonalTokens::Shared& token : tokens_.current().of(owner)) {
    if (token->owner->expires_at <= request.now) continue;
    shown.rows.push_back({parts_.forms.make(request, owner, kRevoke, token->id()), token->name, token->places,
                          day_of(token->owner->signed_in_at), day_of(token->owner->expires_at)});
  }
  return parts_.pages.tokens(request, status, shown);
}

}  // namespace gateway
