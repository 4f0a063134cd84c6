// What the self-test sends: fields that claim an identity, in the spellings that one program or another takes
// for the same name, and other spellings of a path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types.h"

namespace gateway {

/// Stands in every value that is spoofed, and nowhere else.
inline constexpr std::string_view kSpoofMark = "spoofed-by-the-self-test";

/// Every name of identity, of the client and of the original request that is claimed: widely used ones, those
/// of all presets, and what this configuration uses.
std::vector<std::string> claimed_names(const config::Config& config);
/// Header lines (with their ends) that claim `names` in every spelling, some twice, and fields that
/// Connection names.
std::string spoofed_lines(const std::vector<std::string>& names);
/// Lines that no parser may take for a field.
std::vector<std::string> malformed_lines();
/// Other targets that some origin reads as `path` (normal form). Each means `path` here too, or is refused.
std::vector<std::string> other_spellings(std::string_view path);
/// How CGI, WSGI and the like fold a name: lower case, "-" for all but letters and digits, without "http-".
std::string name_as_folded(std::string_view name);

}  // namespace gateway
