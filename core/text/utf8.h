// Text from outside on its way into a header field or a page: what is safe to pass on as it is. Decoding
// itself is in core/base/utf8.h, included here.
#pragma once

#include <string>
#include <string_view>

#include "core/base/utf8.h"

namespace core {

/// Valid UTF-8 without control characters (C0, DEL, C1): may stand in a field value as its bytes (RFC 9110
/// section 5.5, obs-text) and cannot end a line.
bool is_plain_text(std::string_view text);

/// Valid UTF-8 that people see as it is: nothing in it changes the display (changes_display).
bool is_displayable_text(std::string_view text);

/// `text` with every invalid byte and every character that changes the display (changes_display) replaced by
/// U+FFFD and cut after at most `max_bytes`, never inside a character. For showing, never for comparing.
std::string showable_text(std::string_view text, std::size_t max_bytes);

}  // namespace core
