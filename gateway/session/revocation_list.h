// Control's side of revocations: keeps them in storage, so that they outlive a restart, and publishes the
// snapshot that all workers read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "core/storage/storage.h"
#include "gateway/session/revocation_entry.h"
#include "gateway/session/revocations.h"

namespace gateway {

/// On control's loop; published() may be read from any thread. Borrows all it is given.
class RevocationList {
 public:
  RevocationList(core::Storage& storage, const core::Clock& clock, const core::Log& log);

  /// Reads what is in storage; before the workers start. An entry that cannot be read is an error: going on
  /// without it would let an ended session in.
  core::Flow<> load();
  /// Looks every `interval` for what other replicas have ended; from now on, on `loop`. While storage cannot
  /// be read the list stays as it is, and the log says so once; an entry that cannot be read is tried again,
  /// and hides no other.
  void follow(core::Loop& loop, core::Duration interval);
  /// Ends a session. It is published before this waits for anything; a failure of storage is reported all the
  /// same, for then it would not outlive a restart.
  core::Flow<> revoke(Revocation revocation);
  /// The same for everybody of this issuer who signed in at or before `moment`.
  core::Flow<> cut_off(std::string issuer, core::WallTime moment);
  [[nodiscard]] const core::Published<Revocations>& published() const { return published_; }
  /// Calls `told` on this thread after each snapshot from now on.
  void tell(std::function<void()> told) { told_ = std::move(told); }

 private:
  core::Flow<> load_folder(std::string folder);
  core::Flow<> load_entry(std::string key);
  void add(const std::variant<Revocation, IssuerCutOff>& read);
  core::Flow<> keep(std::string key, core::StorageEntry entry);
  core::Flow<> look();
  void look_again();
  void looked(const core::Result<core::Done>& outcome);

  core::Storage& storage_;
  const core::Clock& clock_;
  const core::Log& log_;
  core::Published<Revocations> published_;
  std::function<void()> told_ = [] {};
  std::set<std::string> known_;       // keys in storage that are in the list
  std::string seen_change_;           // the mark of the last whole look
  core::SteadyTime whole_look_at_{};  // the next one at the latest
  bool has_news_ = false;
  bool is_blind_ = false;  // storage could not be read the last time
  core::Duration interval_{};
  std::optional<core::Timer> timer_;
  core::RunningFlow<> looking_;
};

}  // namespace gateway
