#include "gateway/run/succession.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace gateway {
namespace {

constexpr const char* kVariable = "GATEWAY_SUCCESSION";
constexpr std::array<std::string_view, 5> kForThisProcess = {"WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS",
                                                             "LISTEN_FDNAMES", kVariable};
constexpr int kChannel = 3;
constexpr char kReady = 'r';
constexpr char kYours = 'y';

std::unexpected<core::Error> failed(std::string_view what, int error) {
  return core::failure(core::ErrorKind::unavailable, core::Side::us,
                       fmt::format("{}: {}", what, std::strerror(error)));
}

/// One descriptor; closes it.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// What the successor finds from kChannel on. Copies lie behind all of the places, so that none is
/// overwritten before it is moved to its own.
class Inheritance {
 public:
  core::Result<void> add(int descriptor, std::size_t places) {
    const int behind = kChannel + static_cast<int>(places);
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, behind);
    if (copy < 0) return failed("no descriptor to hand over a socket with", errno);
    copies_.emplace_back(copy);
    return {};
  }
  void put_into(posix_spawn_file_actions_t& actions) const {
    int place = kChannel;
    for (const Descriptor& copy : copies_) posix_spawn_file_actions_adddup2(&actions, copy.get(), place++);
  }

 private:
  std::vector<Descriptor> copies_;
};

/// Without what the service manager meant for this process alone.
std::vector<std::string> environment_of_successor(std::size_t sockets) {
  std::vector<std::string> environment{fmt::format("{}={}", kVariable, sockets)};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    if (std::ranges::find(kForThisProcess, name) == kForThisProcess.end()) environment.emplace_back(text);
  }
  return environment;
}

