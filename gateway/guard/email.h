// E-mail addresses as policies compare them: only the plain form (one "@", ASCII, no quoting, routing or
// comments) is an address at all; what mail systems could read in two ways is none (RFC 5321 section 4.1.2
// allows far more).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

inline constexpr std::size_t kMaxEmailBytes = 254;

/// An address in lower case.
struct PlainEmail {
  std::string text;
  std::size_t at = 0;  ///< where the "@" is
  [[nodiscard]] std::string_view domain() const { return std::string_view(text).substr(at + 1); }
};

/// Nothing for what is not plain: letters, digits and !#$&'*+-/=?^_`{|}~. before the "@", a host name of at
/// least two labels behind it.
std::optional<PlainEmail> parse_email(std::string_view text);

}  // namespace gateway
