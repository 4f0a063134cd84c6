// What nghttp2 tells while it parses or sends: recorded, not acted on (design: it forbids being called back
// into, and its users crash on that). Options that keep it within bounds.
#include "core/http/h2_callbacks.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/http/h2_memory.h"
#include "core/http/h2_native.h"

namespace core {

struct H2Callbacks {
  static H2Server& server_of(void* user) { return *static_cast<H2Server*>(user); }
  static H2Stream* stream_of(nghttp2_session* native, std::int32_t id) {
    return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(native, id));
  }
  static void record(H2Server& server, H2Event::Kind kind, H2Stream* stream, std::string_view bytes = {}) {
    server.events_.push_back({kind, stream, bytes});
  }
  static bool is_request(const nghttp2_frame* frame) {
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
  }

  // ---- in

  /// Ends the connection with what the library lets pass and the RFC does not.
  static int end(H2Server& server, std::uint32_t code, std::string_view reason) {
    server.native_error_ = code;
    server.native_failure_ = reason;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  /// `id` opens a stream: the numbers in front of it that were not used never will be (RFC 9113
  /// section 5.1.1).
  static void note_gap(H2Server& server, std::int32_t id) {
    constexpr std::size_t kMostGaps = 8;  // no client of good will has one
    const std::int32_t next = server.last_stream_ == 0 ? 1 : server.last_stream_ + 2;
    if (id <= next) return;
    if (server.gaps_.size() == kMostGaps) server.gaps_.erase(server.gaps_.begin());
    server.gaps_.push_back({next, id});
  }

  static bool is_in_gap(const H2Server& server, std::int32_t id) {
    return std::ranges::any_of(server.gaps_,
                               [id](const H2StreamGap& gap) { return id >= gap.first && id < gap.end; });
  }

  /// What HEADERS are that the library decodes and drops; none: it has a use for them.
  static std::optional<H2Oddity> oddity_of(nghttp2_session* native, std::int32_t id, H2Server& server) {
    constexpr int kMostSections = 2;  // the request's and its trailers'
    if (H2Stream* stream = stream_of(native, id)) {
      if (++stream->incoming().sections <= kMostSections) return std::nullopt;
      return H2Oddity::late_headers;
    }
    if (id > server.last_stream_) {
      note_gap(server, id);
      server.last_stream_ = id;
      if (server.drain_ != H2Server::Drain::announced) return std::nullopt;
      return H2Oddity::refused_stream;
    }
    return H2Oddity::late_headers;
  }

  /// HEADERS on a stream that was closed are decoded and dropped: that may be a trailer section that crossed
  /// our answer, or a client that lets us work for nothing.
  static int on_begin_frame(nghttp2_session* native, const nghttp2_frame_hd* frame, void* user) {
    H2Server& server = server_of(user);
    if (frame->type == NGHTTP2_PRIORITY && frame->stream_id == 0) {
      return end(server, NGHTTP2_PROTOCOL_ERROR, "HTTP/2: PRIORITY of no stream");
    }
    if (frame->type != NGHTTP2_HEADERS) return 0;
    if (is_in_gap(server, frame->stream_id)) {
      return end(server, NGHTTP2_PROTOCOL_ERROR, "HTTP/2: a stream that was passed over");
    }
    const std::optional<H2Oddity> oddity = oddity_of(native, frame->stream_id, server);
    if (!oddity.has_value() || server.guard_.on_oddity(*oddity, server.loop_.now())) return 0;
    server.flood_ = server.guard_.reason();
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static int on_begin_headers(nghttp2_session* native, const nghttp2_frame* frame, void* user) {
    H2Server& server = server_of(user);
    if (!is_request(frame)) {
      server.section().begin({kMaxTrailerBytes, kMaxTrailers});
      return 0;
    }
    server.section().begin({server.limits_.header_bytes, server.limits_.header_count});
    auto stream = std::make_unique<H2Stream>(server, frame->hd.stream_id);
    stream->incoming().sections = 1;
    nghttp2_session_set_stream_user_data(native, frame->hd.stream_id, stream.get());
    server.add_stream(std::move(stream));
    return 0;
  }

  static int on_header(nghttp2_session* /*native*/, const nghttp2_frame* /*frame*/, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t /*flags*/, void* user) {
    H2Server& server = server_of(user);
    if (server.section().add(h2_view(name, name_size), h2_view(value, value_size))) return 0;
    server.flood_ = "HTTP/2: a field section that decodes to far too much";
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static void take_fields(H2Server& server, const nghttp2_frame* frame, H2Stream& stream) {
    H2Stream::Incoming& incoming = stream.incoming();
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      MessageStorage& storage = stream.storage();
      incoming.refusal = read_h2_request(server.section(), server.limits_,
                                         ends ? H2SectionEnd::stream_ended : H2SectionEnd::body_follows,
                                         storage.head, storage.request);
      incoming.head_is_complete = true;
      return record(server, H2Event::Kind::request, &stream);
    }
    if (stream.storage().request.wants_upgrade) {
      incoming.refusal = Refusal{400, "fields inside a tunnel"};  // RFC 9113 section 8.5
    } else {
      incoming.refusal = read_h2_trailers(server.section(), incoming.trailer_bytes, incoming.trailers);
    }
    if (!incoming.refusal.has_value()) return;
    nghttp2_submit_rst_stream(server.native(), NGHTTP2_FLAG_NONE, stream.id(), NGHTTP2_PROTOCOL_ERROR);
  }

  static int on_frame_recv(nghttp2_session* native, const nghttp2_frame* frame, void* user) {
    H2Server& server = server_of(user);
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS: {
        const bool is_answer = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
        server.has_new_settings_ = server.has_new_settings_ || !is_answer;
        server.alarms_.clear(is_answer ? H2Alarm::settings : H2Alarm::preface);
        return 0;
      }
      case NGHTTP2_PING:
        // Ours, sent with the notice of a GOAWAY: whatever the client sent before it knew is here.
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && server.drain_ == H2Server::Drain::noticed) {
          server.alarms_.set(H2Alarm::drain, Duration::zero());
        }
        return 0;
      case NGHTTP2_PRIORITY_UPDATE: {
        const auto& update = *static_cast<const nghttp2_ext_priority_update*>(frame->ext.payload);
        if (update.stream_id != 0) return 0;
        return end(server, NGHTTP2_PROTOCOL_ERROR, "HTTP/2: PRIORITY_UPDATE of no stream");
      }
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        break;
      default:
        return 0;
    }
    H2Stream* stream = stream_of(native, frame->hd.stream_id);
    // What follows a refused head, trailers in the same read, must not make it look sound.
    if (stream == nullptr || stream->incoming().refusal.has_value()) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) take_fields(server, frame, *stream);
    if (stream->incoming().refusal.has_value()) return 0;  // a refused end is none
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) record(server, H2Event::Kind::end, stream);
    return 0;
  }

  static int on_data_chunk(nghttp2_session* native, std::uint8_t /*flags*/, std::int32_t id,
                           const std::uint8_t* bytes, std::size_t size, void* user) {
    H2Server& server = server_of(user);
    server.guard_.on_received(size);
    H2Stream* stream = stream_of(native, id);
    if (stream != nullptr) {
      record(server, H2Event::Kind::body, stream, h2_view(bytes, size));
    } else {
      nghttp2_session_consume(native, id, size);
    }
    return 0;
  }

  static int on_invalid_frame(nghttp2_session* native, const nghttp2_frame* frame, int /*error*/,
                              void* /*user*/) {
    H2Stream* stream = stream_of(native, frame->hd.stream_id);
    if (stream != nullptr && !stream->incoming().refusal.has_value()) {
      stream->incoming().refusal = Refusal{400, "HTTP/2: a malformed request"};
    }
    return 0;
  }

  static int on_stream_close(nghttp2_session* native, std::int32_t id, std::uint32_t /*code*/, void* user) {
    H2Stream* stream = stream_of(native, id);
    if (stream == nullptr) return 0;
    stream->incoming().is_closed = true;
    record(server_of(user), H2Event::Kind::closed, stream);
    return 0;
  }

  // ---- out

  static int on_send_body(nghttp2_session* native, nghttp2_frame* frame, const std::uint8_t* header,
                          std::size_t size, nghttp2_data_source* source, void* user) {
    H2Server& server = server_of(user);
    auto& body = *static_cast<H2Outgoing*>(source->ptr);
    if (!server.write_data(h2_view(header, kH2FrameHeaderBytes), size, body)) return NGHTTP2_ERR_WOULDBLOCK;
    H2Stream* stream = stream_of(native, frame->hd.stream_id);
    if (body.pending() == 0 && stream->waits_for_room()) record(server, H2Event::Kind::writable, stream);
    return 0;
  }

  static int on_frame_send(nghttp2_session* native, const nghttp2_frame* frame, void* user) {
    H2Server& server = server_of(user);
    const std::int32_t id = frame->hd.stream_id;
    switch (frame->hd.type) {
      case NGHTTP2_RST_STREAM:
        on_reset_sent(native, frame, server);
        break;
      case NGHTTP2_GOAWAY:
        if (frame->goaway.error_code != NGHTTP2_NO_ERROR) {
          server.native_failure_ = h2_view(frame->goaway.opaque_data, frame->goaway.opaque_data_len);
        }
        break;
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          if (H2Stream* stream = stream_of(native, id)) stream->on_end_sent();
        }
        break;
      default:
        break;
    }
    return 0;
  }

  /// A head that the library cannot encode would leave its client waiting for ever.
  static int on_frame_not_send(nghttp2_session* native, const nghttp2_frame* frame, int /*error*/,
                               void* /*user*/) {
    H2Stream* stream = stream_of(native, frame->hd.stream_id);
    if (frame->hd.type != NGHTTP2_HEADERS || stream == nullptr) return 0;
    nghttp2_submit_rst_stream(native, NGHTTP2_FLAG_NONE, stream->id(), NGHTTP2_INTERNAL_ERROR);
    return 0;
  }

  /// Resets that the client's own errors made us send are its cost (CVE-2025-8671).
  static void on_reset_sent(nghttp2_session* native, const nghttp2_frame* frame, H2Server& server) {
    H2Stream* stream = stream_of(native, frame->hd.stream_id);
    const std::uint32_t code = frame->rst_stream.error_code;
    if (stream != nullptr) stream->incoming().our_reset = code;
    if (code == NGHTTP2_FLOW_CONTROL_ERROR && server.has_new_settings_) {
      // RFC 9113 section 6.9.2: by SETTINGS it is an error of the connection, and who else it was may be one.
      server.native_failure_ = "HTTP/2: SETTINGS that lift a window over its limit";
      nghttp2_session_terminate_session(native, NGHTTP2_FLOW_CONTROL_ERROR);
    }
    if (code == NGHTTP2_NO_ERROR || code == NGHTTP2_INTERNAL_ERROR) return;
    if (stream != nullptr && stream->is_given_up()) return;
    const bool is_refused = code == NGHTTP2_REFUSED_STREAM;
    const H2Oddity kind = is_refused ? H2Oddity::refused_stream : H2Oddity::our_reset;
    if (!server.guard_.on_oddity(kind, server.loop_.now())) server.flood_ = server.guard_.reason();
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
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, &on_frame_not_send);
  }
};

/// What an origin may send (ClientLimits), four times, so that what the gateway adds has room.
constexpr std::size_t kMaxResponseFields = std::size_t{256} * 1024;

H2NativePointer make_h2_native(H2Server& server, const ServerLimits& limits) {
  const H2CallbacksPointer callbacks = make_h2_callbacks();
  H2Callbacks::set(callbacks.get());
  const H2OptionPointer options = make_h2_options(kMaxResponseFields);
  nghttp2_session* native = new_h2_server_native(callbacks.get(), &server, options.get());
  CHECK(native != nullptr);
  H2NativePointer owner(native);
  const std::array<nghttp2_settings_entry, 5> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(limits.streams)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(kH2WindowBefore)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
  }};
  CHECK(nghttp2_submit_settings(native, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  CHECK(nghttp2_session_set_local_window_size(native, NGHTTP2_FLAG_NONE, 0, kH2WindowOfConnection) == 0);
  return owner;
}

}  // namespace core
