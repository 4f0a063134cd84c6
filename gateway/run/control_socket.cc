#include "gateway/run/control_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/net/tcp.h"
#include "gateway/run/control_protocol.h"

namespace gateway {
namespace {

std::unexpected<core::Error> cannot_open(const std::string& path, std::string_view why) {
  return core::failure(core::ErrorKind::refused, core::Side::configuration,
                       fmt::format("listen.control {}: {}", path, why));
}

/// Whoever may write to the folder may put a socket of their own in the place of ours.
core::Result<void> prepare_folder(const std::string& path) {
  const std::string folder = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return cannot_open(path,
                       fmt::format("its folder cannot be made: {}; make it, for the gateway's user alone",
                                   std::strerror(errno)));
  }
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return cannot_open(path, "its folder is no folder");
  }
  const bool is_ours = found.st_uid == ::geteuid() || found.st_uid == 0;
  if (!is_ours || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return cannot_open(path, "others may write to its folder; give it one of the gateway's own (chmod 0700)");
  }
  return {};
}

/// Who connected, as the kernel knew them then; nothing: it does not say.
std::optional<uid_t> caller_of(int socket) {
  ucred caller{};
  socklen_t size = sizeof caller;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &caller, &size) != 0 || size != sizeof caller)
    return std::nullopt;
  return caller.uid;
}

}  // namespace

bool may_command(uid_t caller, uid_t own) {
  return caller == own || caller == 0;
}

/// One connection: a request, its answer.
class ControlSocket::Conversation final : public core::Retirable,
                                          private core::StreamEvents,
                                          private ControlProgress {
 public:
  Conversation(ControlSocket& owner, std::unique_ptr<core::ByteStream> stream)
      : owner_(owner), stream_(std::move(stream)), timer_(owner.loop_, [this] { time_is_up(); }) {
    stream_->attach(this);
    timer_.arm(kControlRequestTime);
  }

  void begin(std::optional<uid_t> caller) {
    if (!caller || !may_command(*caller, ::geteuid())) {
      owner_.log_.warn("control: a caller who is neither this user nor root was refused",
                       {{"user", caller ? std::to_string(*caller) : "unknown"}});
      return finish(ControlMark::failed, "only the gateway's own user and root may");
    }
    if (owner_.conversations_.size() > kMaxControlConnections)
      return finish(ControlMark::failed, "too many commands at once; come again");
    read();
  }

 private:
  enum class State { reading, running, telling, gone };

  void on_readable() override { read(); }
  void on_writable() override { flush(); }

  void say(std::string_view line) override {
    if (state_ == State::running) tell(ControlMark::progress, line);
  }

  void read() {
    std::array<char, kMaxControlRequest + 1> bytes;  // NOLINT: read into
    while (state_ != State::gone) {
      const core::ReadOutcome outcome = stream_->read(bytes);
      if (outcome.state == core::ReadOutcome::State::would_block) return;
      // Nothing may follow the request, so whatever does is the operator's going away.
      if (outcome.state != core::ReadOutcome::State::bytes || state_ != State::reading) return go();
      request_.append(bytes.data(), outcome.count);
      const std::size_t end = request_.find('\n');
      if (end != std::string::npos && end + 1 == request_.size()) {
        run(std::string_view(request_).substr(0, end));
      } else if (end != std::string::npos || request_.size() > kMaxControlRequest) {
        finish(ControlMark::failed, "expected one short line");
      }
    }
  }

  void run(std::string_view line) {
    auto words = control_words(line);
    if (words) command_ = owner_.command(words->front());
    if (command_ == nullptr) return finish(ControlMark::failed, "expected one of: " + owner_.usage());
    owner_.log_.info("control: a command", {{"command", line}});
    words->erase(words->begin());
    state_ = State::running;
    timer_.arm(kControlCommandTime);
    running_.start(command_->run(std::move(*words), this), [this](core::Result<std::string> end) {
      finish(end ? ControlMark::done : ControlMark::failed, end ? *end : end.error().text);
    });
  }

  void finish(ControlMark mark, std::string_view text) {
    if (state_ == State::gone) return;
    state_ = State::telling;
    timer_.arm(kControlRequestTime);
    tell(mark, text);
  }

  void tell(ControlMark mark, std::string_view text) {
    output_ += control_line(mark, text);
    if (output_.size() > kMaxControlAnswer) return go();
    flush();
  }

  void flush() {
    while (state_ != State::gone && !output_.empty()) {
      const std::string_view piece = output_;
      const core::Result<std::size_t> taken = stream_->write({&piece, 1});
      if (!taken) return go();
      if (*taken == 0) return;
      output_.erase(0, *taken);
    }
    if (state_ == State::telling) go();
  }

  void time_is_up() {
    if (state_ != State::running) return go();
    running_.cancel();
    finish(ControlMark::failed, "it is not over yet and goes on; the log says how it ends");
  }

  /// Destroyed at the end of the turn: a command under way may be what called.
  void go() {
    if (std::exchange(state_, State::gone) == State::gone) return;
    timer_.disarm();
    stream_->attach(nullptr);
    owner_.remove(this);
  }

  ControlSocket& owner_;
  std::unique_ptr<core::ByteStream> stream_;
  core::Timer timer_;
  State state_ = State::reading;
  std::string request_;
  std::string output_;
  std::shared_ptr<ControlCommand> command_;
  core::RunningFlow<std::string> running_;
};

