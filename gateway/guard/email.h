// E-mail addresses as policies compare them: only the plain form (one "@", ASCII, no quoting, routing or
// comments) is an address at all; what mail systems could read in two ways is none (RFC 5321 section 4.1.2
// allows far more).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace gateway {

inline constexpr std::size_t kMaxEmailBytes = 254;

/// An address in lower case. A value without allocation: it is made on the way of requests.
class PlainEmail {
 public:
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }
  [[nodiscard]] std::string_view local() const { return text().substr(0, at_); }
  [[nodiscard]] std::string_view domain() const { return text().substr(at_ + 1); }

 private:
  friend std::optional<PlainEmail> parse_email(std::string_view text);
  std::array<char, kMaxEmailBytes> bytes_{};
  std::size_t size_ = 0;
  std::size_t at_ = 0;
};

/// Nothing for what is not plain: letters, digits and !#$&'*+-/=?^_`{|}~. before the "@", a host name of at
/// least two labels behind it.
std::optional<PlainEmail> parse_email(std::string_view text);

}  // namespace gateway
