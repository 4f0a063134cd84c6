// Sessions and their tokens in a storage (memory, the common storage, a Redis of their own), each sealed
// under the session keys and bound to its own key there: who may read or write the store can neither read a
// session, nor make one, nor put one in another's place.
#pragma once

#include <string>

#include "core/crypto/seal.h"
#include "core/loop/flow.h"
#include "core/storage/storage.h"
#include "gateway/session/stored_session.h"

namespace gateway {

/// How long one replica may take over a refresh before another may try: longer than the provider's answers
/// may take together (token, keys, userinfo), for a refresh token that is used twice ends the session.
inline constexpr core::Duration kRefreshLease = std::chrono::seconds(60);

/// On control's loop. Borrows all it is given.
class SessionStore {
 public:
  SessionStore(core::Storage& storage, const core::KeyRing& keys, core::Random& random);

  /// In place of what is there under the same session id, until the session expires.
  core::Flow<> save(StoredSession session);
  /// `not_found` if there is none, also if no key of ours opens it; else fails as the storage does.
  core::Flow<StoredSession> load(std::string session_id);
  core::Flow<> remove(std::string session_id);
  /// One `holder` a session, over all replicas; `conflict` while another has it. Taken for kRefreshLease.
  core::Flow<> lock(std::string session_id, std::string holder);
  core::Flow<> unlock(std::string session_id, std::string holder);

 private:
  core::Storage& storage_;
  core::Sealer sealer_;
};

}  // namespace gateway
