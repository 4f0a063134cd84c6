// A stream's response side: heads to the library's encoder, bodies to the wire as its windows allow.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "core/base/check.h"
#include "core/http/h1_writer.h"
#include "core/http/h2_server_session.h"
#include "core/http/h2_stream.h"

namespace core {
namespace {

/// Pieces from here on go to the wire without being kept first; as much may be kept before the handler is
/// told to stop.
constexpr std::size_t kDirectBytes = 16 * 1024;

bool belongs_to_session(FieldId id) {
  switch (id) {
    case FieldId::content_length:
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
    case FieldId::te:
      return true;
    default:
      return false;
  }
}

/// Fields as the encoder takes them, which copies them and writes names in lower case.
class NativeFields {
 public:
  /// `most` fields at most.
  explicit NativeFields(std::size_t most) : many_(most > few_.size() ? most : 0) {
    list_ = many_.empty() ? few_.data() : many_.data();
  }
  NativeFields(const NativeFields&) = delete;
  NativeFields& operator=(const NativeFields&) = delete;

  void add(std::string_view name, std::string_view value, std::uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
    list_[size_++] = {bytes_of(name), bytes_of(value), name.size(), value.size(), flags};
  }
  void add_valid(const Field& field) {
    const bool is_named = field.id != FieldId::other || is_token(field.name);
    if (!is_named || !is_field_value(field.value)) return;
    // What is different each time would only push the rest out of the client's table.
    const bool is_unique = field.id == FieldId::set_cookie || field.id == FieldId::x_request_id;
    add(field.name, field.value, is_unique ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
  }
  [[nodiscard]] const nghttp2_nv* data() const { return list_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static std::uint8_t* bytes_of(std::string_view text) {
    // The encoder does not write to them; its struct only says so nowhere.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  std::array<nghttp2_nv, 32> few_;  // the usual answer allocates nothing here
  std::vector<nghttp2_nv> many_;
  nghttp2_nv* list_;
  std::size_t size_ = 0;
};

/// A number as text, for as long as it lives.
class Digits {
 public:
  explicit Digits(std::uint64_t value) {
    end_ = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
  }
  [[nodiscard]] std::string_view text() const {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  std::array<char, 20> text_{};
  char* end_;
};

ssize_t on_read_body(nghttp2_session* /*native*/, std::int32_t /*id*/, std::uint8_t* /*buffer*/,
                     std::size_t most, std::uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
  auto& stream = *static_cast<H2Stream*>(source->ptr);
  const std::size_t pending = stream.pending();
  if (pending == 0 && !stream.is_body_complete()) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (pending <= most && stream.is_body_complete()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.submit_trailers()) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  return static_cast<ssize_t>(std::min(pending, most));
}

}  // namespace

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
  NativeFields list(fields.size() + 1);
  list.add(":status", digits.text());
  for (const Field& field : fields) {
    if (!belongs_to_session(field.id)) list.add_valid(field);
  }
  nghttp2_submit_headers(session_.native(), NGHTTP2_FLAG_NONE, id_, nullptr, list.data(), list.size(),
                         nullptr);
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
  NativeFields list(fields.size() + 3);
  list.add(":status", status_digits.text());
  for (const Field& field : fields) {
    if (!belongs_to_session(field.id)) list.add_valid(field);
  }
  if (!fields.has(FieldId::date)) list.add("date", date_text(session_.loop().clock().wall()));
  if (tells_length) list.add("content-length", length_digits.text());
  nghttp2_data_provider body{};
  body.source.ptr = this;
  body.read_callback = &on_read_body;
  nghttp2_submit_response(session_.native(), id_, list.data(), list.size(), has_no_body_ ? nullptr : &body);
}

Pressure H2Stream::send_body(std::string_view bytes) {
  if (!may_send() || bytes.empty()) return Pressure::open;
  CHECK(answer_ == Answer::body);
  if (has_no_body_) return Pressure::open;
  if (has_length_) {
    CHECK(bytes.size() <= response_left_);
    response_left_ -= bytes.size();
  }
  nghttp2_session_resume_data(session_.native(), id_);
  if (bytes.size() >= kDirectBytes && !session_.is_output_blocked()) {
    direct_ = bytes;
    session_.send_large();
    storage_->output.append(direct_);
    direct_ = {};
  } else {
    storage_->output.append(bytes);
  }
  session_.send_soon();
  if (!is_stalled()) return Pressure::open;
  was_full_ = true;
  return Pressure::full;
}

/// Whether what is kept cannot leave at the end of the turn, or is much.
bool H2Stream::is_stalled() const {
  const std::size_t kept = pending();
  if (kept == 0) return false;
  const auto is_under = [kept](std::int32_t window) {
    return window < 0 || static_cast<std::size_t>(window) < kept;
  };
  return kept >= kDirectBytes || session_.is_output_blocked() ||
         is_under(nghttp2_session_get_stream_remote_window_size(session_.native(), id_)) ||
         is_under(nghttp2_session_get_remote_window_size(session_.native()));
}

void H2Stream::send_end(const Fields& trailers) {
  if (!may_send()) return;
  CHECK(answer_ == Answer::body);
  if (has_length_ && response_left_ != 0) return abort();
  if (!trailers.empty() && !has_no_body_) {
    trailers_ = std::make_unique<H2FieldSection>();
    trailers_->begin({kMaxTrailerBytes, kMaxTrailers});
    for (const Field& field : trailers) {
      if (field.id == FieldId::other) trailers_->add(field.name, field.value);
    }
  }
  drop_unread();
  answer_ = Answer::ended;
  nghttp2_session_resume_data(session_.native(), id_);
  session_.send_soon();
}

bool H2Stream::submit_trailers() {
  if (trailers_ == nullptr) return false;
  NativeFields list(trailers_->size());
  trailers_->each([&list](const H2FieldSection::Part& part) {
    list.add_valid({FieldId::other, part.name, part.value});
    return true;
  });
  const bool has_any =
      list.size() > 0 && nghttp2_submit_trailer(session_.native(), id_, list.data(), list.size()) == 0;
  trailers_ = nullptr;
  return has_any;
}

void H2Stream::send_upgrade(const Fields& /*fields*/) {
  // RequestHead::wants_upgrade is never set: HTTP/2 has no Upgrade (RFC 9113 section 8.6). WebSockets
  // (RFC 8441) come as a request with a body, and are answered with send_head().
  CHECK(false);
}

std::size_t H2Stream::pending() const {
  return storage_->output.size() - sent_ + direct_.size();
}

void H2Stream::move_pending(std::size_t count, std::string& out) {
  std::string& kept = storage_->output;
  sent_window_ += count;
  const std::size_t of_kept = std::min(count, kept.size() - sent_);
  out.append(kept, sent_, of_kept);
  sent_ += of_kept;
  if (sent_ == kept.size()) {
    kept.clear();
    sent_ = 0;
  }
  out.append(direct_.substr(0, count - of_kept));
  direct_.remove_prefix(count - of_kept);
}

}  // namespace core
