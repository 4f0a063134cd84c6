#include "core/loop/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <utility>

namespace core {
namespace {

std::vector<char*> pointers_of(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// A child process from its start to its end; kills what still runs.
class Program final : private DescriptorEvents {
 public:
  explicit Program(Loop& loop) : loop_(loop) {}
  ~Program() {
    watch_.reset();
    if (process_ > 0) {
      kill(-process_, SIGKILL);  // what it has started, and itself unless it left its group
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    if (descriptor_ >= 0) close(descriptor_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// What went wrong, as an error number; 0: it runs.
  int start(std::vector<std::string> arguments, std::vector<std::string> environment) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // Its words go to our log's stream; standard output may be an access log.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const std::vector<char*> argument_pointers = pointers_of(arguments);
    const std::vector<char*> environment_pointers = pointers_of(environment);
    const int error = posix_spawn(&process_, arguments.front().c_str(), &actions, &attributes,
                                  argument_pointers.data(), environment_pointers.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
      process_ = -1;
      return error;
    }
    descriptor_ = static_cast<int>(syscall(SYS_pidfd_open, process_, 0));
    if (descriptor_ < 0) return errno;
    DescriptorEvents& events = *this;
    watch_ = std::make_unique<DescriptorWatch>(loop_, descriptor_, events, DescriptorWatch::Mode::level_read);
    return 0;
  }
  OneShot<int> ended;

 private:
  void on_edge(Edge /*edge*/) override {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) != process_) return;
    process_ = -1;
    watch_->pause();
    ended.deliver(status);
  }

  Loop& loop_;
  pid_t process_ = -1;
  int descriptor_ = -1;
  std::unique_ptr<DescriptorWatch> watch_;
};

Flow<int> run(Loop* loop, std::vector<std::string> arguments, std::vector<std::string> environment) {
  Program program(*loop);
  const int error = program.start(std::move(arguments), std::move(environment));
  if (error != 0) {
    co_return failure(ErrorKind::unavailable, Side::configuration, std::strerror(error));
  }
  int status = co_await program.ended;
  co_return status;
}

}  // namespace

Flow<> run_program(Loop* loop, std::vector<std::string> arguments, std::vector<std::string> more,
                   Deadline deadline) {
  const std::string name = arguments.front();
  std::vector<std::string> environment = std::move(more);
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  Flow<int> running = run(loop, std::move(arguments), std::move(environment));
  Flow<int> bounded = within(*loop, deadline, std::move(running));
  Result<int> status = co_await attempt(std::move(bounded));
  if (!status) co_return failure(std::move(status.error()).during(name));
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) co_return done();
  std::string how = fmt::format("ended by signal {}", WTERMSIG(*status));
  if (WIFEXITED(*status)) how = fmt::format("ended with status {}", WEXITSTATUS(*status));
  co_return failure(ErrorKind::refused, Side::configuration, fmt::format("{} {}", name, how));
}

}  // namespace core
