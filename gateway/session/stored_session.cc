#include "gateway/session/stored_session.h"

#include <utility>

#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 2;
/// Without an access token.
constexpr std::uint8_t kVersionBefore = 1;

}  // namespace

Identity without_claims(const Identity& identity) {
  Identity bare;
  bare.session_id = identity.session_id;
  bare.provider = identity.provider;
  bare.issuer = identity.issuer;
  bare.subject = identity.subject;
  bare.provider_session = identity.provider_session;
  bare.proven_at = identity.proven_at;
  bare.claims = core::Json::object();
  bare.signed_in_at = identity.signed_in_at;
  bare.expires_at = identity.expires_at;
  // What an operator ends sessions by.
  bare.user = identity.user;
  bare.email = identity.email;
  return bare;
}

core::Secret encode_stored_session(const StoredSession& session) {
  RecordWriter record(RecordKind::stored_session, kVersion);
  record.text(encode_session({session.identity, session.refreshed_at}));
  record.text(session.tokens.refresh_token.reveal()).text(session.tokens.id_token.reveal());
  record.text(session.tokens.access_token.reveal());
  return core::Secret(record.bytes());
}

core::Result<StoredSession> decode_stored_session(std::string_view bytes) {
  for (const std::uint8_t version : {kVersion, kVersionBefore}) {
    RecordReader record(bytes, RecordKind::stored_session, version);
    const std::string_view who = record.text();
    StoredSession stored;
    stored.tokens.refresh_token = core::Secret(std::string(record.text()));
    stored.tokens.id_token = core::Secret(std::string(record.text()));
    if (version != kVersionBefore) stored.tokens.access_token = core::Secret(std::string(record.text()));
    core::Result<Session> session = decode_session(who);
    if (!record.is_complete() || !session) continue;
    stored.identity = std::move(session->identity);
    stored.refreshed_at = session->last_seen;
    return stored;
  }
  return core::failure(core::ErrorKind::unverified, core::Side::storage,
                       "the stored session is of another format");
}

}  // namespace gateway
