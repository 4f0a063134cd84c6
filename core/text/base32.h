// Base32 (RFC 4648 section 6) without padding: how authenticator apps are told their keys.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

std::string base32_encode(std::string_view bytes);

/// Upper case, no padding, no blanks. Refuses other characters, an impossible length and non-zero trailing
/// bits.
Result<std::string> base32_decode(std::string_view text, Side side = Side::client);

}  // namespace core
