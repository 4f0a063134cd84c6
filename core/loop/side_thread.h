// A thread beside a loop for the few questions whose answer takes a processor long (a password's hash): a
// flow of the loop waits, the loop does not. Bounded.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/thread.h"
#include "core/loop/wait.h"

namespace core {

class SideThread {
 public:
  /// `loop` outlives it. At most `limit` questions wait.
  SideThread(Loop& loop, const std::string& name, std::size_t limit);
  /// Waits for the question that is being answered, and answers no other.
  ~SideThread();
  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;

  /// What `question`, called on that thread, answers. `refused` if too many wait. It owns what it needs: who
  /// asked may have gone. One that nobody waits for any more when its turn comes is left out.
  Flow<bool> ask(std::function<bool()> question);

 private:
  using Answer = OneShot<bool>;
  struct Waiting {
    std::function<bool()> question;
    std::weak_ptr<Answer> answer;
  };
  void run();

  Loop& loop_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  bool ends_ = false;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace core
