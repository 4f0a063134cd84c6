// What an HTTP/1.1 server session sends: heads, bodies, refusals.
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/http/h1_server_session.h"
#include "core/http/h1_writer.h"

namespace core {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

ErrorKind kind_of_refusal(int status) {
  if (status == 408) return ErrorKind::timed_out;
  if (status == 414 || status == 431) return ErrorKind::too_large;
  return status >= 500 ? ErrorKind::unsupported : ErrorKind::malformed;
}

}  // namespace

/// Whether the exchange is still there and not answered in full. A handler whose client broke the protocol
/// inside one of its own callbacks may go on sending; it is not heard.
bool H1Server::may_send() const {
  return (state_ == State::exchange || state_ == State::tunnel) && answer_ != Answer::ended;
}

void H1Server::send_head(int status, const Fields& fields, BodyLength length) {
  if (!may_send()) return;
  CHECK(answer_ == Answer::none);
  CHECK(status >= 100 && status <= 599 && status != 101);
  if (status < 200) return append_interim(status, fields);
  answer_ = Answer::body;
  if (leaves_body_unread(status)) after_ = After::close;
  std::string& out = output_.gathered();
  append_status_line(out, status);
  append_fields(out, fields);
  if (!fields.has(FieldId::date)) append_date(out, loop_.clock().wall());
  append_framing(status, length);
  if (after_ == After::close) append_field(out, FieldId::connection, "close");
  out.append(kLineEnd);
  loop_.at_turn_end(*this);
}

void H1Server::append_interim(int status, const Fields& fields) {
  if (is_http10_) return;
  if (status == 100) continue_is_due_ = false;
  std::string& out = output_.gathered();
  append_status_line(out, status);
  append_fields(out, fields);
  out.append(kLineEnd);
  loop_.at_turn_end(*this);
}

/// Whether the connection cannot be used after this response, as the rest of the request would have to be
/// read first and is too long for that, or may never come (RFC 9110 section 10.1.1, RFC 9112 section 9.3).
bool H1Server::leaves_body_unread(int status) const {
  const BodyReader& body = storage_->body;
  if (body.is_complete()) return false;
  if (continue_is_due_) return true;
  if (is_receiving_ && status < 400) return false;
  if (body.coding() == BodyReader::Coding::length) {
    return body.left() > limits_.drain_bytes + storage_->unread.size();
  }
  return is_receiving_;
}

/// Chooses the coding of the body and says it in the head (RFC 9110 section 6.4.1, RFC 9112 section 6).
void H1Server::append_framing(int status, BodyLength length) {
  std::string& out = output_.gathered();
  sent_body_.begin(BodyWriter::Framing::none);
  if (status == 204) return;
  if (is_head_request_ || status == 304) {
    if (length.kind == BodyLength::Kind::known) append_content_length(out, length.bytes);
    return;
  }
  if (status == 205 || length.kind == BodyLength::Kind::none) return append_content_length(out, 0);
  if (length.kind == BodyLength::Kind::known) {
    sent_body_.begin(BodyWriter::Framing::length, length.bytes);
    return append_content_length(out, length.bytes);
  }
  if (is_http10_) return sent_body_.begin(BodyWriter::Framing::raw);
  sent_body_.begin(BodyWriter::Framing::chunked);
  append_field(out, FieldId::transfer_encoding, "chunked");
}

Pressure H1Server::send_body(std::string_view bytes) {
  if (!may_send() || bytes.empty() || our_half_ != OurHalf::open) return Pressure::open;
  CHECK(answer_ == Answer::body);
  if (sent_body_.is_complete()) return Pressure::open;
  sent_body_.add(output_, bytes);
  loop_.at_turn_end(*this);
  if (!output_.is_blocked() && !output_.is_broken()) return Pressure::open;
  was_full_ = true;
  return Pressure::full;
}

