// What nghttp2 tells a client while it parses or sends: recorded, not acted on. Options that keep it within
// bounds.
#include "core/http/h2_client_callbacks.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/http/h2_memory.h"
#include "core/http/h2_native.h"
#include "core/http/h2_response_fields.h"

namespace core {

struct H2ClientCallbacks {
  static H2Client& client_of(void* user) { return *static_cast<H2Client*>(user); }
  static H2ClientStream* stream_of(nghttp2_session* native, std::int32_t id) {
    return static_cast<H2ClientStream*>(nghttp2_session_get_stream_user_data(native, id));
  }
  static void record(H2Client& client, H2ClientEvent::Kind kind, H2ClientStream* stream,
                     std::string_view bytes = {}) {
    client.events_.push_back({kind, stream, bytes});
  }

  // ---- in

  static int on_begin_frame(nghttp2_session* native, const nghttp2_frame_hd* frame, void* user) {
    H2Client& client = client_of(user);
    if (frame->type == NGHTTP2_PUSH_PROMISE) {
      // Our SETTINGS went before the first request, so there is no time when a push may come.
      client.violation_ = "HTTP/2: a push, which was refused";
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    // HEADERS on a stream that is gone are decoded and dropped: those of one that we gave up, or an origin
    // that lets us work for nothing.
    const bool is_late = frame->type == NGHTTP2_HEADERS && stream_of(native, frame->stream_id) == nullptr;
    if (!is_late || client.guard_.on_oddity(H2Oddity::late_headers, client.loop_.now())) return 0;
    client.flood_ = client.guard_.reason();
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static int on_begin_headers(nghttp2_session* native, const nghttp2_frame* frame, void* user) {
    H2Client& client = client_of(user);
    H2ClientStream* stream = stream_of(native, frame->hd.stream_id);
    if (stream != nullptr && stream->incoming().has_head) {
      client.section().begin({kMaxTrailerBytes, kMaxTrailers});
    } else {
      client.section().begin({client.limits().header_bytes, client.limits().header_count});
    }
    return 0;
  }

  static int on_header(nghttp2_session* /*native*/, const nghttp2_frame* /*frame*/, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t /*flags*/, void* user) {
    H2Client& client = client_of(user);
    if (client.section().add(h2_view(name, name_size), h2_view(value, value_size))) return 0;
    client.flood_ = "HTTP/2: a field section that decodes to far too much";
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static void refuse(H2Client& client, std::int32_t id, H2ClientStream& stream, const Refusal& refusal) {
    stream.incoming().refusal = refusal;
    nghttp2_submit_rst_stream(client.native(), NGHTTP2_FLAG_NONE, id, NGHTTP2_PROTOCOL_ERROR);
  }

  static void take_head(H2Client& client, const nghttp2_frame* frame, H2ClientStream& stream) {
    H2ClientStream::Incoming& incoming = stream.incoming();
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const H2ResponseSection about{stream.answers_head() ? ResponseTo::head : ResponseTo::other,
                                  ends ? H2SectionEnd::stream_ended : H2SectionEnd::body_follows};
    const int status = h2_status_of(client.section());
    const bool is_interim = status >= 100 && status < 200;
    auto interim = is_interim ? std::make_unique<H2ClientStream::Interim>() : nullptr;
    MessageStorage& storage = stream.storage();
    const ReadH2Response read =
        read_h2_response(client.section(), about, is_interim ? interim->bytes : storage.head,
                         is_interim ? interim->head : storage.response);
    if (read.refusal.has_value()) return refuse(client, frame->hd.stream_id, stream, *read.refusal);
    if (!is_interim) {
      incoming.has_head = true;
      incoming.follows = read.follows;
      if (stream.is_upgrade()) stream.take_answer_to_upgrade();
      return record(client, H2ClientEvent::Kind::head, &stream);
    }
    if (++incoming.interim_count > client.limits().informational_count) {
      return refuse(client, frame->hd.stream_id, stream, {400, "too many interim responses"});
    }
    incoming.interims.push_back(std::move(interim));
    record(client, H2ClientEvent::Kind::interim, &stream);
  }

  static void take_trailers(H2Client& client, const nghttp2_frame* frame, H2ClientStream& stream) {
    H2ClientStream::Incoming& incoming = stream.incoming();
    if (stream.is_tunnel()) {  // RFC 9113 section 8.5
      return refuse(client, frame->hd.stream_id, stream, {400, "a field section in a tunnel"});
    }
    const std::optional<Refusal> refusal =
        read_h2_trailers(client.section(), incoming.trailer_bytes, incoming.trailers);
    if (refusal.has_value()) refuse(client, frame->hd.stream_id, stream, *refusal);
  }

  static int on_frame_recv(nghttp2_session* native, const nghttp2_frame* frame, void* user) {
    H2Client& client = client_of(user);
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
          record(client, H2ClientEvent::Kind::greeted, nullptr);
        }
        return 0;
      case NGHTTP2_GOAWAY:
        client.got_goaway_ = true;
        return 0;
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        break;
      default:
        return 0;
    }
    H2ClientStream* stream = stream_of(native, frame->hd.stream_id);
    if (stream == nullptr || stream->incoming().refusal.has_value()) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) {
      stream->incoming().has_head ? take_trailers(client, frame, *stream) : take_head(client, frame, *stream);
    }
    if (stream->incoming().refusal.has_value()) return 0;  // a refused end is none
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) record(client, H2ClientEvent::Kind::end, stream);
    return 0;
  }

