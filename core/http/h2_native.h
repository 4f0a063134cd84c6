// What both ends give the library: callbacks, and options that keep it within bounds. For the sources of this
// folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/http/h2_connection.h"

struct nghttp2_session_callbacks;
struct nghttp2_option;

namespace core {

struct FreeH2Callbacks {
  void operator()(nghttp2_session_callbacks* native) const;
};
struct FreeH2Option {
  void operator()(nghttp2_option* native) const;
};
using H2CallbacksPointer = std::unique_ptr<nghttp2_session_callbacks, FreeH2Callbacks>;
using H2OptionPointer = std::unique_ptr<nghttp2_option, FreeH2Option>;

H2CallbacksPointer make_h2_callbacks();
/// `most_sent_fields`: bytes of a field block that we send, as the encoder estimates it; a larger one fails
/// its stream.
H2OptionPointer make_h2_options(std::size_t most_sent_fields);

inline std::string_view h2_view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace core
