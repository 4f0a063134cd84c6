#include "gateway/session/session.h"

#include <utility>

#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 4;

core::Error unreadable() {
  return {core::ErrorKind::unverified, core::Side::client, "the session is of another format"};
}

void read_list(RecordReader& record, std::size_t limit, std::vector<std::string>& out) {
  const std::size_t count = record.count(limit);
  for (std::size_t i = 0; i < count; ++i) out.emplace_back(record.text());
}

}  // namespace

std::string encode_session(const Session& session) {
  const Identity& identity = session.identity;
  RecordWriter record(RecordKind::session, kVersion);
  record.text(identity.session_id).text(identity.provider).text(identity.issuer).text(identity.subject);
  record.text(identity.user).text(identity.email).number(identity.email_counts ? 1 : 0);
  record.text(identity.name).text(identity.preferred_username);
  for (const auto* list : {&identity.groups, &identity.roles, &identity.several_emails}) {
    record.number(static_cast<std::int64_t>(list->size()));
    for (const std::string& text : *list) record.text(text);
  }
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
  read_list(record, kMaxGroups, identity.groups);
  read_list(record, kMaxGroups, identity.roles);
  read_list(record, kMaxEmails, identity.several_emails);
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
