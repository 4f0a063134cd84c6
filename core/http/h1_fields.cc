// One pass over the lines: name by table, value by word, nothing copied (RFC 9112 section 5).
#include "core/http/h1_fields.h"

#include "core/http/characters.h"

namespace core {

std::optional<Refusal> parse_fields(std::string_view section, std::size_t max_count, Fields& fields) {
  std::size_t count = 0;
  while (!section.empty()) {
    std::size_t colon = 0;
    while (colon < section.size() && http_characters::is_token_byte(section[colon])) ++colon;
    if (colon == 0) {
      if (http_characters::is_blank(section[0])) return Refusal{400, "a field line is folded"};
      return Refusal{400, "a field has no name"};
    }
    if (colon == section.size() || section[colon] != ':') return Refusal{400, "a field name is malformed"};
    const std::size_t line_feed = section.find('\n', colon);
    if (line_feed == std::string_view::npos || section[line_feed - 1] != '\r') {
      return Refusal{400, "a line ends in LF without CR"};
    }
    // "Name:\r\n": the CR stands right after the colon, and the value is empty.
    const std::string_view raw = section.substr(colon + 1, line_feed - colon - 2);
    if (!http_characters::has_no_controls(raw)) return Refusal{400, "a field value holds a control byte"};
    if (++count > max_count) return Refusal{431, "too many fields"};
    fields.add(section.substr(0, colon), http_characters::trimmed(raw));
    section.remove_prefix(line_feed + 1);
  }
  return std::nullopt;
}

}  // namespace core
