// What may be asked of a name server, and which names are never asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/net/resolver.h"

namespace core {

/// The name in lower case if it is one: labels of letters, digits, hyphens and underscores (1 to 63 bytes,
/// 253 in all), perhaps with a dot at the end, the last label not a number. Everything else (line ends,
/// "127.1") is malformed.
Result<std::string> checked_host_name(std::string_view name);

/// The addresses of an IP literal, of `localhost` and of `*.localhost` (RFC 6761 section 6.3): nobody is
/// asked for them.
std::optional<Addresses> fixed_addresses(std::string_view name);

}  // namespace core
