// Beginning, time and ends of an HTTP/1.1 server session.
#include "core/http/h1_server.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/http/h1_server_session.h"

namespace core {

std::unique_ptr<ServerSession> make_h1_server(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const ServerLimits& limits, ServerSessionOwner& owner) {
  return std::make_unique<H1Server>(loop, std::move(stream), limits, owner);
}

H1Server::H1Server(Loop& loop, std::unique_ptr<ByteStream> stream, const ServerLimits& limits,
                   ServerSessionOwner& owner)
    : loop_(loop),
      stream_(std::move(stream)),
      limits_(limits),
      owner_(owner),
      output_(*stream_),
      timer_(loop, [this] { on_time(); }),
      reads_(loop, kMaxReadsPerTurn),
      next_turn_(loop, [this] { on_readable(); }) {}

H1Server::~H1Server() {
  stream_->attach(nullptr);
  give_back(std::move(storage_));
}

void H1Server::start() {
  stream_->attach(this);
  // A client that connects and says nothing is as slow as one that stops in the middle of a head.
  if (state_ == State::idle) timer_.arm(limits_.header_time);
  on_readable();
}

void H1Server::drain(Duration patience) {
  is_draining_ = true;
  patience_ = patience;
  if (state_ == State::idle) wait_for_the_last();
  if (state_ == State::exchange && answer_ == Answer::none) after_ = After::close;
}

void H1Server::become_idle() {
  state_ = State::idle;
  if (is_draining_) return wait_for_the_last();
  timer_.arm(limits_.keep_alive);
  resume();
}

/// The client was not told yet that this is the end: a request of its may be on its way, or here already.
void H1Server::wait_for_the_last() {
  const bool is_here = storage_ != nullptr && !storage_->unread.empty();
  if (patience_ <= Duration(0) && !is_here) return begin_closing();
  timer_.arm(is_here ? limits_.header_time : std::min(patience_, limits_.keep_alive));
  resume();
}

MessageStorage& H1Server::ensure_storage() {
  if (storage_ == nullptr) {
    storage_ = take_message_storage();
    output_.lend(&storage_->output);
  }
  return *storage_;
}

void H1Server::give_back_storage() {
  output_.lend(nullptr);
  give_back(std::move(storage_));
}

/// Reads on at the end of the turn: never inside the call of a handler that made it possible.
void H1Server::resume() {
  if (state_ == State::closed) return;
  resumes_ = true;
  loop_.at_turn_end(*this);
}

void H1Server::at_turn_end() {
  if (std::exchange(resumes_, false)) read_on();
  if (state_ == State::closed) return;
  output_.flush();
  after_output();
}

void H1Server::on_writable() {
  if (state_ == State::closed) return;
  const std::size_t waiting = output_.waiting();
  output_.writable();
  if (state_ == State::closing && output_.waiting() < waiting) timer_.arm(limits_.body_rate_window);
  if (!output_.is_blocked() && !output_.is_broken()) {
    if (std::exchange(was_full_, false) && handler_ != nullptr) handler_->on_response_writable();
    read_on();
  }
  if (state_ != State::closed) loop_.at_turn_end(*this);
}

void H1Server::after_output() {
  if (output_.is_broken()) return fail({ErrorKind::closed, Side::client, "the client's connection broke"});
  if (!output_.is_empty()) return;
  if (our_half_ == OurHalf::ending) {
    our_half_ = OurHalf::ended;
    stream_->end();
  }
  if (state_ == State::closing) return linger();
  if (state_ == State::idle && storage_ != nullptr && storage_->unread.empty()) give_back_storage();
}

/// No more requests. Our side is ended once all output is sent.
void H1Server::begin_closing() {
  state_ = State::closing;
  timer_.arm(limits_.body_rate_window);
  loop_.at_turn_end(*this);
}

/// RFC 9112 section 9.6: reads on for a while after our side has ended, as closing with unread bytes would
/// reset the connection and could take the last response with it.
void H1Server::linger() {
  if (stream_->end() == Ending::waits) return;  // told by on_writable(), or given up by the timer
  if (client_has_ended_) return close();
  state_ = State::lingering;
  timer_.arm(limits_.linger);
  if (storage_ != nullptr) give_back_storage();
  read_on();
}

void H1Server::fail(const Error& error) {
  stream_->abort();
  RequestHandler* handler = std::exchange(handler_, nullptr);
  state_ = State::closing;  // so that nothing the handler still sends is taken
  if (handler != nullptr) handler->on_aborted(error);
  close();
}

void H1Server::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  timer_.disarm();
  next_turn_.disarm();
  stream_->attach(nullptr);
  owner_.on_session_end();
}

void H1Server::on_time() {
  switch (state_) {
    case State::idle:
    case State::draining:
      return begin_closing();
    case State::head:
      if (storage_->head.empty()) return begin_closing();
      return refuse({408, "the head came too slowly"});
    case State::exchange:
      return check_body_rate();
    case State::closing:
      stream_->abort();
      return close();
    case State::lingering:
      return close();
    case State::tunnel:
    case State::closed:
      return;
  }
}

void H1Server::check_body_rate() {
  if (!is_receiving_ || storage_->body.is_complete()) return;
  const auto seconds = std::chrono::duration<double>(limits_.body_rate_window).count();
  const auto least = static_cast<std::uint64_t>(static_cast<double>(limits_.body_rate) * seconds);
  if (!was_paused_ && window_bytes_ < least) {
    return break_off(408, {ErrorKind::timed_out, Side::client, "the request body came too slowly"});
  }
  window_bytes_ = 0;
  was_paused_ = false;
  timer_.arm(limits_.body_rate_window);
}

}  // namespace core
