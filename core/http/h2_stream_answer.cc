// A stream's response side: heads to the library's encoder, bodies to the wire as its windows allow.
#include <nghttp2/nghttp2.h>

#include "core/base/check.h"
#include "core/http/h1_writer.h"
#include "core/http/h2_priority.h"
#include "core/http/h2_server_session.h"
#include "core/http/h2_stream.h"

namespace core {

/// Whether the exchange is still there and not answered in full; see H1Server::may_send.
bool H2Stream::may_send() const {
  return session_.is_open() && answer_ != Answer::ended && !incoming_.is_closed;
}

void H2Stream::send_head(int status, const Fields& fields, BodyLength length) {
  if (!may_send()) return;
  CHECK(answer_ == Answer::none);
  CHECK(status >= 100 && status <= 599 && status != 101);
  session_.send_soon();
  if (status < 200) return submit_interim(status, fields);
  if (storage_->request.wants_upgrade && status < 300) {
    // RFC 8441 section 5: to the client this would be its tunnel.
    status = 501;
    length = BodyLength::none();
  }
  answer_ = Answer::body;
  submit_head(status, fields, length);
}

void H2Stream::submit_interim(int status, const Fields& fields) {
  if (status == 100) continue_is_due_ = false;
  const Digits digits(static_cast<std::uint64_t>(status));
  H2FieldList list(fields.size() + 1);
  list.add(":status", digits.text());
  for (const Field& field : fields) list.add_passed(field);
  submit_h2_interim(session_.native(), id_, list);
}

/// The length is told where HTTP/1 would tell it (RFC 9110 sections 6.4.1 and 8.6).
void H2Stream::submit_head(int status, const Fields& fields, BodyLength length) {
  const bool is_head = storage_->request.method == "HEAD";
  const bool is_empty = status == 205 || length.kind == BodyLength::Kind::none;
  if (is_empty && !is_head && status != 304) length = BodyLength::known(0);
  const bool tells_length = length.kind == BodyLength::Kind::known && status != 204;
  has_no_body_ = is_head || status == 204 || status == 304 ||
                 (length.kind == BodyLength::Kind::known && length.bytes == 0);
  has_length_ = tells_length && !has_no_body_;
  response_left_ = has_length_ ? length.bytes : 0;

  const Digits status_digits(static_cast<std::uint64_t>(status));
  const Digits length_digits(length.bytes);
  const DateText date = date_text(session_.loop().clock().wall());
  H2FieldList list(fields.size() + 3);
  list.add(":status", status_digits.text());
  for (const Field& field : fields) list.add_passed(field);
  if (!fields.has(FieldId::date)) list.add("date", date.text());
  if (tells_length) list.add("content-length", length_digits.text());
  submit_h2_response(session_.native(), id_, list, has_no_body_ ? nullptr : &outgoing_);
  if (!has_no_body_) take_priority(fields);
}

/// RFC 9218 section 8: what the origin says counts, what it leaves out is as the client asked. A later
/// PRIORITY_UPDATE of the client counts again.
void H2Stream::take_priority(const Fields& fields) {
  H2Priority said;
  if (!said.merge_fields(fields)) return;
  H2Priority merged;
  merged.merge_fields(storage_->request.fields);
  nghttp2_extpri native{};
  native.urgency = said.urgency.value_or(merged.urgency.value_or(H2Priority::kUsualUrgency));
  native.inc = said.incremental.value_or(merged.incremental.value_or(false)) ? 1 : 0;
  nghttp2_session_change_extpri_stream_priority(session_.native(), id_, &native, 0);
}

Pressure H2Stream::send_body(std::string_view bytes) {
  if (!may_send() || bytes.empty() || half_has_ended_) return Pressure::open;
  CHECK(answer_ == Answer::body);
  if (has_no_body_) return Pressure::open;
  if (has_length_) {
    CHECK(bytes.size() <= response_left_);
    response_left_ -= bytes.size();
  }
  outgoing_.add(id_, bytes);
  if (!outgoing_.is_stalled(id_)) return Pressure::open;
  was_full_ = true;
  return Pressure::full;
}

void H2Stream::send_end(const Fields& trailers) {
  if (is_left_) return leave();
  if (!may_send()) return drop_unread();  // closed by the wire, which is not told yet: nor will it be
  CHECK(answer_ == Answer::body);
  if (has_length_ && response_left_ != 0) return abort();
  drop_unread();
  answer_ = Answer::ended;
  if (end_was_sent_) {
    drop_rest();
    return session_.send_soon();
  }
  outgoing_.end(id_, is_tunnel_ ? Fields() : trailers);
}

void H2Stream::send_half_end() {
  if (!may_send() || !is_tunnel_ || half_has_ended_) return;
  half_has_ended_ = true;
  outgoing_.end(id_, Fields());
}

void H2Stream::on_end_sent() {
  end_was_sent_ = true;
  // The client's half of a tunnel goes on until the handler has ended it as a whole.
  if (!is_tunnel_ || answer_ == Answer::ended) drop_rest();
}

/// RFC 9113 section 8.1: the rest of a request that is answered is not wanted.
void H2Stream::drop_rest() {
  if (nghttp2_session_get_stream_remote_close(session_.native(), id_) != 0) return;
  nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_NO_ERROR);
}

std::size_t H2Stream::room() const {
  return session_.room();
}

/// A 200 without an end (RFC 8441 section 5).
void H2Stream::send_upgrade(const Fields& fields) {
  if (!may_send()) return;
  CHECK(answer_ == Answer::none);
  CHECK(storage_->request.wants_upgrade);
  is_tunnel_ = true;
  answer_ = Answer::body;
  submit_head(200, fields, BodyLength::unknown());
  session_.send_soon();
}

}  // namespace core
