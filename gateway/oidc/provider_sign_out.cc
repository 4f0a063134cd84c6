#include "gateway/oidc/provider_sign_out.h"

#include <utility>

#include "config/issuer.h"
#include "core/http/fields.h"
#include "core/text/form.h"
#include "gateway/oidc/form_post.h"

namespace gateway {
namespace {

constexpr std::string_view kRetryAfterSeconds = "5";

core::Error bad(std::string text) {
  return {core::ErrorKind::malformed, core::Side::client, std::move(text)};
}

core::Result<std::string> logout_token_in(const Request& request, const std::string& body) {
  if (!request.query.empty()) return core::failure(bad("a query beside the logout token"));
  if (!declares_form(request)) return core::failure(bad("the body is no form"));
  const core::Result<core::Form> form = core::Form::parse(body);
  if (!form) return core::failure(form.error());
  const core::Result<std::string_view> token = form->required("logout_token");
  if (!token) return core::failure(token.error());
  return std::string(*token);
}

/// Whether what went wrong may go well later with the same token.
bool is_passing(const core::Error& error) {
  if (error.side == core::Side::storage) return true;
  switch (error.kind) {
    case core::ErrorKind::unavailable:
    case core::ErrorKind::timed_out:
    case core::ErrorKind::unreachable:
    case core::ErrorKind::closed:
    case core::ErrorKind::internal:
      return true;
    default:
      return false;
  }
}

/// Back-Channel Logout section 2.8: JSON as OAuth's errors are; not to be stored.
Reply answer_to_provider(const core::Result<core::Done>& outcome) {
  Reply reply;
  reply.with("Cache-Control", "no-store");
  if (outcome) {
    reply.reason = "signed out by the provider";
    return reply;
  }
  const bool is_later = is_passing(outcome.error());
  reply.status = is_later ? 503 : 400;
  reply.with("Content-Type", "application/json");
  if (is_later) reply.with("Retry-After", kRetryAfterSeconds);
  reply.body = is_later ? R"({"error":"temporarily_unavailable"})" : R"({"error":"invalid_request"})";
  reply.body.push_back('\n');
  reply.reason = "logout token not accepted";
  return reply;
}

/// To be framed by the provider, so nothing here says who may.
Reply framed_page(int status) {
  Reply reply;
  reply.status = status;
  reply.with("Content-Type", "text/html; charset=utf-8").with("Cache-Control", "no-store");
  reply.with("Content-Security-Policy", "default-src 'none'").with("Referrer-Policy", "no-referrer");
  reply.with("X-Content-Type-Options", "nosniff");
  reply.body = "<!doctype html><title>Sign-out</title>\n";
  return reply;
}

}  // namespace

core::Flow<LogoutNotice> ProviderSignOut::verified(std::string token, core::WallTime now) {
  const std::optional<std::string> named = core::unverified_issuer(token);
  core::Error last{core::ErrorKind::unverified, core::Side::provider,
                   "a logout token of no provider of ours"};
  for (LogoutIssuer& issuer : parts_.issuers) {
    if (!named || !config::is_issuer_of(issuer.settings, *named)) continue;
    if (!issuer.keys.is_ready()) {
      last = {core::ErrorKind::unavailable, core::Side::provider, "the provider has not been reached yet"};
      continue;
    }
    core::JwtRules rules = logout_token_rules(*named, issuer.settings.client_id);
    core::Secret secret(token);
    core::Flow<core::Jwt> verifying = issuer.keys.verify(std::move(secret), std::move(rules), now);
    const core::Result<core::Jwt> jwt = co_await core::attempt(std::move(verifying));
    if (jwt) {
      LogoutNotice notice = co_await read_logout_token(*jwt, now);
      co_return notice;
    }
    last = jwt.error();
  }
  co_return core::failure(std::move(last));
}

core::Flow<Reply> ProviderSignOut::back_channel(const Request& request, std::string body) {
  const core::Result<std::string> token = logout_token_in(request, body);
  core::Result<LogoutNotice> notice = core::failure(bad("no token"));
  core::Result<core::Done> outcome = core::done();
  if (token) {
    notice = co_await core::attempt(verified(*token, request.now));
  } else {
    notice = core::failure(token.error());
  }
  if (notice) {
    outcome = co_await core::attempt(parts_.record(*notice));
  } else {
    outcome = core::failure(notice.error());
  }
  if (outcome) {
    parts_.log.info("sessions ended by their provider",
                    {{"id", request.id},
                     {"issuer", notice->issuer},
                     {"by", notice->provider_session.empty() ? "subject" : "session"}});
    parts_.audit.note(AuditAct::provider_logout, request, notice->issuer + " " + notice->subject);
  } else {
    if (parts_.strangers.note(AuditAct::logout_refused, request, outcome.error().text)) {
      parts_.log.warn("a logout token was not accepted",
                      {{"id", request.id}, {"error", outcome.error().text}});
    }
  }
  co_return answer_to_provider(outcome);
}

/// Whose cookie came along, if iss and sid are his; a prefetch ends nothing.
std::shared_ptr<const Identity> ProviderSignOut::meant_by(const Request& request) {
  if (request.fields->has(core::FieldId::sec_purpose) || request.query.empty()) return nullptr;
  const core::Result<core::Form> form = core::Form::parse(request.query.substr(1));
  if (!form) return nullptr;
  const core::Result<std::string_view> issuer = form->required("iss");
  const core::Result<std::string_view> session = form->required("sid");
  if (!issuer || !session) return nullptr;
  std::shared_ptr<const Identity> identity = parts_.sessions.find_to_end(request);
  const bool is_meant = identity && identity->issuer == *issuer && identity->provider_session == *session;
  return is_meant ? identity : nullptr;
}

core::Flow<Reply> ProviderSignOut::front_channel(const Request& request) {
  const std::shared_ptr<const Identity> identity = meant_by(request);
  if (identity == nullptr) co_return framed_page(200);
  const Revocation revocation = revocation_of(*identity);
  const core::Result<core::Done> kept = co_await core::attempt(parts_.revoke(revocation));
  if (!kept) {
    parts_.log.error("a sign-out could not be kept", {{"id", request.id}, {"error", kept.error().text}});
  }
  parts_.audit.note(AuditAct::provider_logout, request, *identity);
  Reply reply = framed_page(kept ? 200 : 503);
  reply.reason = "signed out by the provider";
  for (const std::string& cookie : parts_.sessions.clear(request)) reply.with("Set-Cookie", cookie);
  co_return reply;
}

}  // namespace gateway
