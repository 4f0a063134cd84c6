#include "gateway/session/known_session.h"

#include <utility>

#include "gateway/session/record.h"
#include "gateway/session/seen_from.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

KnownSession known_session(const Request& request, const Identity& identity) {
  KnownSession known;
  known.who.session_id = identity.session_id;
  known.who.provider = identity.provider;
  known.who.issuer = identity.issuer;
  known.who.subject = identity.subject;
  known.who.user = identity.user;
  known.who.email = identity.email;
  known.who.provider_session = identity.provider_session;
  known.who.proven_at = identity.proven_at;
  known.who.signed_in_at = identity.signed_in_at;
  known.who.expires_at = identity.expires_at;
  known.network = network_of(request.client);
  known.program = program_of(request.field(core::FieldId::user_agent));
  return known;
}

std::string encode_known_sessions(const std::vector<KnownSession>& sessions) {
  RecordWriter record(RecordKind::known_sessions, kVersion);
  record.number(static_cast<std::int64_t>(sessions.size()));
  for (const KnownSession& known : sessions) {
    const Identity& who = known.who;
    record.text(who.session_id).text(who.provider).text(who.issuer).text(who.subject);
    record.text(who.user).text(who.email).text(who.provider_session);
    record.time(who.proven_at).time(who.signed_in_at).time(who.expires_at);
    record.text(known.network).text(known.program);
  }
  return record.bytes();
}

core::Result<std::vector<KnownSession>> decode_known_sessions(std::string_view bytes) {
  RecordReader record(bytes, RecordKind::known_sessions, kVersion);
  std::vector<KnownSession> sessions(record.count(kMaxKnownSessions));
  for (KnownSession& known : sessions) {
    Identity& who = known.who;
    who.session_id = record.text();
    who.provider = record.text();
    who.issuer = record.text();
    who.subject = record.text();
    who.user = record.text();
    who.email = record.text();
    who.provider_session = record.text();
    who.proven_at = record.time();
    who.signed_in_at = record.time();
    who.expires_at = record.time();
    known.network = record.text();
    known.program = record.text();
  }
  if (record.is_complete()) return sessions;
  return core::failure(core::ErrorKind::unverified, core::Side::storage, "a list of sessions cannot be read");
}

}  // namespace gateway
