// The sending side of a connection of either version: heads and small bodies are gathered and leave in one
// write at the end of the turn; large pieces leave at once as a gather list and only what the stream did not
// take is copied.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/net/stream.h"

namespace core {

class MessageOutput {
 public:
  /// Pieces from here on are written without being copied first.
  static constexpr std::size_t kDirectBytes = 16 * 1024;

  /// `stream` must outlive the output.
  explicit MessageOutput(ByteStream& stream) : stream_(stream) {}

  /// Where bytes are gathered, not owned; null while nothing can be sent. Requires, to change it: is_empty().
  void lend(std::string* gathered);
  /// To append heads to; call flush() at the end of the turn.
  std::string& gathered() { return *gathered_; }
  /// Sends `bytes` and `tail` (a few bytes of framing) after what was gathered.
  void add(std::string_view bytes, std::string_view tail);
  /// Writes what was gathered, if the stream takes it.
  void flush();
  /// The stream has room again.
  void writable();

  [[nodiscard]] bool is_empty() const { return gathered_ == nullptr || sent_ == gathered_->size(); }
  /// The stream took less than it was given, and has not said since that it has room.
  [[nodiscard]] bool is_blocked() const { return is_blocked_; }
  /// The stream failed; nothing is sent any more.
  [[nodiscard]] bool is_broken() const { return is_broken_; }
  /// Bytes the stream has taken since the beginning.
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::size_t waiting() const { return is_empty() ? 0 : gathered_->size() - sent_; }

 private:
  void write_through(std::string_view bytes, std::string_view tail);
  void keep_from(std::size_t written, std::string_view bytes, std::string_view tail);

  ByteStream& stream_;
  std::string* gathered_ = nullptr;
  std::size_t sent_ = 0;  // of *gathered_
  std::uint64_t written_ = 0;
  bool is_blocked_ = false;
  bool is_broken_ = false;
};

}  // namespace core