core::Result<std::unique_ptr<ControlSocket>> ControlSocket::open(core::Loop& loop, const core::Log& log,
                                                                 std::string path) {
  core::Result<void> prepared = prepare_folder(path);
  if (!prepared) return core::failure(std::move(prepared.error()));
  auto socket =
      core::ListeningSocket::open(core::Endpoint{{}, 0, path}, core::ListeningSocket::Sharing::alone);
  if (!socket) return cannot_open(path, socket.error().text);
  return std::unique_ptr<ControlSocket>(new ControlSocket(loop, log, std::move(path), std::move(*socket)));
}

ControlSocket::ControlSocket(core::Loop& loop, const core::Log& log, std::string path,
                             core::ListeningSocket socket)
    : loop_(loop), log_(log), path_(std::move(path)), socket_(std::move(socket)) {
  struct stat name{};
  if (::lstat(path_.c_str(), &name) == 0) {
    device_ = name.st_dev;
    inode_ = name.st_ino;
  }
}

ControlSocket::~ControlSocket() {
  struct stat name{};
  const bool is_ours = ::lstat(path_.c_str(), &name) == 0 && name.st_dev == device_ && name.st_ino == inode_;
  if (is_ours) ::unlink(path_.c_str());
}

void ControlSocket::start() {
  listener_ = std::make_unique<core::Listener>(loop_, socket_.descriptor(),
                                               [this](int socket, const core::Endpoint&) { accept(socket); });
}

void ControlSocket::accept(int socket) {
  const std::optional<uid_t> caller = caller_of(socket);
  conversations_.push_back(std::make_unique<Conversation>(*this, core::make_tcp_stream(loop_, socket)));
  conversations_.back()->begin(caller);
}

std::shared_ptr<ControlCommand> ControlSocket::command(std::string_view word) const {
  const auto found = std::ranges::find_if(commands_, [&](const auto& command) {
    const std::string_view usage = command->usage();
    return usage.substr(0, usage.find(' ')) == word;
  });
  return found == commands_.end() ? nullptr : *found;
}

std::string ControlSocket::usage() const {
  std::string all;
  for (const auto& command : commands_) all.append(all.empty() ? "" : "; ").append(command->usage());
  return all;
}

void ControlSocket::remove(Conversation* ended) {
  const auto found = std::ranges::find(conversations_, ended, &std::unique_ptr<Conversation>::get);
  std::unique_ptr<Conversation> gone = std::move(*found);
  conversations_.erase(found);
  loop_.retire(std::move(gone));
}

}  // namespace gateway
