// AskedWork: something of control's that is done when somebody asks, one at a time; whoever asks while it is
// done has it done once more after that. What it does is the caller's.
#pragma once

#include <functional>
#include <list>
#include <string>

#include "core/base/log.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"

namespace gateway {

/// On control's loop. Destroying it cancels what is under way.
class AskedWork {
 public:
  /// What came of it, in a sentence; an error left everything as it was.
  using Work = std::function<core::Flow<std::string>()>;
  /// Borrows loop and log. `failed` is what the log says of an error.
  AskedWork(core::Loop& loop, const core::Log& log, std::string failed, Work work);

  /// Once, as soon as possible. The log says what came of it.
  void ask();
  /// The same, and waits for the end. Whoever stops waiting changes nothing.
  core::Flow<std::string> ask_and_wait();
  /// Cancels what is under way and says so to whoever waits; nothing is asked for any more.
  void stop();

 private:
  using Waiting = std::list<core::OneShot<std::string>*>;
  class Place;
  void begin();
  void ended(const core::Result<std::string>& outcome);
  void tell(const core::Result<std::string>& outcome);

  const core::Log& log_;
  std::string failed_;
  Work work_;
  Waiting waiting_;  // for what is under way
  Waiting later_;    // for the one after it
  Waiting told_;     // being told of the one that has ended
  bool is_running_ = false;
  bool is_over_ = false;
  bool is_wanted_again_ = false;
  core::Timer again_;
  core::RunningFlow<std::string> running_;  // last: ends before what it uses
};

}  // namespace gateway
