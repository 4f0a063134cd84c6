// Control's sessions in a store, put together: the storage that login.session.store names, providers of
// control's own to ask again, and what answers the workers. Not there with `store: cookie`.
#pragma once

#include <memory>
#include <vector>

#include "core/crypto/seal.h"
#include "core/storage/storage.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/directory.h"
#include "gateway/oidc/session_refresh.h"
#include "gateway/run/open_storage.h"

namespace gateway {

/// All borrowed; they outlive what is made of them.
struct KeptSessionsParts {
  const config::Config& config;
  StorageParts process;
  core::Storage& storage;  ///< the common one
  const core::KeyRing& keys;
  RevocationList& revocations;
  ProviderDirectory& directory;
  const class KeptSessions* before = nullptr;  ///< of the configuration before
};

class KeptSessions {
 public:
  /// Null with `store: cookie`. The error is one sentence with the mend.
  static core::Result<std::unique_ptr<KeptSessions>> make(const KeptSessionsParts& parts);
  [[nodiscard]] SessionRefresh& sessions() { return *sessions_; }

 private:
  KeptSessions() = default;

  config::SessionStoreKind kind_ = config::SessionStoreKind::memory;
  std::shared_ptr<core::Storage> own_;  // null: the common one
  std::unique_ptr<SessionStore> store_;
  ClaimPaths kept_claims_;
  std::vector<std::unique_ptr<Provider>> providers_;
  std::unique_ptr<SessionRefresh> sessions_;
};

}  // namespace gateway
