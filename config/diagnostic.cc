#include "config/diagnostic.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/base/utf8.h"

namespace config {
namespace {

/// What is shown of a long line, around the place.
constexpr std::size_t kExcerptBytes = 100;

std::string_view line_of(std::string_view source, int line) {
  for (int i = 1; i < line; ++i) {
    const std::size_t end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  std::string_view text = source.substr(0, source.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// The text with everything that could move the terminal or reorder the line as \xHH.
void append_shown(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  while (!text.empty()) {
    const core::Utf8Step step = core::decode_utf8(text);
    for (const char c : text.substr(0, step.length)) {
      if (step.valid && !core::changes_display(step.code_point)) {
        out.push_back(c);
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      out.append("\\x").append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 0xFU]);
    }
    text.remove_prefix(step.length);
  }
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    text.remove_prefix(core::decode_utf8(text).length);
    ++width;
  }
  return width;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

void append_excerpt(std::string& out, const Diagnostic& diagnostic, std::string_view source) {
  if (diagnostic.at.line <= 0) return;
  const std::string_view line = line_of(source, diagnostic.at.line);
  if (line.empty()) return;
  const std::size_t column =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(diagnostic.at.column, 1)) - 1, line.size());
  std::size_t start = column > kExcerptBytes / 2 ? column - kExcerptBytes / 2 : 0;
  if (line.size() <= kExcerptBytes) start = 0;
  while (start < column && is_continuation(line[start])) ++start;
  std::size_t end = std::min(line.size(), start + kExcerptBytes);
  while (end < line.size() && is_continuation(line[end])) ++end;
  std::string before;
  append_shown(before, line.substr(start, column - start));
  std::string after;
  append_shown(after, line.substr(column, end - column));
  const std::string number = std::to_string(diagnostic.at.line);
  out.append("  ").append(number).append(" | ").append(before).append(after).append("\n");
  out.append(number.size() + 2, ' ').append(" | ").append(width_of(before), ' ').append("^\n");
}

std::vector<Diagnostic> sorted(const std::vector<Diagnostic>& list) {
  std::vector<std::size_t> order(list.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&list](std::size_t i) { return std::tuple(list[i].at.line, list[i].at.column, i); });
  std::vector<Diagnostic> out;
  out.reserve(list.size());
  for (const std::size_t i : order) out.push_back(list[i]);
  return out;
}

}  // namespace

std::string render(const Diagnostic& diagnostic, std::string_view file, std::string_view source) {
  std::string out;
  append_shown(out, file);
  if (diagnostic.at.line > 0) {
    out.append(":")
        .append(std::to_string(diagnostic.at.line))
        .append(":")
        .append(std::to_string(diagnostic.at.column));
  }
  out.append(diagnostic.severity == Severity::error ? ": error: " : ": warning: ");
  append_shown(out, diagnostic.message);
  out.append("\n");
  append_excerpt(out, diagnostic, source);
  if (!diagnostic.mend.empty()) {
    out.append("  mend: ");
    append_shown(out, diagnostic.mend);
    out.append("\n");
  }
  return out;
}

void Findings::error(Position at, std::string message, std::string mend) {
  if (is_full()) return;
  errors_.push_back(Diagnostic{Severity::error, at, std::move(message), std::move(mend)});
}

void Findings::warn(Position at, std::string message, std::string mend) {
  if (warnings_.size() >= kMaxErrors) return;
  warnings_.push_back(Diagnostic{Severity::warning, at, std::move(message), std::move(mend)});
}

std::vector<Diagnostic> Findings::errors() const {
  return sorted(errors_);
}

std::vector<Diagnostic> Findings::warnings() const {
  return sorted(warnings_);
}

}  // namespace config
