// Server: from the moment it is told to end, or another process has taken over, to the end.
#include <utility>

#include "gateway/run/server.h"

namespace gateway {
namespace {

// Beyond shutdown.timeout, for the Close frames of sockets to leave.
constexpr core::Duration kPartingTime{500};

/// Of the end, with spans that are still to be sent.
constexpr core::Duration kPatienceWithCollector = std::chrono::seconds(2);

/// How long connections without a request are kept after a successor has taken over: a client may have sent
/// one just then, and knows nobody else to send it to yet.
constexpr core::Duration kPatienceWithIdle = std::chrono::seconds(2);

}  // namespace

void Server::on_end_signal() {
  if (std::exchange(is_told_to_end_, true)) {
    parts_.log.warn("told to end a second time: ending at once");
    return end();
  }
  if (state_ != State::serving) return;  // it ends already, for a successor has taken over
  state_ = State::not_ready;
  supervisor_.stopping("finishing what is running");
  reloading_->stop();
  upgrading_->stop();
  generation_->issuance().wind_down(tls::WindDown::begin_nothing);
  workers_->become_unready();
  parts_.log.info("told to end: not ready any more", {{"delay_ms", config().shutdown.delay.count()},
                                                      {"timeout_ms", config().shutdown.timeout.count()}});
  shutdown_timer_.arm(config().shutdown.delay);
}

void Server::drain() {
  state_ = State::draining;
  generation_->issuance().wind_down(tls::WindDown::prove_nothing);  // listeners are about to close
  control_.reset();                                                 // a successor may have its name
  if (successor_ != nullptr) {
    admin_.reset();  // its address, too
    successor_->let_go();
  }
  shutdown_timer_.arm(config().shutdown.timeout);
  // A successor's are the very same: they stay open here for as long as it may fail.
  workers_->drain({.stopped_accepting =
                       [this] {
                         if (successor_ == nullptr) listeners_.clear();
                       },
                   .drained = [this] { on_workers_drained(); },
                   .patience = successor_ == nullptr ? core::Duration(0) : kPatienceWithIdle});
}

void Server::on_workers_drained() {
  if (state_ != State::draining && state_ != State::parting) return;
  if (state_ == State::draining) parts_.log.info("drained: every request was answered");
  SpanExporter* spans = generation_->spans();
  if (spans == nullptr) return end();
  last_spans_.start(spans->finish(kPatienceWithCollector), [this](const auto&) { end(); });
}

void Server::on_shutdown_timer() {
  switch (state_) {
    case State::not_ready:
      return drain();
    case State::draining:
      return part();
    default:
      return end();
  }
}

void Server::part() {
  state_ = State::parting;
  shutdown_timer_.arm(kPartingTime);
  workers_->say_goodbye([this](std::size_t told) {
    if (told == 0) end();
  });
}

void Server::end() {
  if (std::exchange(state_, State::ended) == State::ended) return;
  shutdown_timer_.disarm();
  if (workers_ != nullptr) workers_->stop();
  loop_.stop();
}

}  // namespace gateway
