// What is wrong with a configuration, or doubtful: a place, a sentence, and the mend. Collected, not thrown,
// so that one run shows every mistake.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/position.h"

namespace config {

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  Position at;
  std::string message;  ///< what was found and what was expected
  std::string mend;     ///< what to do about it; may be empty
};

/// file:line:column: error: message, the line with a caret under the place, and the mend. `source` is the
/// text of the file; bytes a terminal could act on are escaped. Ends with a line end.
std::string render(const Diagnostic& diagnostic, std::string_view file, std::string_view source);

/// Collects diagnostics in the order they are found; `sorted` hands them out in the order of the file.
class Findings {
 public:
  /// Past this many errors (or warnings) further ones are dropped.
  static constexpr std::size_t kMaxErrors = 100;

  void error(Position at, std::string message, std::string mend = {});
  void warn(Position at, std::string message, std::string mend = {});
  /// A secret stands in the file itself: no message may show it.
  void note_secret(Position at) { secrets_.push_back(at); }
  [[nodiscard]] const std::vector<Position>& secrets() const { return secrets_; }
  /// Whether a further error would be dropped: no need to look for more.
  [[nodiscard]] bool is_full() const { return errors_.size() >= kMaxErrors; }
  [[nodiscard]] bool has_errors() const { return !errors_.empty(); }
  [[nodiscard]] std::vector<Diagnostic> errors() const;    ///< sorted by place
  [[nodiscard]] std::vector<Diagnostic> warnings() const;  ///< sorted by place

 private:
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> warnings_;
  std::vector<Position> secrets_;
};

}  // namespace config
