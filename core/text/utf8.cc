#include "core/text/utf8.h"

namespace core {

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = decode_utf8(text);
    if (!step.valid || step.code_point < 0x20 || (step.code_point >= 0x7F && step.code_point <= 0x9F))
      return false;
    text.remove_prefix(step.length);
  }
  return true;
}

bool is_displayable_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = decode_utf8(text);
    if (!step.valid || changes_display(step.code_point)) return false;
    text.remove_prefix(step.length);
  }
  return true;
}

std::string showable_text(std::string_view text, std::size_t max_bytes) {
  static constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    const Utf8Step step = decode_utf8(text);
    const bool safe = step.valid && !changes_display(step.code_point);
    const std::string_view piece = safe ? text.substr(0, step.length) : kReplacement;
    if (out.size() + piece.size() > max_bytes) break;
    out.append(piece);
    text.remove_prefix(step.length);
  }
  return out;
}

}  // namespace core
