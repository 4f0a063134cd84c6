// Max-Forwards (RFC 9110 section 7.6.2): how often an OPTIONS request may still be sent on. Other methods
// have none: TRACE never gets this far, and for the rest the field is the origin's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/http/message.h"

namespace gateway {

/// None: no limit, or a value that is not one number.
std::optional<std::uint64_t> forwards_left(const core::RequestHead& head);
/// Counts one hop in `fields`. `value` keeps the new text and must live as long as they do.
/// Requires: forwards_left() is over 0.
void count_forward(std::uint64_t left, core::Fields& fields, std::string& value);

}  // namespace gateway
