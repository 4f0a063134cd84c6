// What authorities said of given certificates, in storage: for processes that start, so that a must-staple
// certificate is shown with an answer from its first handshake on. Not here: whether an answer still counts
// (tls/ocsp), when to ask (stapler).
//
//   ocsp/FINGERPRINT   the last good answer, and the moment before which no answer counts any more
#pragma once

#include <optional>
#include <string>

#include "core/base/log.h"
#include "core/loop/flow.h"
#include "core/storage/storage.h"

namespace tls {

struct StoredStaple {
  std::string answer;     ///< DER; empty: nothing may be stapled
  core::WallTime newest;  ///< what was said before this moment is a replay
};

class StapleStore {
 public:
  /// Borrowed.
  StapleStore(core::Storage& storage, const core::Log& log) : storage_(storage), log_(log) {}

  /// `fingerprint` as of Certificate. Nothing: there is none that can be read; storage that fails is logged.
  core::Flow<std::optional<StoredStaple>> load(std::string fingerprint);
  /// Until `expires`. Storage that fails is logged.
  core::Flow<> save(std::string fingerprint, StoredStaple staple, core::WallTime expires);

 private:
  core::Storage& storage_;
  const core::Log& log_;
};

}  // namespace tls
