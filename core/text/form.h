// application/x-www-form-urlencoded: query strings and bodies whose parameters the gateway itself decides by
// (WHATWG URL section 5, read strictly). A query that is only forwarded is never parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

inline constexpr std::size_t kMaxFormParameters = 64;
inline constexpr std::size_t kMaxFormBytes = 64UL * 1024;

struct FormParameter {
  std::string name;
  std::string value;
};

/// Parameters in their order, repetitions kept.
class Form {
 public:
  /// `text` is a body or a query without its "?". Refuses an incomplete escape, a ";" or other raw byte that
  /// no encoder writes, text that is not UTF-8 (malformed), over `max_parameters` or kMaxFormBytes
  /// (too_large). Pieces without any byte between two "&" are skipped; a piece without "=" has an empty
  /// value.
  static Result<Form> parse(std::string_view text, Side side = Side::client,
                            std::size_t max_parameters = kMaxFormParameters);

  /// The value of a parameter that may be there once. Twice (also as name[]): an error, whatever the values.
  [[nodiscard]] Result<std::optional<std::string_view>> once(std::string_view name) const;
  /// The same for one that must be there and not be empty.
  [[nodiscard]] Result<std::string_view> required(std::string_view name) const;
  [[nodiscard]] const std::vector<FormParameter>& parameters() const { return parameters_; }

 private:
  std::vector<FormParameter> parameters_;
  Side side_ = Side::client;
};

/// Builds a query or body: add("scope", "openid email") gives scope=openid%20email, parameters joined by "&".
/// Space is %20, which every form and URL decoder reads alike ("+" is not).
class FormWriter {
 public:
  FormWriter& add(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace core
