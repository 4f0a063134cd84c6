// Reading UTF-8 one character at a time, strictly (RFC 3629): no overlong forms, no surrogates, nothing over
// U+10FFFF. Here and not in core/text because the log needs it.
#pragma once

#include <cstdint>
#include <string_view>

namespace core {

/// The first character of a text. An invalid byte is a step of length 1 that is not valid.
struct Utf8Step {
  char32_t code_point = 0;
  std::uint8_t length = 1;
  bool valid = false;
};

/// Requires: `text` is not empty.
Utf8Step decode_utf8(std::string_view text);

bool is_valid_utf8(std::string_view text);

/// Whether showing this character can move a cursor, start a line, reorder or hide other text: C0, DEL and C1
/// controls, line and paragraph separators, bidirectional controls, zero-width characters, the byte order
/// mark.
bool changes_display(char32_t code_point);

}  // namespace core
