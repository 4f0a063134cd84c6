// The bytes inside sealed texts: fields one after the other, each with its length, behind a kind and a
// version. No two lists of fields give the same bytes, so nothing can be moved from one field to the next.
// Not self-describing: writer and reader agree by kind and version, and an unknown version is refused, never
// guessed at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace gateway {

/// What a record is. The letter is its first byte.
enum class RecordKind : char {
  session = 'S',
  stored_session = 'R',
  attempt = 'A',
  handover_request = 'H',
  ticket = 'T',
  signed_out = 'O',
  personal_token = 'P',
  device_login = 'D',
  device_code = 'C',
  known_sessions = 'L',
  form = 'F',
  rate_news = 'N'
};

class RecordWriter {
 public:
  RecordWriter(RecordKind kind, std::uint8_t version);
  RecordWriter& text(std::string_view value);
  RecordWriter& number(std::int64_t value);
  RecordWriter& time(core::WallTime value) { return number(core::unix_seconds(value)); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what a writer wrote. The first thing that does not fit makes every later read empty; is_complete()
/// tells.
class RecordReader {
 public:
  RecordReader(std::string_view bytes, RecordKind kind, std::uint8_t version);
  /// A view into the bytes given.
  std::string_view text();
  std::int64_t number();
  core::WallTime time();
  /// A count of things that follow, at most `limit`.
  std::size_t count(std::size_t limit);
  /// Whether everything fitted and nothing is left over.
  [[nodiscard]] bool is_complete() const { return fits_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool fits_ = true;
};

}  // namespace gateway
