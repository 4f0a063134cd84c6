// What an HTTP/2 connection does with the bytes of its client: counted by frames, parsed by the library, told
// to the handlers.
#include <nghttp2/nghttp2.h>

#include <utility>

#include "core/http/h2_callbacks.h"
#include "core/http/h2_server_session.h"

namespace core {
namespace {

/// Of one connection in one turn; then the others have theirs.
constexpr int kMaxReadsPerTurn = 16;

/// Events kept allocated between reads.
constexpr std::size_t kMostKeptEvents = 64;

std::uint32_t code_of(int error) {
  switch (error) {
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
    case NGHTTP2_ERR_CALLBACK_FAILURE:
      return NGHTTP2_ENHANCE_YOUR_CALM;
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return NGHTTP2_PROTOCOL_ERROR;
    default:
      return NGHTTP2_INTERNAL_ERROR;
  }
}

}  // namespace

void H2Server::on_readable() {
  may_have_input_ = true;
  read_on();
  if (state_ != State::closed) send_soon();
}

void H2Server::read_on() {
  if (is_reading_ || state_ == State::closed) return;
  is_reading_ = true;
  int reads = 0;
  while (may_have_input_ && (state_ == State::open || state_ == State::lingering)) {
    if (++reads > kMaxReadsPerTurn) {
      next_turn_.arm(Duration::zero());
      break;
    }
    read_once();
  }
  is_reading_ = false;
}

void H2Server::read_once() {
  const ReadLease lease;
  const ReadOutcome outcome = stream_->read(lease.bytes());
  if (outcome.state == ReadOutcome::State::bytes) {
    if (state_ == State::open) consume({lease.bytes().data(), outcome.count});
    return;
  }
  may_have_input_ = false;
  if (outcome.state == ReadOutcome::State::would_block) return;
  client_has_ended_ = true;
  if (state_ == State::lingering) return close();
  fail({ErrorKind::closed, Side::client, "the client went away"});
}

/// Counts the frames that begin in `bytes`, and says how much of it may be parsed: what comes before the
/// frame that is one too many.
std::size_t H2Server::count_frames(std::string_view bytes) {
  const SteadyTime now = loop_.now();
  std::size_t counted = 0;
  while (counted < bytes.size()) {
    const H2FrameScanner::Step step = scanner_.scan(bytes.substr(counted));
    if (step.frame.has_value() && !guard_.on_frame(*step.frame, now)) {
      flood_ = guard_.reason();
      return counted;
    }
    counted += step.used;
  }
  return counted;
}

void H2Server::consume(std::string_view bytes) {
  ensure_storage();
  const bool is_sound = parse(bytes.substr(0, count_frames(bytes)));
  deliver();
  if (state_ != State::open) return;
  if (!flood_.empty()) return end_with(NGHTTP2_ENHANCE_YOUR_CALM, flood_);
  if (!is_sound) return end_with(native_error_, native_failure_);
  watch_head();
}

/// False: the connection cannot go on.
bool H2Server::parse(std::string_view bytes) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t parsed = nghttp2_session_mem_recv(native(), octets, bytes.size());
  if (parsed < 0) {
    native_error_ = code_of(static_cast<int>(parsed));
    native_failure_ = std::string("HTTP/2: ") + nghttp2_strerror(static_cast<int>(parsed));
    return false;
  }
  if (nghttp2_session_get_outbound_queue_size(native()) > kH2MaxQueuedFrames) {
    flood_ = "HTTP/2: too many frames to answer";
  }
  return true;
}

/// A field block that has begun must end in time (slow heads, RFC 9113 section 4.3).
void H2Server::watch_head() {
  if (!scanner_.is_in_field_block()) return alarms_.clear(H2Alarm::head);
  if (!alarms_.is_set(H2Alarm::head)) alarms_.set(H2Alarm::head, limits_.header_time);
}

/// Tells the handlers what was recorded. Their calls may record more, which is told as well.
void H2Server::deliver() {
  if (is_delivering_) return;
  is_delivering_ = true;
  for (std::size_t i = 0; i < events_.size(); ++i) handle(H2Event(events_[i]));
  events_.clear();
  if (events_.capacity() > kMostKeptEvents) events_.shrink_to_fit();
  is_delivering_ = false;
}

void H2Server::handle(const H2Event& event) {
  H2Stream& stream = *event.stream;
  if (event.kind == H2Event::Kind::closed) {
    if (state_ == State::open) stream.on_wire_closed();
    return remove_stream(stream);
  }
  if (state_ != State::open) return;
  switch (event.kind) {
    case H2Event::Kind::request:
      return stream.begin();
    case H2Event::Kind::body:
      return stream.take_body(event.bytes);
    case H2Event::Kind::end:
      return stream.take_end();
    case H2Event::Kind::writable:
      return stream.tell_writable();
    case H2Event::Kind::closed:
      return;
  }
}

void H2Server::deliver_soon(H2Stream& stream) {
  resumed_.push_back(&stream);
  send_soon();
}

void H2Server::deliver_resumed() {
  // A handler may ask again, for itself or another: those are told in this same round.
  for (std::size_t i = 0; i < resumed_.size() && state_ == State::open; ++i) resumed_[i]->deliver();
  resumed_.clear();
}

}  // namespace core
