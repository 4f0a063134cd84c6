// Absolute URLs, parsed strictly into one normal form, and origins (scheme, host, port) to compare them by.
// What a browser and this parser could read differently is refused: backslashes before the query, control
// bytes, white space, userinfo, non-ASCII hosts (RFC 3986; the WHATWG parser's leniencies are errors here).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

/// host of a URL or Host field in one form: lower-case A-labels, IPv4 dotted quad, or IPv6 in brackets; one
/// trailing dot removed.
struct Authority {
  std::string host;
  std::uint16_t port = 0;  ///< 0: none was written
  friend bool operator==(const Authority&, const Authority&) = default;
};

/// host[:port] of a Host field or URL (RFC 9110 section 7.2). Letters, digits, "-", "_" and dots, no empty
/// label, labels of at most 63 and names of at most 253 bytes; a name whose last label is a number must be a
/// dotted quad (a browser reads 127.1 and 0x7f000001 as addresses); IPv6 without zone. Refuses all else:
/// userinfo, percent-encoding, an empty host or port, a port of 0, over 65535 or with leading zeros.
Result<Authority> parse_authority(std::string_view text, Side side = Side::client);

struct Url {
  std::string scheme;  ///< lower-case
  Authority authority;
  std::string path = "/";  ///< begins with "/"; percent-encodings as written
  std::string query;       ///< with its "?", empty if there is none
  /// The port in use: the written one or the scheme's default.
  [[nodiscard]] std::uint16_t effective_port() const;
  /// scheme://host[:port], default ports left out.
  [[nodiscard]] std::string origin() const;
  /// The whole URL in normal form, without fragment.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Url&, const Url&) = default;
};

inline constexpr std::size_t kMaxUrlBytes = 8UL * 1024;

/// An absolute http or https URL. A fragment is dropped. In the query any visible ASCII may stand; in the
/// path what browsers always escape ("<>^`{}), backslashes and incomplete escapes are refused.
Result<Url> parse_url(std::string_view text, Side side = Side::client);

}  // namespace core
