// Structured events: a level, a fixed sentence, named fields. Text on a terminal, one JSON object a line
// otherwise. Every value is escaped by the formatter, so peers cannot add lines or terminal commands. A
// Secret has no formatter.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "core/base/clock.h"

namespace core {

enum class LogLevel { error, warn, info, debug };
enum class LogFormat { text, json };
/// `priority`: <3>, <4>, <6> or <7> in front of each line (sd-daemon(3)), which journald takes for its own.
enum class LogPrefix { none, priority };

/// As lines, gateway.yaml and the operator call it.
std::string_view name_of(LogLevel level);
/// None: no level is called so.
std::optional<LogLevel> log_level_named(std::string_view name);

struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
  LogField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  LogField(std::string_view n, bool v) : name(n), value(v) {}
  LogField(std::string_view n, double v) : name(n), value(v) {}
  template <typename Integer>
    requires std::is_integral_v<Integer>
  LogField(std::string_view n, Integer v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

/// Where finished lines go. Implementations take calls from any thread and never block the caller.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// `lines` is one or more whole lines, each with its line end.
  virtual void write(std::string_view lines) = 0;
};

/// One level and format for events; shared by all threads.
class Log {
 public:
  Log(LogSink& sink, LogFormat format, LogLevel threshold, const Clock& clock,
      LogPrefix prefix = LogPrefix::none)
      : sink_(sink), format_(format), prefix_(prefix), threshold_(threshold), clock_(clock) {}

  void event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    event(LogLevel::error, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    event(LogLevel::warn, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    event(LogLevel::info, message, fields);
  }
  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    event(LogLevel::debug, message, fields);
  }
  [[nodiscard]] bool writes(LogLevel level) const { return level <= threshold(); }
  [[nodiscard]] LogLevel threshold() const { return threshold_.load(std::memory_order_relaxed); }
  /// From any thread, for the next event of every thread.
  void set_threshold(LogLevel level) { threshold_.store(level, std::memory_order_relaxed); }
  [[nodiscard]] LogFormat format() const { return format_; }

 private:
  LogSink& sink_;
  LogFormat format_;
  LogPrefix prefix_;
  std::atomic<LogLevel> threshold_;
  const Clock& clock_;
};

/// Appends `text` as the inside of a JSON string: controls, quotes, invalid UTF-8, bidi and line separators
/// escaped.
void append_json_escaped(std::string& out, std::string_view text);
/// Kept where people read a sentence, escaped where a program may look for the end of a value.
enum class Quotes { escaped, kept };
/// Appends `text` so that it stays one line and moves no terminal: controls and invalid bytes as \xHH.
/// `quotes` is for backslashes, too.
void append_terminal_safe(std::string& out, std::string_view text, Quotes quotes = Quotes::escaped);
/// Appends the time as 2026-11-22T00:41:26.123Z (RFC 3339).
void append_timestamp(std::string& out, WallTime time);

}  // namespace core
