// Control's side of client certificates: loads the authorities and revocation lists of
// login.client_certificates, follows their files, and publishes the snapshot that all workers ask by. Files
// that cannot be used leave what was before in force.
//
// Looking is a stat() a file and second, as for lists of e-mails (guard/policy_watch.h): a change is taken
// when the next look finds it unchanged.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/file_stamp.h"
#include "config/types_access.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "tls/client_demand.h"

namespace gateway {

inline constexpr core::Duration kAuthorityFileInterval = std::chrono::seconds(1);

/// What each host asks for. The first file that cannot be used is the error.
core::Result<std::shared_ptr<const tls::ClientDemands>> load_demands(
    const std::vector<config::CertificateClient>& clients, core::WallTime now);

/// On control's loop; published() may be read from any thread. Borrows all it is given.
class DemandWatch {
 public:
  DemandWatch(core::Loop& loop, const core::Log& log, const std::vector<config::CertificateClient>& clients);

  /// The first time; before the workers start.
  core::Result<void> load();
  /// Begins to look. Does nothing where no host asks for certificates.
  void start();
  /// Looks no more.
  void stop() { timer_.disarm(); }
  [[nodiscard]] const core::Published<tls::ClientDemands>& published() const { return published_; }
  /// Calls `told` on this thread after each snapshot from now on.
  void tell(std::function<void()> told) { told_ = std::move(told); }

 private:
  using Stamps = std::vector<std::optional<config::FileStamp>>;
  [[nodiscard]] Stamps stamps() const;
  void look();

  core::Loop& loop_;
  const core::Log& log_;
  const std::vector<config::CertificateClient>& clients_;
  core::Published<tls::ClientDemands> published_;
  Stamps seen_;      // by the look before
  Stamps in_force_;  // of what was read, or refused
  std::function<void()> told_ = [] {};
  core::Timer timer_;
};

}  // namespace gateway
