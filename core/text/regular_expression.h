// Regular expressions of an operator (RE2 syntax), matched against bytes of a peer: always the whole text,
// in time linear in it, in bounded memory. Not here: expressions that come from a peer; there are none.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

class RegularExpression {
 public:
  static constexpr std::size_t kMaxPatternBytes = 1024;
  /// Instructions of the compiled form: what one byte of a text costs at worst.
  static constexpr int kMaxProgram = 1000;
  static constexpr std::size_t kMaxGroups = 9;
  /// Longer texts match nothing.
  static constexpr std::size_t kMaxTextBytes = 8UL * 1024;

  /// Refuses what RE2 refuses (back-references, look-around), and what passes a limit above. "^" and "$" at
  /// the ends may be written and change nothing.
  static Result<RegularExpression> parse(std::string_view pattern);
  RegularExpression(RegularExpression&&) noexcept;
  RegularExpression& operator=(RegularExpression&&) noexcept;
  ~RegularExpression();

  [[nodiscard]] bool matches(std::string_view text) const;
  /// The same, and the first groups as views into `text` (null ones for groups that took no part). Requires:
  /// groups.size() <= group_count().
  [[nodiscard]] bool matches(std::string_view text, std::span<std::string_view> groups) const;
  [[nodiscard]] std::size_t group_count() const;
  /// What every text that matches begins with, as far as the pattern shows it plainly; may be empty.
  [[nodiscard]] static std::string_view literal_start(std::string_view pattern);

 private:
  struct Compiled;  // the library's form
  explicit RegularExpression(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace core
