#include "gateway/oidc/logout_token.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace gateway {
namespace {

constexpr std::string_view kEvent = "http://schemas.openid.net/event/backchannel-logout";

std::unexpected<core::Error> refuse(std::string_view why) {
  return core::failure(core::ErrorKind::unverified, core::Side::provider, std::string(why));
}

bool is_logout_event(const core::Json& claims) {
  const core::Json* events = claims.find("events");
  const core::Json* event = events != nullptr && events->is_object() ? events->find(kEvent) : nullptr;
  return event != nullptr && event->is_object();
}

}  // namespace

core::JwtRules logout_token_rules(const std::string& issuer, const std::string& client_id) {
  core::JwtRules rules;
  rules.issuer = issuer;
  rules.audience = client_id;
  rules.audience_rule = core::AudienceRule::resource;
  rules.subject_rule = core::SubjectRule::optional;
  rules.types = {"", "JWT", "logout+jwt"};
  return rules;
}

core::Result<std::string> provider_session_of(const core::Json& claims) {
  const core::Json* session = claims.find("sid");
  if (session == nullptr) return std::string();
  const auto text = session->as_string();
  if (!text || text->empty() || text->size() > kMaxProviderSessionBytes) {
    return refuse("a token whose sid is no text of 1 to 255 bytes");
  }
  return std::string(*text);
}

core::Result<LogoutNotice> read_logout_token(const core::Jwt& token, core::WallTime now) {
  // Else an ID token could be passed off as one.
  if (token.claims.find("nonce") != nullptr) return refuse("a logout token with a nonce");
  if (!is_logout_event(token.claims)) return refuse("a token without the event of a logout");
  const auto token_id = token.claims.string_at("jti");
  if (!token_id || token_id->empty() || token_id->size() > kMaxTokenIdBytes) {
    return refuse("a logout token without usable jti");
  }
  if (!token.issued) return refuse("a logout token without time of issue");
  const core::WallTime end = *token.issued + kLogoutTokenLife;
  if (now >= end + core::kDefaultClockSkew) return refuse("a logout token issued more than a day ago");
  core::Result<std::string> session = provider_session_of(token.claims);
  if (!session) return core::failure(std::move(session.error()));
  if (session->empty() && token.subject.empty()) return refuse("a logout token that names nobody");
  LogoutNotice notice;
  notice.issuer = token.claims.string_at("iss").value_or("");
  notice.subject = token.subject;
  notice.provider_session = std::move(*session);
  notice.token_id = *token_id;
  notice.issued_at = *token.issued;
  notice.counts_until = std::min(token.expires, end) + core::kDefaultClockSkew;
  return notice;
}

}  // namespace gateway
