#include "gateway/answer/break_glass_endpoint.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "core/text/form.h"
#include "gateway/oidc/round_marker.h"
#include "gateway/session/form_token.h"

namespace gateway {
namespace {

constexpr std::string_view kPath = "/break_glass";
constexpr std::chrono::seconds kSoon{5};

/// Apps show a code in two halves.
std::string without_blanks(std::string_view code) {
  std::string digits(code);
  std::erase(digits, ' ');
  return digits;
}

struct Refusal {
  int status;
  BreakGlassProblem problem;
};

Refusal refusal_of(core::ErrorKind kind) {
  switch (kind) {
    case core::ErrorKind::unverified:
      return {403, BreakGlassProblem::wrong};
    case core::ErrorKind::refused:
      return {429, BreakGlassProblem::too_many};
    default:
      return {503, BreakGlassProblem::unavailable};
  }
}

}  // namespace

bool BreakGlassEndpoint::is_for(const core::IpAddress& client) const {
  const std::vector<core::Network>& from = parts_.settings.break_glass->from;
  return from.empty() ||
         std::ranges::any_of(from, [&](const core::Network& network) { return network.contains(client); });
}

core::Flow<Reply> BreakGlassEndpoint::serve(const Request& request, std::string body) {
  const bool is_post = request.method == "POST";
  if (is_post && !is_own_form(request)) co_return parts_.answers.refused(request, 403);
  const std::string_view query = request.query.empty() ? request.query : request.query.substr(1);
  const core::Result<core::Form> form = core::Form::parse(is_post ? std::string_view(body) : query);
  if (!form) co_return parts_.answers.refused(request, 400);
  const auto rd = form->once("rd");
  if (!rd) co_return parts_.answers.refused(request, 400);
  std::string target = target_of(request, rd->value_or(""));
  if (!is_post) co_return page(request, std::move(target));
  const auto password = form->required("password");
  const auto code = form->required("code");
  if (!password || !code) co_return parts_.answers.refused(request, 400);
  auto attempt = std::make_shared<BreakGlassTry>();
  attempt->password = core::Secret{std::string(*password)};
  attempt->code = without_blanks(*code);
  attempt->from = request.client;
  attempt->request = AuditedRequest(request);
  core::wipe(body);
  core::Result<Identity> identity = co_await core::attempt(parts_.check(std::move(attempt)));
  if (!identity) co_return refuse(request, std::move(target), identity.error());
  Reply reply = co_await sign_in(request, std::move(target), std::move(*identity));
  co_return reply;
}

/// Empty for whatever is no place of ours.
std::string BreakGlassEndpoint::target_of(const Request& request, std::string_view rd) const {
  if (rd.empty()) return {};
  const core::Result<core::Url> url = parts_.targets.check(rd, request);
  return url ? fitting_target(*url) : std::string();
}

Reply BreakGlassEndpoint::page(const Request& request, std::string target) const {
  return parts_.pages.break_glass(
      request, 200,
      {parts_.settings.prefix + std::string(kPath), std::move(target), BreakGlassProblem::none});
}

Reply BreakGlassEndpoint::refuse(const Request& request, std::string target, const core::Error& error) const {
  const Refusal refusal = refusal_of(error.kind);
  Reply reply = parts_.pages.break_glass(
      request, refusal.status,
      {parts_.settings.prefix + std::string(kPath), std::move(target), refusal.problem});
  if (refusal.status != 403) {
    const std::chrono::seconds wait = refusal.status == 429 ? kBreakGlassWindow : kSoon;
    reply.with("Retry-After", std::to_string(wait.count()));
  }
  reply.reason = "break-glass: " + error.text;
  return reply;
}

core::Flow<Reply> BreakGlassEndpoint::sign_in(const Request& request, std::string target, Identity identity) {
  SignedIn signed_in;
  signed_in.identity = identity;
  const core::Result<core::Done> kept = co_await core::attempt(parts_.keep(std::move(signed_in)));
  if (!kept) co_return parts_.answers.failed(request, SignInFailure::session_not_kept, kept.error());
  const core::Result<std::vector<std::string>> cookies = parts_.sessions.issue(request, identity);
  if (!cookies) co_return parts_.answers.failed(request, SignInFailure::session_too_large, cookies.error());
  KnownSession known = known_session(request, identity);
  co_await core::attempt(parts_.note(std::move(known)));
  Reply reply =
      redirect_to(303, target.empty() ? request.origin() + parts_.settings.prefix + "/apps" : target);
  reply.reason = "signed in by break-glass";
  for (const std::string& cookie : *cookies) reply.with("Set-Cookie", cookie);
  reply.with("Set-Cookie", round_marker_after_sign_in(request, parts_.names));
  co_return reply;
}

}  // namespace gateway
