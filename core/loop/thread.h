// A named thread of ours. Signals are for the one loop that watches them, so no other thread takes any.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace core {

class Thread {
 public:
  /// Runs `body` on a new thread with all signals blocked. `name` is what ps and perf show, at most 15 bytes
  /// of it.
  Thread(const std::string& name, std::function<void()> body);
  /// Waits for the body to return; whoever owns the thread asks it to.
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

 private:
  std::thread thread_;
};

}  // namespace core
