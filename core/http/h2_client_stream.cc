// One exchange with an origin: the request to the wire, the response to its handler at the handler's pace.
#include "core/http/h2_client_stream.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/http/h2_client_callbacks.h"
#include "core/http/h2_client_session.h"
#include "core/http/upgrade.h"

namespace core {
namespace {

/// Without a byte on the connection, and of a stream's life, before its end makes the connection suspect:
/// else clients that go at once could keep it suspect all the time.
constexpr Duration kSilentTime{1'000};

}  // namespace

H2ClientStream::H2ClientStream(H2Client& session, ResponseHandler& handler)
    : session_(session),
      handler_(&handler),
      storage_(take_message_storage()),
      unread_(storage_->unread),
      outgoing_(session, storage_->output),
      was_reused_(session.has_served()),
      received_before_(session.received()),
      began_(session.loop().now()) {}

H2ClientStream::~H2ClientStream() {
  give_back(std::move(storage_));
}

void H2ClientStream::begin(const OutgoingRequest& request) {
  answers_head_ = request.method == "HEAD";
  has_length_ = request.body.kind == BodyLength::Kind::known && !request.upgrade;
  request_left_ = has_length_ ? request.body.bytes : 0;
  has_body_ = sends_body_ =
      request.upgrade || request.body.kind == BodyLength::Kind::unknown || request_left_ > 0;
  const Digits digits(request_left_);
  constexpr std::size_t kOwnFields = 6;
  H2FieldList list(request.fields->size() + kOwnFields);
  list.add(":method", request.upgrade ? "CONNECT" : request.method);
  if (request.upgrade) list.add(":protocol", "websocket");
  list.add(":scheme", session_.scheme());
  list.add(":authority", request.host);
  list.add(":path", request.target);
  for (const Field& field : *request.fields) {
    // RFC 8441 section 5: HTTP/2 proves nothing with it.
    if (request.upgrade && field.id == FieldId::sec_websocket_key) continue;
    list.add_passed(field);
  }
  if (has_length_) list.add("content-length", digits.text());
  if (request.upgrade) accept_ = make_upgrade_offer(*request.fields).accept;
  CHECK(!request.upgrade || is_upgrade());
  id_ = submit_h2_request(session_.native(), list, sends_body_ ? &outgoing_ : nullptr, this);
  CHECK(id_ > 0);  // ids are not used up, says is_open()
}

void H2ClientStream::begin_unsupported() {
  is_unsupported_ = true;
  incoming_.is_closed = is_let_go_ = true;
  session_.deliver_soon(*this);
}

Pressure H2ClientStream::send_body(std::string_view bytes) {
  if (handler_ == nullptr || !sends_body_ || incoming_.is_closed || bytes.empty()) return Pressure::open;
  if (has_length_) {
    CHECK(bytes.size() <= request_left_);
    request_left_ -= bytes.size();
  }
  outgoing_.add(id_, bytes);
  if (!outgoing_.is_stalled(id_)) return Pressure::open;
  was_full_ = true;
  return Pressure::full;
}

void H2ClientStream::send_end(const Fields& trailers) {
  if (handler_ == nullptr || !std::exchange(sends_body_, false) || incoming_.is_closed) return;
  if (has_length_ && request_left_ != 0) {
    reset(NGHTTP2_CANCEL);
    // Not inside the call of the handler: the wire's close tells it.
    incoming_.refusal = Refusal{400, "the request ended before its length was sent"};
    return;
  }
  outgoing_.end(id_, is_tunnel_ ? Fields() : trailers);
}

void H2ClientStream::receive_body(bool receive) {
  if (handler_ == nullptr) return;
  is_receiving_ = receive;
  if (receive) session_.deliver_soon(*this);
}

void H2ClientStream::cancel() {
  if (handler_ == nullptr) return;
  handler_ = nullptr;
  drop_unread();
  if (incoming_.is_closed || !session_.is_alive()) return session_.deliver_soon(*this);
  reset(NGHTTP2_CANCEL);
  const SteadyTime silent_since = std::max(began_, session_.last_heard());
  if (session_.loop().now() - silent_since >= kSilentTime) session_.suspect();
}

void H2ClientStream::reset(std::uint32_t code) {
  nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, code);
  session_.note_reset();
  session_.send_soon();
}

void H2ClientStream::take_interim() {
  const std::unique_ptr<Interim> interim = std::move(incoming_.interims.front());
  incoming_.interims.erase(incoming_.interims.begin());
  if (handler_ != nullptr) handler_->on_response_head(interim->head);
}

void H2ClientStream::take_head() {
  if (handler_ == nullptr) return;
  body_left_ = incoming_.follows.kind == BodyLength::Kind::known ? incoming_.follows.bytes : 0;
  handler_->on_response_head(storage_->response);
}

void H2ClientStream::take_answer_to_upgrade() {
  ResponseHead& head = storage_->response;
  if (head.status < 200 || head.status >= 300) return;
  is_tunnel_ = true;
  head.status = 101;
  head.body = incoming_.follows = BodyLength::unknown();
  head.fields.remove_if([](const Field& field) { return field.id == FieldId::sec_websocket_accept; });
  head.fields.add(FieldId::upgrade, "websocket");
  head.fields.add(FieldId::sec_websocket_accept, accept_);
}

void H2ClientStream::take_body(std::string_view bytes) {
  if (handler_ == nullptr) return give_back_window(bytes.size());
  if (incoming_.follows.kind != BodyLength::Kind::unknown) {
    if (bytes.size() > body_left_) {
      give_back_window(bytes.size());
      return fail_malformed(ErrorKind::malformed, "more body than its length");
    }
    body_left_ -= bytes.size();
  }
  if (!is_receiving_ || !unread_.empty()) return unread_.keep(bytes);
  handler_->on_response_body(bytes);
  consumed(bytes.size());
}

/// The handler took so many: the origin may send as many more (RFC 9113 section 5.2).
void H2ClientStream::consumed(std::size_t bytes) {
  delivered_ += bytes;
  if (!session_.is_alive()) return;
  if (incoming_.is_closed) return give_back_window(bytes);
  if (delivered_ >= kH2WideAfter && !is_wide_ && session_.may_widen()) {
    is_wide_ = true;
    nghttp2_session_set_local_window_size(session_.native(), NGHTTP2_FLAG_NONE, id_, kH2OriginWideWindow);
  }
  nghttp2_session_consume(session_.native(), id_, bytes);
  session_.send_soon();
}

/// Of the connection alone: what the stream would have brought more is not wanted.
void H2ClientStream::give_back_window(std::size_t bytes) {
  if (!session_.is_alive() || bytes == 0) return;
  nghttp2_session_consume_connection(session_.native(), bytes);
  session_.send_soon();
}

void H2ClientStream::drop_unread() {
  give_back_window(unread_.size());
  unread_.drop();
}

void H2ClientStream::forget() {
  outgoing_.forget();
  if (is_wide_) session_.note_narrow();
}

void H2ClientStream::take_end() {
  if (handler_ == nullptr) return;
  if (body_left_ != 0) return fail_malformed(ErrorKind::malformed, "less body than its length");
  end_is_due_ = true;
  deliver();
}

void H2ClientStream::tell_writable() {
  if (outgoing_.pending() == 0 && std::exchange(was_full_, false) && handler_ != nullptr) {
    handler_->on_request_writable();
  }
}

void H2ClientStream::deliver() {
  if (is_unsupported_ && handler_ != nullptr) {
    return fail(
        {ErrorKind::unsupported, Side::origin,
         "the origin takes no WebSockets over HTTP/2 (RFC 8441): lead their route to it by http:// or "
         "https://",
         Retry::never});
  }
  while (is_receiving_ && handler_ != nullptr && !unread_.empty()) {
    const std::string_view piece = unread_.take();
    handler_->on_response_body(piece);
    consumed(piece.size());
  }
  unread_.settle();
  if (handler_ != nullptr && is_receiving_ && end_is_due_ && unread_.empty()) {
    is_tunnel_ ? end_half() : finish();
  }
}

/// The response is complete. What is left of the request is never sent.
void H2ClientStream::finish() {
  ResponseHandler* handler = std::exchange(handler_, nullptr);
  const bool is_cut = has_body_ && (sends_body_ || outgoing_.pending() > 0);
  if (is_cut && !incoming_.is_closed && session_.is_alive()) reset(NGHTTP2_CANCEL);
  session_.note_served();
  handler->on_response_end(incoming_.trailers);
}

/// The origin's half of a tunnel has ended; with ours, all of it.
void H2ClientStream::end_half() {
  if (!is_let_go_) {
    if (!std::exchange(half_end_told_, true)) handler_->on_half_end();
    return;
  }
  session_.note_served();
  std::exchange(handler_, nullptr)->on_response_end(incoming_.trailers);
}

void H2ClientStream::on_wire_closed() {
  is_let_go_ = true;
  if (incoming_.code == NGHTTP2_REFUSED_STREAM) session_.note_refusal();
  if (handler_ == nullptr || (end_is_due_ && !is_tunnel_)) return;
  const bool is_whole = end_is_due_ && incoming_.code == NGHTTP2_NO_ERROR && !incoming_.our_reset;
  if (is_whole) return deliver();
  fail(error_of_close());
}

Error H2ClientStream::error_of_close() const {
  if (incoming_.refusal.has_value()) {
    const ErrorKind kind = incoming_.refusal->status == 431 ? ErrorKind::too_large : ErrorKind::malformed;
    return {kind, Side::origin, "HTTP/2: " + std::string(incoming_.refusal->reason), Retry::never};
  }
  if (!incoming_.was_framed || incoming_.code == NGHTTP2_REFUSED_STREAM) {
    return {ErrorKind::refused, Side::origin, "HTTP/2: the origin refused the stream",
            incoming_.has_head ? Retry::never : Retry::safe};
  }
  if (incoming_.our_reset.has_value()) {
    return {ErrorKind::malformed, Side::origin, "HTTP/2: a malformed response", Retry::never};
  }
  return {ErrorKind::closed, Side::origin,
          std::string("HTTP/2: the origin reset the stream: ") + nghttp2_http2_strerror(incoming_.code),
          Retry::never};
}

void H2ClientStream::on_broken(const Error& error) {
  const bool is_whole = end_is_due_ && (!is_tunnel_ || is_let_go_);
  incoming_.is_closed = is_let_go_ = true;
  if (handler_ == nullptr || is_whole) return;
  Error told = error;
  if (!incoming_.was_framed) {
    told.kind = ErrorKind::refused;
    told.retry = Retry::safe;
  } else if (error.kind == ErrorKind::closed && session_.received() == received_before_ && was_reused_) {
    told.retry = Retry::safe;  // as an idle connection that is closed while a request is on its way
  }
  fail(std::move(told));
}

void H2ClientStream::fail_malformed(ErrorKind kind, std::string_view reason) {
  reset(NGHTTP2_PROTOCOL_ERROR);
  fail({kind, Side::origin, "HTTP/2: " + std::string(reason), Retry::never});
}

void H2ClientStream::fail(Error error) {
  ResponseHandler* handler = std::exchange(handler_, nullptr);
  drop_unread();
  if (handler != nullptr) handler->on_failed(std::move(error));
}

}  // namespace core
