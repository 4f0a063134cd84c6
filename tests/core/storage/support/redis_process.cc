#include "tests/core/storage/support/redis_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/support/doctest.h"

namespace tests {

RedisProcess::RedisProcess(const std::string& arguments) : arguments_(arguments) {
  std::string pattern = (std::filesystem::temp_directory_path() / "redis-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  socket_ = directory_ + "/socket";
  start();
}

void RedisProcess::start() {
  std::array<int, 2> output{};
  REQUIRE(::pipe(output.data()) == 0);
  process_ = ::fork();
  REQUIRE(process_ >= 0);
  const std::string command = "exec redis-server --port 0 --unixsocket " + socket_ + " --dir " + directory_ +
                              " --save '' --appendonly no --loglevel notice " + arguments_;
  if (process_ == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::close(output[0]);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(output[1]);
  std::string said;
  std::array<char, 4096> bytes{};
  ssize_t count = 1;
  while (said.find("accept connections at") == std::string::npos && count > 0) {
    count = ::read(output[0], bytes.data(), bytes.size());
    if (count > 0) said.append(bytes.data(), static_cast<std::size_t>(count));
  }
  ::close(output[0]);
  REQUIRE_MESSAGE(count > 0, "redis-server did not start: " << said);
}

void RedisProcess::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
  std::filesystem::remove(socket_);
}

void RedisProcess::again() {
  kill();
  start();
}

RedisProcess::~RedisProcess() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace tests
