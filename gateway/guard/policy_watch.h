// Control's side of policies: looks at the lists in files that they name and publishes the snapshot that all
// workers judge by, so that a changed list acts without a restart, on sessions that exist too. A list that
// cannot be read or has an error leaves the one before in force.
//
// Looking is a stat() a file and second, which sees what a watch on an inode would miss: links that are
// switched (Kubernetes), network file systems. A change is read when the next look finds it unchanged, so
// that a file which is written in place is not taken half.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/file_stamp.h"
#include "core/base/log.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "gateway/guard/policies.h"

namespace gateway {

inline constexpr core::Duration kListFileInterval = std::chrono::seconds(1);

/// On control's loop; published() may be read from any thread. Borrows all it is given.
class PolicyWatch {
 public:
  PolicyWatch(core::Loop& loop, const core::Log& log, const std::vector<config::Policy>& policies);

  /// Begins to look. Does nothing, ever, where no policy names a file.
  void start();
  /// Looks no more.
  void stop() { timer_.disarm(); }
  [[nodiscard]] const core::Published<Policies>& published() const { return published_; }
  /// Publishes the policies as they stand with these decisions.
  void take_approvals(std::shared_ptr<const Approvals> approvals);
  /// Calls `told` on this thread after each snapshot from now on.
  void tell(std::function<void()> told) { told_ = std::move(told); }

 private:
  struct File {
    Policies::List list;
    std::optional<config::FileStamp> seen;  ///< by the look before
    bool is_judged = false;                 ///< what is seen was read: it is in force, or was refused
    std::string complaint;                  ///< that was logged about what is seen
  };
  void look();
  void look_at(File& file);
  void complain(File& file, const std::string& error);

  const core::Log& log_;
  core::Published<Policies> published_;
  std::vector<File> files_;
  std::function<void()> told_ = [] {};
  core::Timer timer_;
};

}  // namespace gateway
