// Templates with placeholders for header values and redirects: "{user}", "{claim.address.country}",
// "{name:ascii}"; "{{" is a literal "{". A template is parsed once, when the configuration is read; what a
// placeholder expands to is never looked at for placeholders again.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

/// Appends the value of a placeholder ("user", "claim.address.country") to `out` and says true; or says
/// false: it is missing.
using PlaceholderValue = std::function<bool(std::string_view name, std::string& out)>;

class Template {
 public:
  /// Refuses a "{" without "}", an empty or ill-formed name (letters, digits and "_-./:@" and not braces), an
  /// unknown suffix, over 4 KiB and over 32 placeholders. Which names exist is for the caller to check by
  /// names().
  static Result<Template> parse(std::string_view text);

  /// Appends the expanded text to `out`. False, with `out` as before, if a value is missing, is not plain
  /// text (control characters, invalid UTF-8: utf8.h), or the whole passes `max_bytes`.
  [[nodiscard]] bool expand(const PlaceholderValue& value, std::string& out,
                            std::size_t max_bytes = 8192) const;

  /// The placeholders' names in order, without suffix.
  [[nodiscard]] std::vector<std::string_view> names() const;
  /// The literal text before the first placeholder.
  [[nodiscard]] std::string_view literal_start() const;
  [[nodiscard]] bool is_literal() const { return names().empty(); }

 private:
  enum class Form { literal, as_is, ascii };
  struct Piece {
    Form form;
    std::string text;  // the literal or the placeholder's name
  };
  std::vector<Piece> pieces_;
};

}  // namespace core
