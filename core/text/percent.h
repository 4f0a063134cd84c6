// Percent coding (RFC 3986 section 2.1) of bytes. Which bytes of a request path are escaped is
// request_path.h's business; bodies and queries of the form name=value are form.h's.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

/// What stays as it is when encoding; everything else becomes %HH with upper-case digits.
enum class Unescaped {
  unreserved,  ///< letters, digits, "-._~": one query component, one path segment, a header value in ASCII
  path,        ///< also "/" and the bytes a path segment may hold (section 3.3)
  printable,   ///< all visible ASCII and space except "%": for text that must stay readable
};

void append_percent_encoded(std::string& out, std::string_view bytes,
                            Unescaped unescaped = Unescaped::unreserved);
std::string percent_encode(std::string_view bytes, Unescaped unescaped = Unescaped::unreserved);

/// Every % must be followed by two hexadecimal digits (malformed otherwise). "+" stays "+". The result may
/// hold any byte: check it before use.
Result<std::string> percent_decode(std::string_view text, Side side = Side::client);

/// The value of a hexadecimal digit, or -1.
int hex_digit(char digit);

}  // namespace core
