// Beginning, reading and ends of an HTTP/2 connection to an origin.
#include "core/http/h2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/http/h2_client_callbacks.h"
#include "core/http/h2_client_session.h"

namespace core {
namespace {

/// Until the PING of a suspect connection is answered.
constexpr Duration kAnswerTime{5'000};
/// Stream ids are not used again: a connection that has used so many is left, long before they end.
constexpr std::uint32_t kLastStreamId = 1U << 30U;
/// More resets of ours at once, or for long more a second, and a connection is worn: origins count them
/// against it (CVE-2023-44487) and might end it, and with it the requests of clients who reset nothing.
constexpr double kMostResets = 100;
constexpr double kResetsASecond = 10;
/// Events kept allocated between reads.
constexpr std::size_t kMostKeptEvents = 64;

Error origin_error(ErrorKind kind, std::string text, Retry retry) {
  return {kind, Side::origin, std::move(text), retry};
}

/// A session until it is open.
class Opening final : private ClientSessionOwner {
 public:
  Opening(Loop& loop, std::unique_ptr<ByteStream> stream, const H2ClientOptions& options)
      : loop_(loop), session_(std::make_unique<H2Client>(loop, std::move(stream), options)) {
    session_->set_owner(this);
  }
  ~Opening() {
    if (session_ == nullptr) return;
    session_->set_owner(nullptr);
    loop_.retire(std::move(session_));  // its own call may be what ended this
  }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  Flow<> wait() {
    session_->greet();
    co_await outcome_;
    co_return done();
  }
  Result<std::unique_ptr<ClientSession>> take() {
    if (!session_->is_open()) {
      return failure(
          origin_error(ErrorKind::unavailable, "the origin allows no HTTP/2 streams", Retry::safe));
    }
    session_->set_owner(nullptr);
    return std::unique_ptr<ClientSession>(std::move(session_));
  }

 private:
  void on_idle() override { outcome_.deliver(done()); }
  void on_session_end() override {
    Error error = session_->why_ended();
    error.retry = Retry::safe;
    outcome_.deliver(failure(std::move(error)));
  }

  Loop& loop_;
  std::unique_ptr<H2Client> session_;
  OneShot<> outcome_;
};

}  // namespace

std::unique_ptr<ClientSession> make_h2_client(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const H2ClientOptions& options) {
  auto session = std::make_unique<H2Client>(loop, std::move(stream), options);
  session->greet();
  return session;
}

Flow<std::unique_ptr<ClientSession>> open_h2_client(Loop& loop, std::unique_ptr<ByteStream> stream,
                                                    H2ClientOptions options, Deadline deadline) {
  Opening opening(loop, std::move(stream), options);
  Flow<> waiting = opening.wait();
  Flow<> bounded = within(loop, deadline, std::move(waiting));
  Result<Done> opened = co_await attempt(std::move(bounded));
  if (!opened && opened.error().kind == ErrorKind::timed_out) {
    co_return failure(
        origin_error(ErrorKind::timed_out, "the origin sent no HTTP/2 SETTINGS in time", Retry::safe));
  }
  if (!opened) co_return failure(std::move(opened.error()));
  co_return opening.take();
}

H2Client::H2Client(Loop& loop, std::unique_ptr<ByteStream> stream, const H2ClientOptions& options)
    : H2Connection(loop, std::move(stream), {0, kH2OriginStreams, kH2MostUnsent}),
      options_(options),
      answer_timer_(loop, [this] {
        break_off(origin_error(ErrorKind::timed_out, "HTTP/2: the origin has gone silent", Retry::never));
      }) {
  native_ = make_h2_client_native(*this);
}

H2Client::~H2Client() {
  if (!is_alive() || state_ == State::greeting) return;
  nghttp2_session_terminate_session(native(), NGHTTP2_NO_ERROR);
  pump();
}

void H2Client::greet() {
  stream_->attach(this);
  on_readable();
}

bool H2Client::is_open() const {
  if (state_ != State::open || is_suspect_ || got_goaway_ || is_crowded()) return false;
  // What the wire has closed counts until its client took it: windows bound what is held of so many.
  if (streams_.size() >= kH2OriginStreams) return false;
  const std::uint32_t allowed =
      nghttp2_session_get_remote_settings(native(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return on_wire_ < std::min<std::size_t>(allowed, most_streams_) &&
         nghttp2_session_get_next_stream_id(native()) < kLastStreamId;
}

void H2Client::note_reset() {
  const SteadyTime now = loop_.now();
  const std::chrono::duration<double> passed = now - last_reset_;
  resets_ = std::max(0.0, resets_ - passed.count() * kResetsASecond) + 1;
  last_reset_ = now;
  if (resets_ > kMostResets) is_worn_ = true;
}

/// RFC 8441 section 3.
bool H2Client::takes_upgrades() const {
  return nghttp2_session_get_remote_settings(native(), NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

ClientStream& H2Client::start(const OutgoingRequest& request, ResponseHandler& handler) {
  CHECK(is_open());
  CHECK(request.fields != nullptr);
  auto made = std::make_unique<H2ClientStream>(*this, handler);
  H2ClientStream& stream = *made;
  stream.place = streams_.size();
  streams_.push_back(std::move(made));
  if (request.upgrade && !takes_upgrades()) {
    stream.begin_unsupported();
    tell_room();
    return stream;
  }
  ++on_wire_;
  guard_.on_request();
  stream.begin(request);
  send_soon();
  tell_room();
  return stream;
}

void H2Client::consume(std::string_view bytes) {
  received_ += bytes.size();
  last_heard_ = loop_.now();
  clear_suspicion();
  const bool is_sound = take_in(bytes);
  deliver();
  if (!is_alive()) return;
  if (!violation_.empty()) return end_with(NGHTTP2_PROTOCOL_ERROR, violation_);
  if (!flood_.empty()) return end_with(NGHTTP2_ENHANCE_YOUR_CALM, flood_);
  if (!is_sound) end_with(native_error_, native_failure_);
}

void H2Client::other_side_ended() {
  break_off(origin_error(ErrorKind::closed, "the origin closed the connection", Retry::never));
}

void H2Client::on_writable() {
  output_.writable();
  send_soon();
}

void H2Client::at_turn_end() {
  if (state_ == State::closed) return;
  deliver_resumed();
  if (!is_alive()) return close_if_delivered();
  pump();
  deliver();
  if (take_crowd_end()) tell_room();
  if (is_alive()) look_at_library();
}

/// After all of a turn was sent: whether there is more to come.
void H2Client::look_at_library() {
  if (output_.is_broken()) {
    // The origin may have answered before it stopped reading: its answers go first.
    may_have_input_ = true;
    reads_.renew();
    read_on();
    if (is_alive()) {
      break_off(origin_error(ErrorKind::closed, "the connection to the origin broke", Retry::never));
    }
    return;
  }
  if (!flood_.empty()) return end_with(NGHTTP2_ENHANCE_YOUR_CALM, flood_);
  if (output_failed_) return end_with(NGHTTP2_INTERNAL_ERROR, "HTTP/2: no memory to send");
  // After an error the library sends GOAWAY by itself and wants nothing more.
  if (has_ended_itself_) return end_with(NGHTTP2_NO_ERROR, "HTTP/2: " + native_failure_);
  const bool is_used_up = nghttp2_session_get_next_stream_id(native()) >= kLastStreamId;
  if (state_ == State::open && (got_goaway_ || is_used_up)) state_ = State::leaving;
  if (state_ == State::leaving && streams_.empty()) return leave();
  if (streams_.empty()) return_storage();
}

/// In order: nothing runs any more.
void H2Client::leave() {
  nghttp2_session_terminate_session(native(), NGHTTP2_NO_ERROR);
  pump();
  stream_->end();
  close();
}

/// Tells the handlers what was recorded. Their calls may record more, which is told as well.
void H2Client::deliver() {
  if (is_delivering_) return;
  is_delivering_ = true;
  for (std::size_t i = 0; i < events_.size(); ++i) handle(H2ClientEvent(events_[i]));
  events_.clear();
  if (events_.capacity() > kMostKeptEvents) events_.shrink_to_fit();
  is_delivering_ = false;
}

void H2Client::handle(const H2ClientEvent& event) {
  if (!is_alive()) return;
  switch (event.kind) {
    case H2ClientEvent::Kind::greeted:
      if (state_ != State::greeting) return;
      state_ = State::open;
      if (owner_ != nullptr) owner_->on_idle();
      return;
    case H2ClientEvent::Kind::interim:
      return event.stream->take_interim();
    case H2ClientEvent::Kind::head:
      return event.stream->take_head();
    case H2ClientEvent::Kind::body:
      return event.stream->take_body(event.bytes);
    case H2ClientEvent::Kind::end:
      return event.stream->take_end();
    case H2ClientEvent::Kind::writable:
      return event.stream->tell_writable();
    case H2ClientEvent::Kind::closed:
      return on_stream_closed(*event.stream);
  }
}

void H2Client::on_stream_closed(H2ClientStream& stream) {
  --on_wire_;
  stream.on_wire_closed();
  remove_if_done(stream);
  tell_room();
}

void H2Client::tell_room() {
  if (!streams_.empty() && owner_ != nullptr && is_open()) owner_->on_room();
}

bool H2Client::may_widen() {
  if (wide_streams_ >= kH2WideStreams) return false;
  ++wide_streams_;
  return true;
}

void H2Client::remove_if_done(H2ClientStream& stream) {
  if (!stream.is_done()) return;
  stream.forget();
  std::erase(resumed_, &stream);
  const std::size_t place = stream.place;
  loop_.retire(std::move(streams_[place]));
  if (place + 1 < streams_.size()) {
    streams_[place] = std::move(streams_.back());
    streams_[place]->place = place;
  }
  streams_.pop_back();
  if (streams_.empty() && state_ == State::open && owner_ != nullptr) owner_->on_idle();
}

void H2Client::deliver_soon(H2ClientStream& stream) {
  resumed_.push_back(&stream);
  send_soon();
}

void H2Client::deliver_resumed() {
  // A handler may ask again, for itself or another: those are told in this same round.
  while (!resumed_.empty()) {
    H2ClientStream& stream = *resumed_.back();
    resumed_.pop_back();
    stream.deliver();
    remove_if_done(stream);
    tell_room();
  }
}

void H2Client::suspect() {
  if (is_suspect_ || (state_ != State::open && state_ != State::leaving)) return;
  is_suspect_ = true;
  nghttp2_submit_ping(native(), NGHTTP2_FLAG_NONE, nullptr);
  answer_timer_.arm(kAnswerTime);
  send_soon();
}

void H2Client::clear_suspicion() {
  if (!std::exchange(is_suspect_, false)) return;
  answer_timer_.disarm();
  tell_room();
}

void H2Client::note_refusal() {
  most_streams_ = std::max<std::size_t>(1, std::min(most_streams_, on_wire_));
}

/// The origin broke the protocol or a limit: GOAWAY, and the end of all streams.
void H2Client::end_with(std::uint32_t code, std::string_view reason) {
  const bool was_greeted = state_ != State::greeting;
  nghttp2_session_terminate_session(native(), code);
  pump();
  std::string text(reason);
  if (!was_greeted) text = "the origin does not speak HTTP/2 (" + text + ")";
  break_off(origin_error(was_greeted ? ErrorKind::malformed : ErrorKind::unsupported, std::move(text),
                         Retry::never));
}

void H2Client::break_off(Error error) {
  if (!is_alive()) return;
  state_ = State::broken;
  answer_timer_.disarm();
  next_turn_.disarm();
  stream_->abort();
  stream_->attach(nullptr);
  why_ended_ = std::move(error);
  on_wire_ = 0;
  // Handlers may look at their streams until they return: those are deleted with the session.
  for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i]->on_broken(why_ended_);
  close_if_delivered();
}

void H2Client::close_if_delivered() {
  const auto is_done = [](const auto& stream) { return stream->is_done(); };
  if (std::ranges::all_of(streams_, is_done)) close();
}

void H2Client::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  answer_timer_.disarm();
  next_turn_.disarm();
  stream_->attach(nullptr);
  if (owner_ != nullptr) owner_->on_session_end();
}

}  // namespace core
