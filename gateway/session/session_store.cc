#include "gateway/session/session_store.h"

#include <utility>

#include "gateway/session/revocation_entry.h"
#include "gateway/session/sessions.h"

namespace gateway {
namespace {

constexpr std::string_view kFolder = "sessions/";
constexpr std::string_view kScope = "session";

std::string key_of(const std::string& session_id) {
  return hashed_key(kFolder, session_id);
}

std::string lock_of(const std::string& session_id) {
  return hashed_key("session-", session_id);
}

}  // namespace

SessionStore::SessionStore(core::Storage& storage, const core::KeyRing& keys, core::Random& random)
    : storage_(storage), sealer_(keys, core::Purpose::storage, random) {}

core::Flow<> SessionStore::save(StoredSession session) {
  const std::string key = key_of(session.identity.session_id);
  core::StorageEntry entry;
  entry.value = sealer_.seal(encode_stored_session(session).reveal(), {key, kScope});
  entry.expires = session.identity.expires_at + kSessionClockSkew;
  co_await storage_.put(key, std::move(entry));
  co_return core::done();
}

core::Flow<StoredSession> SessionStore::load(std::string session_id) {
  const std::string key = key_of(session_id);
  const core::StorageEntry entry = co_await storage_.get(key);
  const core::AssociatedNames names{key, kScope};
  const core::Result<core::Opened> opened = sealer_.open(entry.value, names);
  core::Result<StoredSession> session = core::failure(core::ErrorKind::not_found, core::Side::storage,
                                                      "no key of ours opens the stored session");
  if (opened) session = decode_stored_session(opened->plaintext.reveal());
  if (!session || session->identity.session_id != session_id) {
    co_return core::failure(core::ErrorKind::not_found, core::Side::storage,
                            "the stored session cannot be used");
  }
  co_return std::move(*session);
}

core::Flow<> SessionStore::remove(std::string session_id) {
  return storage_.remove(key_of(session_id));
}

core::Flow<> SessionStore::lock(std::string session_id, std::string holder) {
  return storage_.lock(lock_of(session_id), std::move(holder), kRefreshLease);
}

core::Flow<> SessionStore::unlock(std::string session_id, std::string holder) {
  return storage_.unlock(lock_of(session_id), std::move(holder));
}

}  // namespace gateway
