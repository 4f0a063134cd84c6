// Control's side of sessions in a store: what a session is now. Asks the provider again (refresh token) when
// the claims are older than `refresh`, one at a time a session over all workers and replicas. What the
// provider no longer vouches for ends on every host; a provider that cannot be asked changes nothing here,
// for how long that is good enough is live_sessions'.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "gateway/oidc/provider.h"
#include "gateway/session/live_sessions.h"
#include "gateway/session/revocation_list.h"
#include "gateway/session/session_store.h"

namespace gateway {

/// A provider whose tokens could not be had is left alone for so long.
inline constexpr core::Duration kProviderPause = std::chrono::seconds(10);
/// How often, and for how long at most, a request looks for the end of another's refresh.
inline constexpr core::Duration kRefreshLook{200};
inline constexpr core::Duration kRefreshWait = std::chrono::seconds(10);

/// Which tokens some route of the file forwards.
struct ForwardedKinds {
  bool access = false;
  bool id = false;
};

/// All borrowed.
struct SessionRefreshParts {
  SessionStore& store;
  RevocationList& revocations;
  const std::vector<std::unique_ptr<Provider>>& providers;  ///< of control's loop
  const config::SessionSettings& settings;
  core::Loop& loop;
  core::Random& random;
  const core::Clock& clock;
  const core::Log& log;
  ForwardedKinds forwarded = {};
};

/// On control's loop.
class SessionRefresh {
 public:
  explicit SessionRefresh(SessionRefreshParts parts) : parts_(parts) {}
  /// `not_found` for a session that is not there or that its provider ended; it is on the list of ended
  /// sessions then. Otherwise fails as the store does.
  core::Flow<CurrentSession> current(std::shared_ptr<const Identity> identity);
  /// After a sign-in.
  core::Flow<> keep(SignedIn signed_in);
  /// Takes it from the store; its ID token, empty if there is none.
  core::Flow<core::Secret> forget(std::string session_id);

 private:
  [[nodiscard]] bool is_due(const StoredSession& session) const;
  [[nodiscard]] Provider* provider_of(const Identity& identity) const;
  [[nodiscard]] CurrentSession current_of(StoredSession session) const;
  [[nodiscard]] std::shared_ptr<const ForwardedTokens> forwarded_of(const Tokens& tokens) const;
  core::Flow<> save(StoredSession session);
  core::Flow<StoredSession> renew(StoredSession session);
  core::Flow<StoredSession> renew_locked(std::string session_id);
  core::Flow<StoredSession> ask(Provider* provider, StoredSession session);
  core::Flow<StoredSession> wait_for_other(StoredSession session);
  core::Flow<> end(Identity identity);
  void leave_alone(const Provider& provider, const core::Error& error);

  SessionRefreshParts parts_;
  std::map<std::string, core::SteadyTime> paused_until_;  // by provider
};

}  // namespace gateway
