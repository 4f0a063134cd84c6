// The field lines of heads and trailers (RFC 9112 section 5).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/http/fields.h"
#include "core/http/refusal.h"

namespace core {

/// Adds the fields of `section`, whose lines each end in CR LF. Refuses with 400 white space before the
/// colon, a line that begins with white space (obs-fold), a name that is no token, a value with a control
/// byte; with 431 over `max_count` fields.
std::optional<Refusal> parse_fields(std::string_view section, std::size_t max_count, Fields& fields);

}  // namespace core
