#include "gateway/run/control_socket.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/loop/wait.h"
#include "core/net/tcp.h"
#include "gateway/run/control_protocol.h"

namespace gateway {
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
    caller_ = *caller;
    if (owner_.conversations_.size() > kMaxControlConnections)
      return finish(ControlMark::failed, "too many commands at once; come again");
    read();
  }

 private:
  enum class State { reading, running, telling, gone };

  void on_readable() override { read(); }
  void on_writable() override {
    flush();
    make_room();
  }

  [[nodiscard]] uid_t caller() const override { return caller_; }
  core::Flow<> say(std::string line) override {
    if (state_ != State::running) co_return core::done();
    tell(ControlMark::progress, line);
    while (state_ == State::running && output_.size() > kMaxControlBacklog) {
      room_.emplace();
      core::OneShot<>& room = *room_;
      co_await room;
    }
    co_return core::done();
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
    owner_.log_.info("control: a command", {{"command", line}, {"user", caller_}});
    words->erase(words->begin());
    state_ = State::running;
    timer_.arm(kControlCommandTime);
    running_.start(command_->run(std::move(*words), this), [this](core::Result<std::string> end) {
      finish(end ? ControlMark::done : ControlMark::failed, end ? *end : end.error().text);
    });
  }

  void finish(ControlMark mark, std::string_view text) {
    if (state_ == State::gone) return;
    timer_.arm(state_ == State::running ? kControlTellTime : kControlRequestTime);
    state_ = State::telling;
    tell(mark, text);
  }

  void tell(ControlMark mark, std::string_view text) {
    output_ += control_line(mark, text);
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

  /// The command goes on, and may end, in here.
  void make_room() {
    if (output_.size() <= kMaxControlBacklog && room_ && !room_->has_result()) room_->deliver(core::done());
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
  uid_t caller_ = static_cast<uid_t>(-1);  // nobody's, until begin()
  std::string request_;
  std::string output_;
  std::optional<core::OneShot<>> room_;  // a command waits for it
  std::shared_ptr<ControlCommand> command_;
  core::RunningFlow<std::string> running_;
};

core::Result<std::unique_ptr<ControlSocket>> ControlSocket::open(core::Loop& loop, const core::Log& log,
                                                                 const std::string& path) {
  core::Result<OwnSocket> socket = OwnSocket::open("listen.control", path);
  if (!socket) return core::failure(std::move(socket.error()));
  return std::unique_ptr<ControlSocket>(new ControlSocket(loop, log, std::move(*socket)));
}

ControlSocket::ControlSocket(core::Loop& loop, const core::Log& log, OwnSocket socket)
    : loop_(loop), log_(log), socket_(std::move(socket)) {}

ControlSocket::~ControlSocket() = default;

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