  static int on_data_chunk(nghttp2_session* native, std::uint8_t /*flags*/, std::int32_t id,
                           const std::uint8_t* bytes, std::size_t size, void* user) {
    H2Client& client = client_of(user);
    client.guard_.on_received(size);
    H2ClientStream* stream = stream_of(native, id);
    if (stream == nullptr) {
      nghttp2_session_consume_connection(native, size);
    } else {
      if (stream->is_tunnel()) client.guard_.on_tunnel_frame();
      record(client, H2ClientEvent::Kind::body, stream, h2_view(bytes, size));
    }
    return 0;
  }

  static int on_invalid_frame(nghttp2_session* native, const nghttp2_frame* frame, int /*error*/,
                              void* /*user*/) {
    H2ClientStream* stream = stream_of(native, frame->hd.stream_id);
    if (stream != nullptr && !stream->incoming().refusal.has_value()) {
      stream->incoming().refusal = Refusal{400, "a malformed response"};
    }
    return 0;
  }

  static int on_stream_close(nghttp2_session* native, std::int32_t id, std::uint32_t code, void* user) {
    H2ClientStream* stream = stream_of(native, id);
    if (stream == nullptr) return 0;
    stream->incoming().is_closed = true;
    stream->incoming().code = code;
    record(client_of(user), H2ClientEvent::Kind::closed, stream);
    return 0;
  }

  // ---- out

  static int on_send_body(nghttp2_session* native, nghttp2_frame* frame, const std::uint8_t* header,
                          std::size_t size, nghttp2_data_source* source, void* user) {
    H2Client& client = client_of(user);
    auto& body = *static_cast<H2Outgoing*>(source->ptr);
    if (!client.write_data(h2_view(header, kH2FrameHeaderBytes), size, body)) return NGHTTP2_ERR_WOULDBLOCK;
    H2ClientStream* stream = stream_of(native, frame->hd.stream_id);
    if (body.pending() == 0 && stream->waits_for_room()) {
      record(client, H2ClientEvent::Kind::writable, stream);
    }
    return 0;
  }

  static int on_frame_send(nghttp2_session* native, const nghttp2_frame* frame, void* user) {
    H2Client& client = client_of(user);
    H2ClientStream* stream = stream_of(native, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      client.has_ended_itself_ = true;
      client.native_failure_ = h2_view(frame->goaway.opaque_data, frame->goaway.opaque_data_len);
      if (client.native_failure_.empty()) {
        client.native_failure_ = nghttp2_http2_strerror(frame->goaway.error_code);
      }
    }
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) stream->incoming().was_framed = true;
    // Not counted: each is for a request that we chose to send.
    if (frame->hd.type == NGHTTP2_RST_STREAM) stream->incoming().our_reset = frame->rst_stream.error_code;
    return 0;
  }

  static void set(nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, &on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data_chunk);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, &on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, &on_send_body);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &on_frame_send);
  }
};

/// The most that limits.header_bytes lets a client send, twice, so that what the gateway adds has room.
constexpr std::size_t kMaxRequestFields = std::size_t{2} * 1024 * 1024;

H2NativePointer make_h2_client_native(H2Client& client) {
  const H2CallbacksPointer callbacks = make_h2_callbacks();
  H2ClientCallbacks::set(callbacks.get());
  const H2OptionPointer options = make_h2_options(kMaxRequestFields);
  nghttp2_session* native = new_h2_client_native(callbacks.get(), &client, options.get());
  CHECK(native != nullptr);
  H2NativePointer owner(native);
  const std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(kH2OriginWindow)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(client.limits().header_bytes)},
  }};
  CHECK(nghttp2_submit_settings(native, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  CHECK(nghttp2_session_set_local_window_size(native, NGHTTP2_FLAG_NONE, 0, kH2OriginConnectionWindow) == 0);
  return owner;
}

}  // namespace core
