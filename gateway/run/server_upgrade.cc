// Server: another process in the place of this one, and this one in the place of another.
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "gateway/run/own_socket.h"
#include "gateway/run/server.h"

namespace gateway {
namespace {

/// From its start until it accepts: it reads storage, and much of it perhaps.
constexpr core::Duration kSuccessorTime = std::chrono::minutes(1);

std::unexpected<core::Error> refuse(std::string why) {
  return core::failure(core::ErrorKind::refused, core::Side::us, std::move(why));
}

}  // namespace

std::vector<int> Server::listening_descriptors() const {
  std::vector<int> descriptors;
  for (const OpenListener& listener : listeners_) {
    for (const core::ListeningSocket& socket : listener.sockets) descriptors.push_back(socket.descriptor());
  }
  return descriptors;
}

core::Flow<std::string> Server::upgrade() {
  if (state_ != State::serving) co_await refuse("this process ends already");
  if (::getpid() == 1)
    co_await refuse(
        "this is process 1, whose end would be that of its container; replace the container instead");
  if (parts_.predecessor != nullptr) co_await refuse("this process has not taken over yet; come again");
  const std::vector<int> descriptors = listening_descriptors();
  if (descriptors.size() > kMostInheritedSockets)
    co_await refuse(fmt::format("there are more than {} listening sockets: restart", kMostInheritedSockets));
  auto started = Successor::start(loop_, parts_.program, descriptors);
  std::unique_ptr<Successor> successor = co_await std::move(started);
  parts_.log.info("a new process is to take over",
                  {{"program", parts_.program.path}, {"process", successor->process()}});
  core::Flow<> ready = successor->ready(core::Deadline::after(loop_, kSuccessorTime));
  const core::Result<core::Done> is_ready = co_await core::attempt(std::move(ready));
  (is_ready ? successor_ : failed_) = std::move(successor);
  if (!is_ready) {
    failed_->end();
    co_await core::failure(is_ready.error());
  }
  const int process = successor_->process();
  successor_->watch([this](const std::string& how) { come_back(how); });
  give_way();
  co_return fmt::format("process {} has taken over; the one before, {}, finishes what it has begun", process,
                        ::getpid());
}

/// Not at once: whoever asked for it is still to be told.
void Server::give_way() {
  state_ = State::not_ready;
  reloading_->stop();
  generation_->issuance().wind_down(tls::WindDown::begin_nothing);
  supervisor_.give_way(successor_->process());
  parts_.log.info("a new process has taken over: finishing what this one has begun",
                  {{"process", successor_->process()}, {"timeout_ms", config().shutdown.timeout.count()}});
  shutdown_timer_.arm(core::Duration(0));
}

/// Nobody else accepts from the sockets that this process still has: whoever connects waits there.
void Server::come_back(const std::string& how) {
  const int process = successor_->process();
  failed_ = std::move(successor_);  // which called
  if (state_ == State::ended || is_told_to_end_) return;
  if (const std::string& control = config().listen.control; !control.empty() && is_answered(control)) {
    return parts_.log.warn("the process that had taken over " + how + ", but another has its place",
                           {{"process", process}});
  }
  parts_.log.error("the process that had taken over " + how + ": this one serves again",
                   {{"process", process}, {"mend", "see what it said before"}});
  shutdown_timer_.disarm();
  last_spans_.cancel();
  state_ = State::serving;
  workers_->come_back(listeners_);
  generation_->issuance().go_on();
  if (generation_->spans() != nullptr) generation_->spans()->start();
  control_.reset();
  admin_.reset();
  make_reloading();
  if (parts_.load) follow_files();
  supervisor_.give_way(::getpid());
  open_commands();
  supervisor_.ready(status());
}

void Server::open_commands() {
  const core::Result<void> opened = open_control();
  if (!opened) parts_.log.error("no command reaches this process", {{"error", opened.error().text}});
  // The other may have taken a changed file while this one was preparing, or ending, by what it had read.
  if (parts_.load) reloading_->work().ask();
  const core::Result<void> shown = open_admin();
  if (!shown) parts_.log.error("nobody can ask for health and metrics", {{"error", shown.error().text}});
}

void Server::become_the_service() {
  if (parts_.predecessor != nullptr) {
    parts_.log.info("taken over from the process before");
    open_commands();
  }
  supervisor_.ready(status());
  heartbeat_.emplace(loop_, supervisor_,
                     [this](std::function<void()> answered) { workers_->ask_all(std::move(answered)); });
  heartbeat_->start();
  loop_.post([this] { parts_.predecessor.reset(); });  // which called
}

}  // namespace gateway
