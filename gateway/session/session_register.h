// Control's side of the list of a person's sessions: one record a person in storage, whatever login.session.
// store is, sealed under the session keys and bound to its key there. Nothing is decided by it: a session
// counts by its cookie and the list of ended ones, and one that is missing here ends with all others.
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/seal.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/model/audit.h"
#include "gateway/session/known_session.h"
#include "gateway/session/revocation_list.h"

namespace gateway {

/// A sign-in waits this long for its entry, then goes on without.
inline constexpr core::Duration kNoteAtMost = std::chrono::seconds(3);

/// All borrowed.
struct SessionRegisterParts {
  core::Storage& storage;
  const core::KeyRing& keys;  ///< the session keys
  RevocationList& revocations;
  core::Loop& loop;  ///< control's
  core::Random& random;
  const core::Clock& clock;
  const core::Log& log;
  const Audit& audit;
};

/// On control's loop.
class SessionRegister {
 public:
  explicit SessionRegister(SessionRegisterParts parts);

  /// Lists a session that began, and ends the oldest of a person who has too many. Does not fail: what
  /// storage cannot keep is logged.
  core::Flow<> note(KnownSession session);
  /// Takes a person's sessions off that have ended, after a sign-out. Does not fail either.
  core::Flow<> tidy(Identity who);
  /// Those that count now, the newest first.
  core::Flow<std::vector<KnownSession>> of(Identity who);
  /// The same of everybody.
  core::Flow<std::vector<KnownSession>> all();
  /// Ends one, on every host and replica. `not_found` if this person has none of this id; else fails as
  /// RevocationList::revoke.
  core::Flow<> end(Identity who, std::string session_id);

 private:
  core::Flow<std::vector<KnownSession>> read(std::string key);
  core::Flow<> change(std::string key, std::vector<KnownSession> more);
  core::Flow<> change_alone(std::string key, std::vector<KnownSession> more);
  core::Flow<> end_dropped(const KnownSession& known);
  core::Flow<> lock(std::string name, std::string holder);
  void say(const core::Result<core::Done>& outcome) const;

  SessionRegisterParts parts_;
  core::Sealer sealer_;
};

}  // namespace gateway
