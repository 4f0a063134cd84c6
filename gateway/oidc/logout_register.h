// Control's side of sign-outs that a provider asks for: takes each logout token once, and puts what it ends
// on the list of ended sessions. What cannot be recorded is not acknowledged: the error goes back to the
// provider.
#pragma once

#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/loop/flow.h"
#include "core/storage/storage.h"
#include "gateway/oidc/logout_token.h"
#include "gateway/session/revocation_list.h"

namespace gateway {

/// All borrowed.
struct LogoutRegisterParts {
  RevocationList& revocations;
  core::Storage& storage;
  const core::Clock& clock;
  std::chrono::seconds session_lifetime;  ///< login.session.lifetime
};

/// On control's loop.
class LogoutRegister {
 public:
  explicit LogoutRegister(LogoutRegisterParts parts) : parts_(parts) {}
  /// Ends the sessions, in this process before it waits for anything. `conflict` for a token that was taken
  /// before, here or by a replica with the same storage; otherwise fails as storage does, and may be tried
  /// again with the same token.
  core::Flow<> record(LogoutNotice notice);

 private:
  core::Flow<> take(LogoutNotice notice, std::string key);
  [[nodiscard]] std::vector<Revocation> ended_by(const LogoutNotice& notice) const;

  LogoutRegisterParts parts_;
  std::set<std::string> under_way_;
};

}  // namespace gateway
