// Heads to the library's encoder, bodies to the wire as its windows allow.
#include "core/http/h2_outgoing.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "core/http/limits.h"

namespace core {
namespace {

bool belongs_to_session(const Field& field) {
  switch (field.id) {
    case FieldId::content_length:
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
    case FieldId::host:
    case FieldId::sec_websocket_accept:  // RFC 8441 section 5
      return true;
    case FieldId::te:
      return field.value != "trailers";  // RFC 9113 section 8.2.2
    default:
      return false;
  }
}

/// A list in the library's own form.
class NativeFields {
 public:
  explicit NativeFields(const H2FieldList& fields)
      : many_(fields.parts().size() > few_.size() ? fields.parts().size() : 0) {
    list_ = many_.empty() ? few_.data() : many_.data();
    for (const H2FieldList::Part& part : fields.parts()) {
      const std::uint8_t flags = part.is_unique ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
      list_[size_++] = {bytes_of(part.name), bytes_of(part.value), part.name.size(), part.value.size(),
                        flags};
    }
  }
  NativeFields(const NativeFields&) = delete;
  NativeFields& operator=(const NativeFields&) = delete;
  [[nodiscard]] const nghttp2_nv* data() const { return list_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static std::uint8_t* bytes_of(std::string_view text) {
    // The encoder does not write to them; its struct only says so nowhere.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  std::array<nghttp2_nv, 32> few_;
  std::vector<nghttp2_nv> many_;
  nghttp2_nv* list_;
  std::size_t size_ = 0;
};

ssize_t on_read_body(nghttp2_session* /*native*/, std::int32_t id, std::uint8_t* /*buffer*/, std::size_t most,
                     std::uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
  auto& body = *static_cast<H2Outgoing*>(source->ptr);
  const std::size_t pending = body.pending();
  if (pending == 0 && !body.is_complete()) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (pending <= most && body.is_complete()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (body.submit_trailers(id)) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  return static_cast<ssize_t>(std::min(pending, most));
}

nghttp2_data_provider provider_of(H2Outgoing* body) {
  nghttp2_data_provider provider{};
  provider.source.ptr = body;
  provider.read_callback = &on_read_body;
  return provider;
}

}  // namespace

void H2FieldList::add_valid(const Field& field) {
  const bool is_named = field.id != FieldId::other || is_token(field.name);
  if (!is_named || !is_field_value(field.value)) return;
  const bool is_unique = field.id == FieldId::set_cookie || field.id == FieldId::x_request_id;
  list_[size_++] = {field.name, field.value, is_unique};
}

void H2FieldList::add_passed(const Field& field) {
  if (!belongs_to_session(field)) add_valid(field);
}

void H2Outgoing::add(std::int32_t stream, std::string_view bytes) {
  nghttp2_session_resume_data(connection_.native(), stream);
  if (bytes.size() >= kDirectBytes && !connection_.is_output_blocked()) {
    direct_ = bytes;
    connection_.send_large();
    bytes = std::exchange(direct_, {});
  }
  kept_.append(bytes);
  connection_.keep(bytes.size());
  connection_.send_soon();
}

void H2Outgoing::end(std::int32_t stream, const Fields& trailers) {
  if (!trailers.empty()) {
    trailers_ = std::make_unique<H2FieldSection>();
    trailers_->begin({kMaxTrailerBytes, kMaxTrailers});
    for (const Field& field : trailers) {
      if (field.id == FieldId::other) trailers_->add(field.name, field.value);
    }
  }
  is_complete_ = true;
  nghttp2_session_resume_data(connection_.native(), stream);
  connection_.send_soon();
}

bool H2Outgoing::is_stalled(std::int32_t stream) const {
  const std::size_t kept = pending();
  if (kept == 0) return false;
  const auto is_under = [kept](std::int32_t window) {
    return window < 0 || static_cast<std::size_t>(window) < kept;
  };
  return kept >= kDirectBytes || connection_.is_crowded() || connection_.is_output_blocked() ||
         is_under(nghttp2_session_get_stream_remote_window_size(connection_.native(), stream)) ||
         is_under(nghttp2_session_get_remote_window_size(connection_.native()));
}

void H2Outgoing::move(std::size_t count, std::string& out) {
  moved_ += count;
  const std::size_t of_kept = std::min(count, kept_.size() - sent_);
  out.append(kept_, sent_, of_kept);
  sent_ += of_kept;
  connection_.release(of_kept);
  if (sent_ == kept_.size()) {
    kept_.clear();
    sent_ = 0;
  }
  out.append(direct_.substr(0, count - of_kept));
  direct_.remove_prefix(count - of_kept);
}

void H2Outgoing::forget() {
  connection_.release(kept_.size() - sent_);
  sent_ = kept_.size();
}

bool H2Outgoing::submit_trailers(std::int32_t stream) {
  if (trailers_ == nullptr) return false;
  H2FieldList list(trailers_->size());
  trailers_->each([&list](const H2FieldSection::Part& part) {
    list.add_valid({FieldId::other, part.name, part.value});
    return true;
  });
  const NativeFields fields(list);
  const bool has_any = fields.size() > 0 && nghttp2_submit_trailer(connection_.native(), stream,
                                                                   fields.data(), fields.size()) == 0;
  trailers_ = nullptr;
  return has_any;
}

void submit_h2_interim(nghttp2_session* native, std::int32_t stream, const H2FieldList& fields) {
  const NativeFields list(fields);
  nghttp2_submit_headers(native, NGHTTP2_FLAG_NONE, stream, nullptr, list.data(), list.size(), nullptr);
}

void submit_h2_response(nghttp2_session* native, std::int32_t stream, const H2FieldList& fields,
                        H2Outgoing* body) {
  const NativeFields list(fields);
  const nghttp2_data_provider provider = provider_of(body);
  nghttp2_submit_response(native, stream, list.data(), list.size(), body == nullptr ? nullptr : &provider);
}

std::int32_t submit_h2_request(nghttp2_session* native, const H2FieldList& fields, H2Outgoing* body,
                               void* user) {
  const NativeFields list(fields);
  const nghttp2_data_provider provider = provider_of(body);
  return nghttp2_submit_request(native, nullptr, list.data(), list.size(),
                                body == nullptr ? nullptr : &provider, user);
}

}  // namespace core