void H1Server::send_end(const Fields& trailers) {
  if (!may_send()) return;
  CHECK(answer_ == Answer::body);
  if (sent_body_.is_short()) return abort();
  sent_body_.end(output_, trailers);
  answer_ = Answer::ended;
  loop_.at_turn_end(*this);
  // Pipelined requests answered in one turn: what waits stays bounded, and a client that does not read is
  // noticed.
  if (output_.waiting() >= MessageOutput::kDirectBytes) output_.flush();
  finish_exchange();
}

void H1Server::send_half_end() {
  if (state_ != State::tunnel || our_half_ != OurHalf::open) return;
  our_half_ = OurHalf::ending;
  loop_.at_turn_end(*this);
}

void H1Server::send_upgrade(const Fields& fields) {
  if (!may_send()) return;
  CHECK(answer_ == Answer::none);
  std::string& out = output_.gathered();
  append_status_line(out, 101);
  append_field(out, FieldId::connection, "Upgrade");
  append_fields(out, fields);
  out.append(kLineEnd);
  answer_ = Answer::body;
  sent_body_.begin(BodyWriter::Framing::raw);
  state_ = State::tunnel;
  after_ = After::close;
  timer_.disarm();
  resume();
}

void H1Server::receive_body(bool receive) {
  if (state_ != State::exchange && state_ != State::tunnel) return;
  is_receiving_ = receive;
  if (!receive) {
    was_paused_ = true;
    return;
  }
  if (state_ == State::exchange && !storage_->body.is_complete()) {
    if (!timer_.is_armed()) {
      window_bytes_ = 0;
      was_paused_ = false;
      timer_.arm(limits_.body_rate_window);
    }
  }
  resume();
}

/// Once the body was asked for and none of it has come by itself.
void H1Server::send_continue_if_due() {
  if (state_ != State::exchange || !continue_is_due_ || !is_receiving_ || answer_ != Answer::none) return;
  append_interim(100, Fields());
}

void H1Server::abort() {
  if (!may_send()) return;
  output_.flush();
  handler_ = nullptr;
  stream_->abort();
  close();
}

/// The response is complete; what becomes of the connection depends on the rest of the request.
void H1Server::finish_exchange() {
  const bool was_tunnel = state_ == State::tunnel;
  const BodyReader& body = storage_->body;
  handler_ = nullptr;
  is_receiving_ = false;
  timer_.disarm();
  if (was_tunnel || after_ == After::close || continue_is_due_) return begin_closing();
  if (body.is_complete()) return become_idle();
  if (body.coding() == BodyReader::Coding::length &&
      body.left() > limits_.drain_bytes + storage_->unread.size()) {
    return begin_closing();
  }
  state_ = State::draining;
  drain_left_ = limits_.drain_bytes + storage_->unread.size();
  timer_.arm(limits_.linger);
  resume();
}

/// A request that is refused before it is one. Nothing that follows is read as a request.
void H1Server::refuse(const Refusal& refusal) {
  ensure_storage();
  owner_.on_refused(refusal.status,
                    {kind_of_refusal(refusal.status), Side::client, std::string(refusal.reason)});
  answer_refusal(refusal.status);
}

/// The body of a running request is refused. Answers if no head was sent, else breaks the response off.
void H1Server::break_off(int status, const Error& error) {
  RequestHandler* handler = std::exchange(handler_, nullptr);
  if (answer_ != Answer::none) {
    handler_ = handler;
    return fail(error);
  }
  answer_refusal(status);
  handler->on_aborted(error);
}

void H1Server::answer_refusal(int status) {
  std::string& out = output_.gathered();
  const std::string_view phrase = reason_phrase(status);
  append_status_line(out, status);
  append_date(out, loop_.clock().wall());
  append_field(out, FieldId::content_type, "text/plain; charset=utf-8");
  append_field(out, FieldId::connection, "close");
  append_content_length(out, phrase.size() + 1);
  out.append(kLineEnd).append(phrase).append("\n");
  begin_closing();
}

}  // namespace core
