#include "core/base/log.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "core/base/utf8.h"

namespace core {
namespace {

// Longer values are cut, so that one event cannot fill a disk; limits on what is stored of a peer are
// elsewhere.
constexpr std::size_t kMaxValueBytes = 8192;
constexpr std::string_view kCutMark = "...";

// The priorities of syslog(3).
std::string_view priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "<3>";
    case LogLevel::warn:
      return "<4>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::debug:
      return "<7>";
  }
  return "<3>";
}

// Text that ends at a whole character.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxValueBytes) return text;
  std::size_t end = kMaxValueBytes;
  while (end > kMaxValueBytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return text.substr(0, end);
}

// Bytes at the front that need no escape in either format.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= ' ' && text[length] <= '~' && text[length] != '"' &&
         text[length] != '\\') {
    ++length;
  }
  return length;
}

void append_json_character(std::string& out, char32_t point) {
  switch (point) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      break;
  }
  const auto escape = [&](std::uint32_t unit) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit); };
  if (point < 0x10000) return escape(point);
  escape(0xD800 + ((point - 0x10000) >> 10U));
  escape(0xDC00 + ((point - 0x10000) & 0x3FFU));
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=\\") != std::string_view::npos;
}

void append_json_value(std::string& out, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    out.push_back('"');
    append_json_escaped(out, cut(*text));
    if (text->size() > kMaxValueBytes) out.append(kCutMark);
    out.push_back('"');
  } else if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
    fmt::format_to(std::back_inserter(out), "{}", *whole);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    if (std::isfinite(*number)) fmt::format_to(std::back_inserter(out), "{}", *number);
    if (!std::isfinite(*number)) out.append("null");
  } else {
    out.append(std::get<bool>(field.value) ? "true" : "false");
  }
}

void append_text_value(std::string& out, const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  if (text == nullptr) return append_json_value(out, field);
  const bool quoted = needs_quotes(*text);
  if (quoted) out.push_back('"');
  append_terminal_safe(out, cut(*text));
  if (text->size() > kMaxValueBytes) out.append(kCutMark);
  if (quoted) out.push_back('"');
}

// What follows the time.
void append_json_event(std::string& line, LogLevel level, std::string_view message,
                       std::initializer_list<LogField> fields) {
  line.append("\",\"level\":\"").append(name_of(level)).append("\",\"message\":\"");
  append_json_escaped(line, cut(message));
  line.push_back('"');
  for (const LogField& field : fields) {
    line.append(",\"");
    append_json_escaped(line, field.name);
    line.append("\":");
    append_json_value(line, field);
  }
  line.append("}\n");
}

void append_text_event(std::string& line, LogLevel level, std::string_view message,
                       std::initializer_list<LogField> fields) {
  line.append(" ").append(name_of(level)).append(" ");
  append_terminal_safe(line, cut(message));
  for (const LogField& field : fields) {
    line.push_back(' ');
    append_terminal_safe(line, field.name);
    line.push_back('=');
    append_text_value(line, field);
  }
  line.push_back('\n');
}

}  // namespace

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warn:
      return "warn";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      return "debug";
  }
  return "error";
}

std::optional<LogLevel> log_level_named(std::string_view name) {
  for (const LogLevel level : {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug}) {
    if (name_of(level) == name) return level;
  }
  return std::nullopt;
}

void append_json_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Utf8Step step = decode_utf8(text);
    if (!step.valid) {
      out.append("\\ufffd");
    } else if (step.code_point == '"' || step.code_point == '\\' || changes_display(step.code_point)) {
      append_json_character(out, step.code_point);
    } else {
      out.append(text.substr(0, step.length));
    }
    text.remove_prefix(step.length);
  }
}

void append_terminal_safe(std::string& out, std::string_view text, Quotes quotes) {
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Utf8Step step = decode_utf8(text);
    const std::string_view bytes = text.substr(0, step.length);
    if (bytes == "\"" || bytes == "\\") {
      if (quotes == Quotes::escaped) out.push_back('\\');
      out.append(bytes);
    } else if (step.valid && !changes_display(step.code_point)) {
      out.append(bytes);
    } else {
      for (const char c : bytes) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                       static_cast<unsigned>(static_cast<unsigned char>(c)));
      }
    }
    text.remove_prefix(step.length);
  }
}

void append_timestamp(std::string& out, WallTime time) {
  using namespace std::chrono;
  const auto whole = floor<milliseconds>(time);
  const auto midnight = floor<days>(whole);
  const year_month_day date(midnight);
  const hh_mm_ss clock(whole - midnight);
  const std::size_t at = out.size();
  // Not by fmt: each request is logged with its time.
  out.append("0000-00-00T00:00:00.000Z");
  const auto write = [text = out.data() + at](std::size_t begin, std::size_t digits, auto number) {
    for (std::size_t i = begin + digits; i > begin; number /= 10)
      text[--i] = static_cast<char>('0' + number % 10);
  };
  write(0, 4, static_cast<int>(date.year()));
  write(5, 2, static_cast<unsigned>(date.month()));
  write(8, 2, static_cast<unsigned>(date.day()));
  write(11, 2, clock.hours().count());
  write(14, 2, clock.minutes().count());
  write(17, 2, clock.seconds().count());
  write(20, 3, clock.subseconds().count());
}

void Log::event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if (!writes(level)) return;
  std::string line;
  line.reserve(256 + fields.size() * 48);
  if (prefix_ == LogPrefix::priority) line.append(priority_of(level));
  if (format_ == LogFormat::json) line.append("{\"time\":\"");
  append_timestamp(line, clock_.wall());
  if (format_ == LogFormat::json) {
    append_json_event(line, level, message, fields);
  } else {
    append_text_event(line, level, message, fields);
  }
  sink_.write(line);
}

}  // namespace core
