// The text form of the 32-byte secrets that seal sessions and storage, as operators write and `gateway
// keygen` makes them. Not what is derived from them (seal.h).
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace core {

/// 32 bytes in base64 of either alphabet, with or without padding; surrounding white space (a file's last
/// line end) is ignored. Refuses a key whose bytes are all alike. The error says what is wrong without
/// quoting the text.
Result<Secret> parse_session_key(std::string_view text);

/// A new key as parse_session_key reads it: 44 characters of base64.
Secret generate_session_key();

}  // namespace core
