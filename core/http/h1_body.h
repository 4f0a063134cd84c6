// Reads one message body off the bytes of a connection, whatever its framing: none, a known length, chunked,
// or all until the connection ends (RFC 9112 section 6.3).
#pragma once

#include <cstdint>
#include <span>

#include "core/http/h1_framing.h"
#include "core/http/message.h"

namespace core {

class BodyReader {
 public:
  enum class Coding { none, length, chunked, until_close };

  /// `when_unknown`: how a body of unknown length ends, chunked or until_close.
  void begin(const BodyLength& length, Coding when_unknown);
  /// Takes the next bytes; see ChunkDecoder::decode. Bytes of a complete body are not touched.
  ChunkDecoder::Decoded read(std::span<char> bytes);
  /// The connection ended in order. Completes a body that lasts until then.
  void end_of_connection();
  [[nodiscard]] bool is_complete() const { return is_complete_; }
  [[nodiscard]] Coding coding() const { return coding_; }
  /// Bytes of a known length that are missing.
  [[nodiscard]] std::uint64_t left() const { return left_; }
  /// Empty but after a chunked body with some. Views live until the next begin().
  [[nodiscard]] const Fields& trailers() const { return chunks_.trailers(); }

 private:
  Coding coding_ = Coding::none;
  bool is_complete_ = true;
  std::uint64_t left_ = 0;
  ChunkDecoder chunks_;
};

}  // namespace core
