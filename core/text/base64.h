// Base64 (RFC 4648 sections 4 and 5), strict: one text for each sequence of bytes. Not MIME: no line breaks,
// no white space.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

/// `standard` is written with "=" padding and demands it; `url` (for cookies and tokens) is without padding
/// and refuses it.
enum class Base64 { standard, url };

std::string base64_encode(std::string_view bytes, Base64 alphabet);

/// Refuses characters of the other alphabet, wrong padding, an impossible length and non-zero trailing bits:
/// no two texts decode to the same bytes.
Result<std::string> base64_decode(std::string_view text, Base64 alphabet, Side side = Side::client);

inline std::string base64url_encode(std::string_view bytes) {
  return base64_encode(bytes, Base64::url);
}
inline Result<std::string> base64url_decode(std::string_view text, Side side = Side::client) {
  return base64_decode(text, Base64::url, side);
}

}  // namespace core
