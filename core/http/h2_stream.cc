// A stream's request side: from the wire's events to its handler, at the handler's pace; and its ends.
#include "core/http/h2_stream.h"

#include <nghttp2/nghttp2.h>

#include <utility>

#include "core/base/check.h"
#include "core/http/h2_callbacks.h"
#include "core/http/h2_server_session.h"

namespace core {
namespace {

Error slow(std::string text) {
  return {ErrorKind::timed_out, Side::client, std::move(text)};
}

}  // namespace

H2Stream::H2Stream(H2Server& session, std::int32_t id)
    : session_(session),
      storage_(take_message_storage()),
      unread_(storage_->unread),
      outgoing_(session, storage_->output),
      id_(id),
      window_began_(session.loop().now()) {}

H2Stream::~H2Stream() {
  give_back(std::move(storage_));
}

void H2Stream::begin() {
  if (incoming_.refusal.has_value()) return refuse(*incoming_.refusal);
  if (incoming_.is_closed) return;  // reset by the read that brought it: nobody waits for an answer
  continue_is_due_ = storage_->request.expects_continue;
  RequestHandler* handler = session_.owner().on_request(*this, storage_->request);
  if (answer_ != Answer::ended) handler_ = handler;
}

void H2Stream::refuse(const Refusal& refusal) {
  const ErrorKind kind = refusal.status == 400 ? ErrorKind::malformed : ErrorKind::unsupported;
  session_.owner().on_refused(refusal.status, {kind, Side::client, std::string(refusal.reason)});
  if (refusal.status == 400) {
    answer_ = Answer::ended;
    nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_PROTOCOL_ERROR);
    return session_.send_soon();
  }
  answer_plainly(refusal.status);
}

/// An answer of the session's own.
void H2Stream::answer_plainly(int status) {
  const std::string text = std::string(reason_phrase(status)) + "\n";
  Fields fields;
  fields.add(FieldId::content_type, "text/plain; charset=utf-8");
  send_head(status, fields, BodyLength::known(text.size()));
  send_body(text);
  send_end(Fields());
}

void H2Stream::take_body(std::string_view bytes) {
  if (handler_ == nullptr) {
    nghttp2_session_consume_connection(session_.native(), bytes.size());
    return session_.send_soon();
  }
  continue_is_due_ = false;
  received_window_ += bytes.size();
  if (!is_receiving_ || !unread_.empty()) return unread_.keep(bytes);
  handler_->on_request_body(bytes);
  consumed(bytes.size());
}

/// The handler took so many: the client may send as many more (RFC 9113 section 5.2).
void H2Stream::consumed(std::size_t bytes) {
  if (incoming_.is_closed) {
    nghttp2_session_consume_connection(session_.native(), bytes);
  } else {
    nghttp2_session_consume(session_.native(), id_, bytes);
  }
  session_.send_soon();
}

void H2Stream::take_end() {
  incoming_.has_ended = true;
  continue_is_due_ = false;
  deliver_end();
}

void H2Stream::deliver() {
  while (is_receiving_ && handler_ != nullptr && !unread_.empty()) {
    const std::string_view piece = unread_.take();
    handler_->on_request_body(piece);
    consumed(piece.size());
  }
  unread_.settle();
  deliver_end();
  send_continue_if_due();
}

void H2Stream::deliver_end() {
  const bool is_due = handler_ != nullptr && is_receiving_ && incoming_.has_ended && !end_was_delivered_;
  if (!is_due || !unread_.empty()) return;
  end_was_delivered_ = true;
  handler_->on_request_end(incoming_.trailers);
}

/// Once the body was asked for and none of it has come by itself.
void H2Stream::send_continue_if_due() {
  if (!continue_is_due_ || !is_receiving_ || answer_ != Answer::none || !may_send()) return;
  send_head(100, Fields(), BodyLength::none());
}

void H2Stream::receive_body(bool receive) {
  if (handler_ == nullptr && !session_.is_open()) return;
  is_receiving_ = receive;
  if (!receive) {
    was_paused_ = true;
    return;
  }
  if (!std::exchange(was_receiving_, true)) {
    window_began_ = session_.loop().now();
    received_window_ = 0;
    was_paused_ = false;
    if (nghttp2_session_get_stream_remote_close(session_.native(), id_) == 0) {
      nghttp2_session_set_local_window_size(session_.native(), NGHTTP2_FLAG_NONE, id_, kH2WindowReceiving);
      session_.send_soon();
    }
  }
  session_.deliver_soon(*this);
}

