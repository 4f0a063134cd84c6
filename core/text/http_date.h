// HTTP dates (RFC 9110 section 5.6.7): IMF-fixdate is written, all three forms are read, in the C locale, UTC
// only.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace core {

/// Length of an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT".
inline constexpr std::size_t kHttpDateBytes = 29;

/// Fractions of a second are dropped.
std::string http_date(WallTime time);

/// `now` decides the century of a two-digit year: what seems over 50 years ahead is in the past. Refuses
/// impossible days and times, a wrong weekday, years outside 1700 to 2250 (the clock holds no others), and
/// anything before or after the date; second 60 is read as 59.
Result<WallTime> parse_http_date(std::string_view text, WallTime now);

}  // namespace core
