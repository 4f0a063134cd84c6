#include "gateway/session/session.h"

#include <utility>

#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 3;

core::Error unreadable() {
  return {core::ErrorKind::unverified, core::Side::client, "the session is of another format"};
}

}  // namespace

std::string encode_session(const Session& session) {
  const Identity& identity = session.identity;
  RecordWriter record(RecordKind::session, kVersion);
  record.text(identity.session_id).text(identity.provider).text(identity.issuer).text(identity.subject);
  record.text(identity.user).text(identity.email).number(identity.email_counts ? 1 : 0);
  record.text(identity.name).text(identity.preferred_username);
  record.number(static_cast<std::int64_t>(identity.groups.size()));
  for (const std::string& group : identity.groups) record.text(group);
  record.number(static_cast<std::int64_t>(identity.several_emails.size()));
  for (const std::string& email : identity.several_emails) record.text(email);
  record.text(identity.provider_session).time(identity.proven_at);
  record.text(identity.claims.text());
  record.time(identity.signed_in_at).time(identity.expires_at).time(session.last_seen);
  return record.bytes();
}

core::Result<Session> decode_session(std::string_view bytes) {
  RecordReader record(bytes, RecordKind::session, kVersion);
  Session session;
  Identity& identity = session.identity;
  identity.session_id = record.text();
  identity.provider = record.text();
  identity.issuer = record.text();
  identity.subject = record.text();
  identity.user = record.text();
  identity.email = record.text();
  identity.email_counts = record.number() == 1;
  identity.name = record.text();
  identity.preferred_username = record.text();
  const std::size_t groups = record.count(kMaxGroups);
  for (std::size_t i = 0; i < groups; ++i) identity.groups.emplace_back(record.text());
  const std::size_t emails = record.count(kMaxEmails);
  for (std::size_t i = 0; i < emails; ++i) identity.several_emails.emplace_back(record.text());
  identity.provider_session = record.text();
  identity.proven_at = record.time();
  const std::string_view claims = record.text();
  identity.signed_in_at = record.time();
  identity.expires_at = record.time();
  session.last_seen = record.time();
  if (!record.is_complete() || identity.session_id.empty() || identity.subject.empty()) {
    return core::failure(unreadable());
  }
  core::Result<core::Json> parsed = core::Json::parse(claims, core::Side::client);
  if (!parsed) return core::failure(unreadable());
  identity.claims = std::move(*parsed);
  return session;
}

}  // namespace gateway
