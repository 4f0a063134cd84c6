// Reloading: when the configuration is read again: on a signal, when the operator asks, when a file of it has
// changed. What a reload does is the caller's.
//
// Looking is a stat() a file and second, which sees what a watch on an inode would miss: links that are
// switched (Kubernetes), network file systems. A change counts when the next look finds it unchanged, so that
// a file which is written in place is not taken half.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "config/file_stamp.h"
#include "core/base/log.h"
#include "core/loop/loop.h"
#include "gateway/run/asked_work.h"

namespace gateway {

inline constexpr core::Duration kFileInterval = std::chrono::seconds(1);

/// On control's loop. Destroying it cancels what is under way.
class Reloading {
 public:
  /// Borrows loop and log.
  Reloading(core::Loop& loop, const core::Log& log, AskedWork::Work work);

  using Stamps = std::map<std::string, std::optional<config::FileStamp>>;

  [[nodiscard]] AskedWork& work() { return work_; }
  /// Cancels what is under way; nothing is looked at any more.
  void stop();
  /// Asks when one of `files` changes from what it was when it was `read`, or is now; of those that were
  /// watched already, from what it was when the reload under way began.
  void watch(const std::set<std::string>& files, const Stamps& read = {});

 private:
  struct File {
    std::optional<config::FileStamp> used;  ///< as it was when it was read
    std::optional<config::FileStamp> seen;  ///< by the look before
  };
  void look();

  const core::Log& log_;
  std::map<std::string, File> files_;
  core::Timer look_timer_;
  AskedWork work_;  // last: ends before what it uses
};

}  // namespace gateway
