// Finds the end of a head or trailer section in bytes that come in pieces, and gathers it. Each byte is
// looked at once, however small the pieces. Lines end in CR LF and nothing else (RFC 9112 section 2.2: a bare
// LF is refused).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/http/refusal.h"

namespace core {

class HeadScanner {
 public:
  enum class Section {
    head,      ///< begins with a start line; one empty line before it is skipped
    trailers,  ///< may be empty
  };
  /// Sizes in bytes, line ends included. Refused with 414 while in the first line, 431 after it.
  struct Limits {
    std::size_t section = 0;
    std::size_t first_line = 0;
  };
  enum class State { more, complete, refused };
  struct Step {
    State state = State::more;
    std::size_t used = 0;
    Refusal refusal;
  };

  explicit HeadScanner(Section section) : section_(section) {}

  /// Appends to `gathered` what of `bytes` belongs to the section, up to and with its empty line.
  Step scan(std::string_view bytes, const Limits& limits, std::string& gathered);
  /// Whether any byte of the section has come.
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  void reset() { *this = HeadScanner(section_); }

 private:
  enum class Line { whole, empty, skipped, broken };
  Line end_of_line(std::string_view piece);

  Section section_;
  std::size_t line_bytes_ = 0;  // of the line that is not complete yet
  char last_ = 0;
  bool has_begun_ = false;
  bool in_first_line_ = true;
  bool has_skipped_ = false;
};

}  // namespace core
