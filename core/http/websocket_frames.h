// Where the frames of a WebSocket's server end (RFC 6455 section 5.2), followed through a tunnel by their
// lengths alone, so that a frame of ours can be put behind one of the origin's. No parser: payload is never
// looked at, and nothing that passes is refused or changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// What the server of a WebSocket has sent so far, frame by frame. Pure and small: a tunnel has one.
class WebSocketBoundary {
 public:
  /// The next bytes of the server's side, in any pieces.
  void pass(std::string_view bytes);
  /// Whether a frame may be put behind what has passed: a frame has just ended or none has begun, none of
  /// them was a Close, and all had lengths that a client reads as we do.
  [[nodiscard]] bool may_insert() const {
    return part_ == Part::first && left_ == 0 && !is_closed_ && !is_lost_;
  }

 private:
  enum class Part : std::uint8_t { first, length, more_length, payload };
  void take(unsigned char byte);
  void begin_payload();

  std::uint64_t left_ = 0;  // bytes of the payload, or its length as far as it came
  Part part_ = Part::first;
  std::uint8_t length_bytes_ = 0;  // that still come
  bool closes_ = false;            // the frame is a Close
  bool is_closed_ = false;
  bool is_lost_ = false;
};

/// Why a server closes (RFC 6455 section 7.4.1).
enum class WebSocketClose : std::uint16_t {
  going_away = 1001,
  policy_violation = 1008,
};

/// A Close frame of a server. Requires: `reason` is UTF-8 of at most 123 bytes.
std::string websocket_close_frame(WebSocketClose code, std::string_view reason);

}  // namespace core
