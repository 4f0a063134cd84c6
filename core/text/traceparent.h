// W3C Trace Context: which trace a message belongs to (https://www.w3.org/TR/trace-context/). What is not
// exactly right counts as not there: a trace is an aid, and no request is refused for it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace core {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

struct Traceparent {
  TraceId trace{};
  SpanId span{};  ///< of whoever sends the message: the parent of what the receiver does
  bool is_sampled = false;
  friend bool operator==(const Traceparent&, const Traceparent&) = default;
};

inline constexpr std::size_t kTraceparentBytes = 55;
/// What of a tracestate must be passed on at least (section 3.3.1.5), and is passed on at most.
inline constexpr std::size_t kMaxTracestateBytes = 512;

/// The value of traceparent (section 3.2). Of a version that is not known yet the known part (section 4.3).
std::optional<Traceparent> parse_traceparent(std::string_view value);
/// The same written: version 00. All of `out` is written.
void write_traceparent(const Traceparent& context, std::span<char, kTraceparentBytes> out);

/// Whether `value` is a list of 1 to 32 members with different keys (section 3.3.1), not over
/// kMaxTracestateBytes.
bool is_tracestate(std::string_view value);

/// Lower-case hexadecimal digits, two a byte. Requires: `out` is twice as long as `bytes`.
void write_hex(std::span<const std::uint8_t> bytes, std::span<char> out);
/// The bytes that digits of that kind stand for; false for anything else, or another length.
bool read_hex(std::string_view digits, std::span<std::uint8_t> out);

}  // namespace core
