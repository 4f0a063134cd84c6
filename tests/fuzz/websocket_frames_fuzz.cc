// The boundary of WebSocket frames against any bytes, cut anywhere: the first byte of the input says into
// which pieces. How they are cut changes nothing; a plain reader of whole frames agrees about where they end;
// and a Close that is put there is read by it as a Close.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/http/websocket_frames.h"

namespace {

/// What a reader of RFC 6455 section 5.2 makes of all of `bytes`.
enum class Reading { between_frames, inside_frame, behind_close, no_server };

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

Reading read(std::string_view bytes) {
  bool has_closed = false;
  while (!bytes.empty()) {
    const bool is_close = (bytes[0] & 0x0f) == 8;
    if (bytes.size() < 2) return Reading::inside_frame;
    const auto second = static_cast<unsigned char>(bytes[1]);
    if (second >= 0x80) return Reading::no_server;
    const std::size_t more = second < 126 ? 0 : second == 126 ? 2 : 8;
    if (bytes.size() < 2 + more) return Reading::inside_frame;
    const std::uint64_t length = more == 0 ? second : number(bytes.substr(2, more));
    if (length >> 63U != 0) return Reading::no_server;
    bytes.remove_prefix(2 + more);
    if (bytes.size() < length) return Reading::inside_frame;
    bytes.remove_prefix(static_cast<std::size_t>(length));
    has_closed = has_closed || is_close;
  }
  return has_closed ? Reading::behind_close : Reading::between_frames;
}

bool may_insert(std::string_view bytes, std::size_t piece) {
  core::WebSocketBoundary boundary;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    boundary.pass(bytes.substr(0, piece));
  }
  return boundary.may_insert();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const bool whole = may_insert(input, input.size() + 1);
  CHECK(whole == may_insert(input, bytes[0] + std::size_t{1}));
  CHECK(whole == (read(input) == Reading::between_frames));
  if (!whole) return 0;
  const std::string closed =
      std::string(input) + core::websocket_close_frame(core::WebSocketClose::going_away, "over");
  CHECK(read(closed) == Reading::behind_close);
  return 0;
}
