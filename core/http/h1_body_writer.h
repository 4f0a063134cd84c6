// The body of an HTTP/1.1 message that is sent (RFC 9112 section 6): what frames it is written around the
// bytes that are given. The mirror of BodyReader (h1_body.h). Which framing a message has is its session's
// matter.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/http/fields.h"
#include "core/http/message_output.h"

namespace core {

class BodyWriter {
 public:
  enum class Framing : std::uint8_t {
    none,     ///< there is no body, or it has ended
    length,   ///< as many bytes as Content-Length says (section 6.2)
    chunked,  ///< section 7.1
    raw,      ///< until the connection closes, or in a tunnel
  };

  /// A message begins; `length` counts for Framing::length alone, in bytes.
  void begin(Framing framing, std::uint64_t length = 0);
  /// Some of the body; never more than its length. Nothing is written without a framing.
  void add(MessageOutput& output, std::string_view bytes);
  /// The body ends. `trailers` are written where the framing has a place for them.
  void end(MessageOutput& output, const Fields& trailers);

  [[nodiscard]] Framing framing() const { return framing_; }
  /// Nothing is left to send.
  [[nodiscard]] bool is_complete() const { return framing_ == Framing::none; }
  /// Whether an end now would be before the length that was said.
  [[nodiscard]] bool is_short() const { return framing_ == Framing::length && left_ != 0; }

 private:
  Framing framing_ = Framing::none;
  std::uint64_t left_ = 0;  // of Framing::length, in bytes
};

}  // namespace core
