// A real redis-server of a test's own, on a socket in a directory of its own; it ends with the test.
#pragma once

#include <sys/types.h>

#include <string>

namespace tests {

class RedisProcess {
 public:
  /// `arguments` of redis-server besides. Waits until it accepts connections.
  explicit RedisProcess(const std::string& arguments = "");
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  [[nodiscard]] const std::string& socket() const { return socket_; }
  /// Takes the server away (SIGKILL), as a crash does; again() brings it back, empty.
  void kill();
  void again();

 private:
  void start();
  std::string directory_;
  std::string socket_;
  std::string arguments_;
  pid_t process_ = -1;
};

}  // namespace tests
