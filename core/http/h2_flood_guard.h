// What the other side of an HTTP/2 connection may do for nothing, counted: frames that cost us more than they
// cost it and move no request on (CVE-2023-44487, CVE-2025-8671, CVE-2024-27316, CVE-2019-9511 to 9518). Each
// kind has a budget that refills with time; together they have one more, so that a mix of all stays bounded
// as well. Pure: no I/O, no clock of its own. Memory and header sizes are bounded elsewhere (limits.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/h2_frame_scanner.h"

namespace core {

/// What is counted.
enum class H2Oddity : std::uint8_t {
  received_reset,  ///< RST_STREAM by the other side
  our_reset,       ///< RST_STREAM that a client's own errors made us send
  refused_stream,  ///< a request over the limit of streams
  ping,
  settings,
  priority,  ///< PRIORITY and PRIORITY_UPDATE
  window_update,
  continuation,
  late_headers,   ///< HEADERS on a stream that is closed: decoded and dropped
  empty_data,     ///< DATA without payload that does not end its stream
  unknown_frame,  ///< of a type that nobody has agreed on
  tiny_data,      ///< DATA frames, less one for each kBytesPerFrame of body and one for each HEADERS
  anything,       ///< all but tiny_data together
};
inline constexpr std::size_t kH2Oddities = static_cast<std::size_t>(H2Oddity::anything) + 1;

class H2FloodGuard {
 public:
  struct Budget {
    double burst;       ///< at once
    double per_second;  ///< refilled
    std::string_view reason;
  };
  /// The budget of a kind.
  static const Budget& budget_of(H2Oddity kind);
  /// CONTINUATION frames of one field block.
  static constexpr std::size_t kMaxContinuations = 8;
  /// This many bytes of body, either way, earn one more WINDOW_UPDATE and one more PING: both grow with the
  /// traffic that they steer and measure.
  static constexpr double kBytesPerCredit = 1024;
  /// A DATA frame that carries this many bytes of body costs nothing.
  static constexpr double kBytesPerFrame = 16;

  /// `streams`: requests that may be open at once; all of them may be reset beyond the budget.
  H2FloodGuard(SteadyTime now, std::size_t streams)
      : streams_(static_cast<double>(streams)), last_refill_(now) {}

  /// A frame of the other side begins. False: its budget is used up, end the connection.
  bool on_frame(const H2FrameHeader& frame, SteadyTime now);
  /// What only the library sees: our_reset, refused_stream, late_headers. The same answer.
  bool on_oddity(H2Oddity kind, SteadyTime now) { return take(kind, now); }
  /// We have sent a request, which brings frames that are not the origin's choice: it may be refused, or
  /// given up while its answer is on the way.
  void on_request();
  /// A frame of a tunnel (RFC 8441) came: a message by itself, however short.
  void on_tunnel_frame() { give(H2Oddity::tiny_data, 1); }
  /// Bytes of a body came, padding not counted.
  void on_received(std::size_t bytes);
  /// Bytes of a body were sent.
  void on_sent(std::size_t bytes);
  /// Why the last answer was false: a constant text, for the log.
  [[nodiscard]] std::string_view reason() const { return reason_; }

 private:
  bool take(H2Oddity kind, SteadyTime now);
  bool spend(H2Oddity kind, double amount);
  void give(H2Oddity kind, double amount);
  void refill(SteadyTime now);
  [[nodiscard]] double burst_of(H2Oddity kind) const;

  double streams_;
  std::array<double, kH2Oddities> spent_{};
  SteadyTime last_refill_;
  std::size_t continuations_ = 0;  // of the block
  std::string_view reason_;
};

}  // namespace core