void H2Stream::tell_writable() {
  if (outgoing_.pending() == 0 && std::exchange(was_full_, false) && handler_ != nullptr) {
    handler_->on_response_writable();
  }
}

/// What is left of the request is not wanted; the connection's window is given back.
void H2Stream::drop_unread() {
  handler_ = nullptr;
  is_receiving_ = false;
  if (unread_.empty()) return;
  nghttp2_session_consume_connection(session_.native(), unread_.size());
  unread_.drop();
}

H2Stream::Left H2Stream::on_wire_closed() {
  if (is_tunnel_ && handler_ != nullptr && incoming_.has_ended && end_was_sent_ && !incoming_.our_reset) {
    is_left_ = true;
    return Left::to_handler;
  }
  tell_wire_closed();
  return Left::to_nobody;
}

void H2Stream::tell_wire_closed() {
  if (!incoming_.head_is_complete && incoming_.refusal.has_value()) {
    session_.owner().on_refused(400,
                                {ErrorKind::malformed, Side::client, std::string(incoming_.refusal->reason)});
  }
  if (handler_ == nullptr) {
    answer_ = Answer::ended;
    return drop_unread();
  }
  if (incoming_.our_reset == NGHTTP2_INTERNAL_ERROR) {
    return on_closed({ErrorKind::too_large, Side::origin, "HTTP/2: an answer's fields are too large"});
  }
  if (incoming_.our_reset.has_value()) {
    return on_closed({ErrorKind::malformed, Side::client, "HTTP/2: a malformed request body"});
  }
  on_closed({ErrorKind::closed, Side::client, "the client reset the stream"});
}

void H2Stream::on_closed(const Error& error) {
  incoming_.is_closed = true;
  is_left_ = false;
  RequestHandler* handler = handler_;
  drop_unread();
  answer_ = Answer::ended;
  if (handler != nullptr) handler->on_aborted(error);
}

void H2Stream::check_rates(Window of_connection) {
  const SteadyTime now = session_.loop().now();
  const Duration window = session_.limits().body_rate_window;
  if (now - window_began_ < window || incoming_.is_closed || is_tunnel_) return;
  const double seconds = std::chrono::duration<double>(window).count();
  const auto least = static_cast<std::uint64_t>(static_cast<double>(session_.limits().body_rate) * seconds);
  const bool is_slow = handler_ != nullptr && is_receiving_ && !incoming_.has_ended && !was_paused_ &&
                       received_window_ < least;
  const bool is_shut = of_connection == Window::shut ||
                       nghttp2_session_get_stream_remote_window_size(session_.native(), id_) <= 0;
  const std::uint64_t sent = outgoing_.take_moved();
  const bool waits =
      outgoing_.pending() > 0 || (answer_ == Answer::ended && !given_up_);  // the end needs a window too
  const bool is_held = waits && is_shut && sent < least;
  const bool was_held = std::exchange(was_held_, waits && is_shut);
  window_began_ = now;
  received_window_ = 0;
  was_paused_ = !is_receiving_;
  if (is_held && was_held) return give_up(NGHTTP2_CANCEL, slow("the response was not read"));
  if (is_slow) give_up(NGHTTP2_CANCEL, slow("the request body came too slowly"));
}

/// Ends the exchange by ourselves; a client that waits for an answer is told 408.
void H2Stream::give_up(std::uint32_t code, const Error& error) {
  RequestHandler* handler = handler_;
  if (answer_ == Answer::none) {
    answer_plainly(408);
  } else {
    reset(code);
  }
  if (handler != nullptr) handler->on_aborted(error);
}

void H2Stream::reset(std::uint32_t code) {
  drop_unread();
  given_up_ = true;
  answer_ = Answer::ended;
  nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, code);
  session_.send_soon();
}

void H2Stream::abort() {
  if (is_left_) return leave();
  if (!may_send()) return drop_unread();
  reset(is_tunnel_ ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
}

/// The handler has ended what the wire closed before.
void H2Stream::leave() {
  is_left_ = false;
  drop_unread();
  answer_ = Answer::ended;
  session_.remove_soon(*this);
}

}  // namespace core
