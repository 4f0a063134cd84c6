// Reloading: when the configuration is read again: on a signal, when the operator asks, when a file of it has
// changed. One reload at a time; whoever asks during one gets another after it. What a reload does is the
// caller's.
//
// Looking is a stat() a file and second, which sees what a watch on an inode would miss: links that are
// switched (Kubernetes), network file systems. A change counts when the next look finds it unchanged, so that
// a file which is written in place is not taken half.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "config/file_stamp.h"
#include "core/base/log.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"

namespace gateway {

inline constexpr core::Duration kFileInterval = std::chrono::seconds(1);

/// On control's loop. Destroying it cancels what is under way.
class Reloading {
 public:
  /// What came of it, in a sentence; an error left everything as it was.
  using Work = std::function<core::Flow<std::string>()>;
  /// Borrows both.
  Reloading(core::Loop& loop, const core::Log& log, Work work);

  /// Once, as soon as possible. The log says what came of it.
  void ask();
  /// The same, and waits for the end. Whoever stops waiting changes nothing.
  core::Flow<std::string> ask_and_wait();
  /// Cancels what is under way and says so to whoever waits; nothing is asked for any more.
  void stop();
  /// Asks when one of `files` changes from what it is now; of those that were watched already, from what it
  /// was when the reload under way began.
  void watch(const std::set<std::string>& files);

 private:
  using Waiting = std::list<core::OneShot<std::string>*>;
  class Place;
  struct File {
    std::optional<config::FileStamp> used;  ///< as it was when it was read
    std::optional<config::FileStamp> seen;  ///< by the look before
  };
  void begin();
  void ended(const core::Result<std::string>& outcome);
  void tell(const core::Result<std::string>& outcome);
  void look();

  const core::Log& log_;
  Work work_;
  Waiting waiting_;  // for the reload under way
  Waiting later_;    // for the one after it
  Waiting told_;     // being told of the one that has ended
  std::map<std::string, File> files_;
  bool is_running_ = false;
  bool is_over_ = false;
  bool is_wanted_again_ = false;
  core::Timer again_;
  core::Timer look_timer_;
  core::RunningFlow<std::string> running_;  // last: ends before what it uses
};

}  // namespace gateway
