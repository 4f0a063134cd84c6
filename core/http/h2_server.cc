// Beginning, time and ends of an HTTP/2 connection.
#include "core/http/h2_server.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <utility>

#include "core/http/h2_callbacks.h"
#include "core/http/h2_server_session.h"

namespace core {
namespace {

/// Until our SETTINGS are acknowledged (RFC 9113 section 6.5.3).
constexpr Duration kSettingsTime{10'000};
/// From the notice to the GOAWAY, if the client does not answer PING.
constexpr Duration kDrainNotice{1'000};
/// How often rates are looked at, in one window of them.
constexpr int kLooksPerWindow = 4;

}  // namespace

std::unique_ptr<ServerSession> make_h2_server(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const ServerLimits& limits, ServerSessionOwner& owner) {
  return std::make_unique<H2Server>(loop, std::move(stream), limits, owner);
}

H2Server::H2Server(Loop& loop, std::unique_ptr<ByteStream> stream, const ServerLimits& limits,
                   ServerSessionOwner& owner)
    : H2Connection(loop, std::move(stream), {kH2PrefaceBytes, limits.streams, kH2MostKept}),
      limits_(limits),
      owner_(owner),
      alarms_(loop, [this](H2Alarm alarm) { on_alarm(alarm); }) {
  native_ = make_h2_native(*this, limits);
}

void H2Server::start() {
  stream_->attach(this);
  alarms_.set(H2Alarm::preface, limits_.header_time);
  alarms_.set(H2Alarm::settings, kSettingsTime);
  alarms_.set(H2Alarm::idle, limits_.keep_alive);
  on_readable();
}

/// A GOAWAY says which requests were not taken: nothing to be patient for.
void H2Server::drain(Duration /*patience*/) {
  if (state_ != State::open || drain_ != Drain::none) return;
  if (streams_.empty()) return announce_drain();
  // RFC 9113 section 6.8: first that it will end, then, when all that was under way has come, where it ends.
  drain_ = Drain::noticed;
  nghttp2_submit_shutdown_notice(native());
  nghttp2_submit_ping(native(), NGHTTP2_FLAG_NONE, nullptr);
  alarms_.set(H2Alarm::drain, kDrainNotice);
  send_soon();
}

void H2Server::announce_drain() {
  drain_ = Drain::announced;
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(native());
  nghttp2_submit_goaway(native(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  send_soon();
  if (streams_.empty()) begin_closing();
}

void H2Server::add_stream(std::unique_ptr<H2Stream> stream) {
  alarms_.clear(H2Alarm::idle);
  if (!alarms_.is_set(H2Alarm::rates)) {
    alarms_.set(H2Alarm::rates, limits_.body_rate_window / kLooksPerWindow);
  }
  stream->place = streams_.size();
  streams_.push_back(std::move(stream));
}

void H2Server::remove_stream(H2Stream& stream) {
  std::erase(resumed_, &stream);
  stream.forget_output();
  const std::size_t place = stream.place;
  loop_.retire(std::move(streams_[place]));
  if (place + 1 < streams_.size()) {
    streams_[place] = std::move(streams_.back());
    streams_[place]->place = place;
  }
  streams_.pop_back();
  if (streams_.empty()) on_no_streams();
}

void H2Server::on_no_streams() {
  if (state_ != State::open) return;
  if (drain_ == Drain::announced) return begin_closing();
  if (drain_ == Drain::noticed) return announce_drain();
  alarms_.set(H2Alarm::idle, limits_.keep_alive);
}

void H2Server::on_alarm(H2Alarm alarm) {
  switch (alarm) {
    case H2Alarm::preface:
      return end_with(NGHTTP2_PROTOCOL_ERROR, "HTTP/2: no preface in time");
    case H2Alarm::settings:
      return end_with(NGHTTP2_SETTINGS_TIMEOUT, "HTTP/2: SETTINGS not acknowledged in time");
    case H2Alarm::head:
      return end_with(NGHTTP2_ENHANCE_YOUR_CALM, "HTTP/2: the fields of a request came too slowly");
    case H2Alarm::idle:
      return announce_drain();
    case H2Alarm::drain:
      if (drain_ == Drain::noticed) announce_drain();
      return;
    case H2Alarm::rates:
      return check_rates();
    case H2Alarm::closing:
      if (state_ == State::closing) stream_->abort();
      return close();
  }
}

void H2Server::check_rates() {
  if (state_ != State::open) return;
  if (output_.is_blocked()) {
    const std::uint64_t taken = output_.written() - std::exchange(written_before_, output_.written());
    const auto seconds = std::chrono::duration<double>(limits_.body_rate_window).count() / kLooksPerWindow;
    const auto least = static_cast<std::uint64_t>(static_cast<double>(limits_.body_rate) * seconds);
    if (std::exchange(was_blocked_, true) && taken < least) {
      return fail({ErrorKind::timed_out, Side::client, "the client does not read"});
    }
  } else {
    was_blocked_ = false;
    // A client that shuts the window of a stream holds that stream; what waits for the socket waits for all.
    const bool is_shut = nghttp2_session_get_remote_window_size(native()) <= 0;
    const auto window = is_shut ? H2Stream::Window::shut : H2Stream::Window::open;
    for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i]->check_rates(window);
  }
  if (!streams_.empty() || output_.is_blocked()) {
    alarms_.set(H2Alarm::rates, limits_.body_rate_window / kLooksPerWindow);
  }
  send_soon();
}

/// The client broke the protocol or a limit: GOAWAY, and the end of all streams.
void H2Server::end_with(std::uint32_t code, std::string_view reason) {
  if (state_ != State::open) return;
  owner_.on_refused(400, {ErrorKind::malformed, Side::client, std::string(reason)});
  nghttp2_session_terminate_session(native(), code);
  abort_streams({ErrorKind::malformed, Side::client, std::string(reason)});
  begin_closing();
}

void H2Server::abort_streams(const Error& error) {
  // Handlers may look at their streams until they return: those are deleted with the session.
  for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i]->on_closed(error);
}

/// No more requests. Our side is ended once all output is sent.
void H2Server::begin_closing() {
  if (state_ != State::open) return;
  state_ = State::closing;
  alarms_.clear_all();
  alarms_.set(H2Alarm::closing, limits_.body_rate_window);
  send_soon();
}

/// Reads on for a while after our side has ended: closing with unread bytes would reset the connection, and
/// the GOAWAY might never be read.
void H2Server::linger() {
  if (stream_->end() == Ending::waits) return;  // told by on_writable(), or given up by the alarm
  if (client_has_ended_) return close();
  state_ = State::lingering;
  alarms_.set(H2Alarm::closing, limits_.linger);
  read_on();
}

void H2Server::fail(const Error& error) {
  if (state_ == State::closed) return;
  stream_->abort();
  if (state_ == State::open) {
    state_ = State::closing;  // so that nothing the handlers still send is taken
    abort_streams(error);
  }
  close();
}

void H2Server::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  alarms_.clear_all();
  next_turn_.disarm();
  stream_->attach(nullptr);
  owner_.on_session_end();
}

}  // namespace core