std::vector<char*> pointers_of(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// An error number; 0: it runs.
int spawn(const OwnProgram& program, std::vector<std::string> environment, const Inheritance& inheritance,
          pid_t& process) {
  std::vector<std::string> arguments{program.path};
  arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  inheritance.put_into(actions);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int error = ::posix_spawn(&process, program.path.c_str(), &actions, &attributes,
                                  pointers_of(arguments).data(), pointers_of(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

class StartedSuccessor final : public Successor, private core::DescriptorEvents {
 public:
  StartedSuccessor(core::Loop& loop, pid_t process, Descriptor watched, Descriptor channel)
      : loop_(loop), process_(process), watched_(std::move(watched)), channel_(std::move(channel)) {
    core::DescriptorEvents& events = *this;
    using Watch = core::DescriptorWatch;
    end_ = std::make_unique<Watch>(loop, watched_.get(), events, Watch::Mode::level_read);
    words_ = std::make_unique<Watch>(loop, channel_.get(), events, Watch::Mode::level_read);
  }
  ~StartedSuccessor() override {
    if (is_let_go_ || has_ended_) return;
    end();
    ::waitpid(process_, nullptr, 0);
  }

  [[nodiscard]] int process() const override { return process_; }
  [[nodiscard]] bool has_ended() const override { return has_ended_; }
  void end() override {
    if (!has_ended_) ::kill(process_, SIGKILL);
  }
  void watch(std::function<void(const std::string& how)> on_end) override { on_end_ = std::move(on_end); }

  core::Flow<> ready(core::Deadline deadline) override {
    core::Flow<> coming = until_ready();
    core::Flow<> bounded = core::within(loop_, deadline, std::move(coming));
    const core::Result<core::Done> outcome = co_await core::attempt(std::move(bounded));
    if (outcome || outcome.error().kind != core::ErrorKind::timed_out) co_return outcome;
    co_return core::failure(core::ErrorKind::timed_out, core::Side::us,
                            "the new process was not ready in time; it is ended, and this one goes on");
  }

  void let_go() override {
    is_let_go_ = true;
    words_.reset();
    ::send(channel_.get(), &kYours, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    channel_ = Descriptor();
  }

 private:
  core::Flow<> until_ready() {
    core::Done done = co_await ready_;
    co_return done;
  }

  void on_edge(core::Edge /*edge*/) override {
    if (!is_over_) hear();
    int status = 0;
    if (has_ended_ || ::waitpid(process_, &status, WNOHANG) != process_) return;
    has_ended_ = true;
    end_->pause();
    const std::string how = WIFEXITED(status) ? fmt::format("ended with status {}", WEXITSTATUS(status))
                                              : fmt::format("was ended by signal {}", WTERMSIG(status));
    const bool was_meant = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (on_end_ && !was_meant) std::exchange(on_end_, nullptr)(how);
    over(core::failure(
        core::ErrorKind::refused, core::Side::us,
        fmt::format("the new process {}; its words stand before this, and this one goes on", how)));
  }

  void hear() {
    char word = '\0';
    const ssize_t count = ::recv(channel_.get(), &word, 1, MSG_DONTWAIT);
    // Its end of the channel goes before it does: how it ended is known a moment later.
    if (count == 0) words_->pause();
    if (count == 1 && word == kReady) over(core::done());
  }

  void over(core::Result<core::Done> outcome) {
    if (std::exchange(is_over_, true)) return;
    words_->pause();
    ready_.deliver(std::move(outcome));
  }

  core::Loop& loop_;
  pid_t process_;
  Descriptor watched_;  // readable when it has ended
  Descriptor channel_;
  bool is_over_ = false;  // ready, or ended
  bool has_ended_ = false;
  std::function<void(const std::string& how)> on_end_;
  bool is_let_go_ = false;
  core::OneShot<core::Done> ready_;
  std::unique_ptr<core::DescriptorWatch> end_;
  std::unique_ptr<core::DescriptorWatch> words_;
};

class FoundPredecessor final : public Predecessor, private core::DescriptorEvents {
 public:
  FoundPredecessor(Descriptor channel, std::vector<InheritedSocket> sockets)
      : channel_(std::move(channel)), sockets_(std::move(sockets)) {}

  std::vector<InheritedSocket> take_sockets() override { return std::exchange(sockets_, {}); }

  void say_ready(core::Loop& loop, std::function<void()> on_yours) override {
    on_yours_ = std::move(on_yours);
    ::send(channel_.get(), &kReady, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    core::DescriptorEvents& events = *this;
    using Watch = core::DescriptorWatch;
    watch_ = std::make_unique<Watch>(loop, channel_.get(), events, Watch::Mode::level_read);
  }

 private:
  /// Whatever it says, and its end, mean the same.
  void on_edge(core::Edge /*edge*/) override {
    watch_->pause();
    std::exchange(on_yours_, nullptr)();
  }

  Descriptor channel_;
  std::vector<InheritedSocket> sockets_;
  std::function<void()> on_yours_;
  std::unique_ptr<core::DescriptorWatch> watch_;
};

core::Result<InheritedSocket> adopt(int descriptor) {
  core::Result<core::ListeningSocket> socket = core::ListeningSocket::adopt(descriptor);
  if (!socket) return core::failure(std::move(socket.error()).during("a predecessor's socket"));
  core::Result<core::Endpoint> local = socket->local();
  if (!local) return core::failure(std::move(local.error()).during("a predecessor's socket"));
  return InheritedSocket{std::move(*socket), std::move(*local), "of the predecessor", true};
}

}  // namespace

OwnProgram own_program() {
  OwnProgram program;
  std::ifstream words("/proc/self/cmdline", std::ios::binary);
  std::string word;
  std::getline(words, word, '\0');
  std::error_code none;
  // A name with a folder may be a link, to be switched. One without was found by the shell.
  program.path = word.contains('/') ? std::filesystem::absolute(word, none).string()
                                    : std::filesystem::read_symlink("/proc/self/exe", none).string();
  while (std::getline(words, word, '\0')) program.arguments.push_back(word);
  return program;
}

core::Result<std::unique_ptr<Successor>> Successor::start(core::Loop& loop, const OwnProgram& program,
                                                          const std::vector<int>& descriptors) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return failed("no channel to a new process", errno);
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  Inheritance inheritance;
  core::Result<void> added = inheritance.add(theirs.get(), descriptors.size() + 1);
  for (const int descriptor : descriptors) {
    if (added) added = inheritance.add(descriptor, descriptors.size() + 1);
  }
  if (!added) return core::failure(std::move(added.error()));
  pid_t process = -1;
  const int error = spawn(program, environment_of_successor(descriptors.size()), inheritance, process);
  if (error != 0) return failed(program.path, error);
  Descriptor watched(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (watched.get() < 0) {
    const int why = errno;
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
    return failed("a new process cannot be watched", why);
  }
  return std::make_unique<StartedSuccessor>(loop, process, std::move(watched), std::move(ours));
}

core::Result<std::unique_ptr<Predecessor>> Predecessor::take() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr) return nullptr;
  const std::string_view digits = text;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_count =
      error == std::errc() && end == digits.data() + digits.size() && count <= kMostInheritedSockets;
  ::unsetenv(kVariable);
  if (!is_count || ::fcntl(kChannel, F_SETFD, FD_CLOEXEC) != 0) {
    return core::failure(
        core::ErrorKind::malformed, core::Side::us,
        fmt::format("{} is set, but no gateway has started this process; unset it", kVariable));
  }
  Descriptor channel(kChannel);
  std::vector<InheritedSocket> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    core::Result<InheritedSocket> socket = adopt(kChannel + 1 + static_cast<int>(i));
    if (!socket) return core::failure(std::move(socket.error()));
    sockets.push_back(std::move(*socket));
  }
  return std::make_unique<FoundPredecessor>(std::move(channel), std::move(sockets));
}

}  // namespace gateway
