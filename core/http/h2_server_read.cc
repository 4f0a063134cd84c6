// What an HTTP/2 connection does with the bytes of its client: counted by frames, parsed by the library, told
// to the handlers.
#include <nghttp2/nghttp2.h>

#include <utility>

#include "core/http/h2_callbacks.h"
#include "core/http/h2_server_session.h"

namespace core {
namespace {

/// Events kept allocated between reads.
constexpr std::size_t kMostKeptEvents = 64;

}  // namespace

bool H2Server::wants_bytes() const {
  return state_ == State::open || state_ == State::lingering;
}

void H2Server::other_side_ended() {
  client_has_ended_ = true;
  if (state_ == State::lingering) return close();
  fail({ErrorKind::closed, Side::client, "the client went away"});
}

void H2Server::consume(std::string_view bytes) {
  if (state_ != State::open) return;
  const bool is_sound = take_in(bytes);
  deliver();
  if (state_ != State::open) return;
  if (!flood_.empty()) return end_with(NGHTTP2_ENHANCE_YOUR_CALM, flood_);
  if (!is_sound) return end_with(native_error_, native_failure_);
  watch_head();
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
    if (state_ == State::open && stream.on_wire_closed() == H2Stream::Left::to_handler) return;
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

void H2Server::remove_soon(H2Stream& stream) {
  events_.push_back({H2Event::Kind::closed, &stream, {}});
  send_soon();
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
