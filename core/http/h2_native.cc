// The options are the same for both ends: what bounds the library bounds it whoever is on the other side.
#include "core/http/h2_native.h"

#include <nghttp2/nghttp2.h>

#include "core/base/check.h"

namespace core {
namespace {

/// Unsent acknowledgements of PING and SETTINGS.
constexpr std::size_t kMaxQueuedAcknowledgements = 1000;

constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 40;

/// Otherwise the library leaves such fields out and serves the rest.
int refuse_field(nghttp2_session* /*native*/, const nghttp2_frame* /*frame*/, const std::uint8_t* /*name*/,
                 std::size_t /*name_size*/, const std::uint8_t* /*value*/, std::size_t /*value_size*/,
                 std::uint8_t /*flags*/, void* /*user*/) {
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

}  // namespace

void FreeH2Callbacks::operator()(nghttp2_session_callbacks* native) const {
  nghttp2_session_callbacks_del(native);
}

void FreeH2Option::operator()(nghttp2_option* native) const {
  nghttp2_option_del(native);
}

H2CallbacksPointer make_h2_callbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  H2CallbacksPointer owner(callbacks);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, &refuse_field);
  return owner;
}

H2OptionPointer make_h2_options(std::size_t most_sent_fields) {
  nghttp2_option* option = nullptr;
  CHECK(nghttp2_option_new(&option) == 0);
  H2OptionPointer owner(option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  // H2FloodGuard counts these, by our clock and with its reason in the log.
  nghttp2_option_set_stream_reset_rate_limit(option, kUnlimited, kUnlimited);
  nghttp2_option_set_max_outbound_ack(option, kMaxQueuedAcknowledgements);
  nghttp2_option_set_max_send_header_block_length(option, most_sent_fields);
  nghttp2_option_set_max_continuations(option, H2FloodGuard::kMaxContinuations);
  nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
  return owner;
}

}  // namespace core
