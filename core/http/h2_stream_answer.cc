// A stream's response side: heads to the library's encoder, bodies to the wire as its windows allow.

#include "core/base/check.h"
#include "core/http/h1_writer.h"
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
  H2FieldList list(fields.size() + 3);
  list.add(":status", status_digits.text());
  for (const Field& field : fields) list.add_passed(field);
  if (!fields.has(FieldId::date)) list.add("date", date_text(session_.loop().clock().wall()));
  if (tells_length) list.add("content-length", length_digits.text());
  submit_h2_response(session_.native(), id_, list, has_no_body_ ? nullptr : &outgoing_);
}

Pressure H2Stream::send_body(std::string_view bytes) {
  if (!may_send() || bytes.empty()) return Pressure::open;
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
  if (!may_send()) return;
  CHECK(answer_ == Answer::body);
  if (has_length_ && response_left_ != 0) return abort();
  drop_unread();
  answer_ = Answer::ended;
  outgoing_.end(id_, trailers);
}

void H2Stream::send_upgrade(const Fields& /*fields*/) {
  // RequestHead::wants_upgrade is never set: HTTP/2 has no Upgrade (RFC 9113 section 8.6). WebSockets
  // (RFC 8441) come as a request with a body, and are answered with send_head().
  CHECK(false);
}

}  // namespace core
