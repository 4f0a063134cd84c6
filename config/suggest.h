// The nearest of some names to a misspelt one, for "did you mean". Nothing is ever corrected by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace config {

/// The name with the smallest edit distance (a swap of neighbours counts one) to `wrong`; empty if every one
/// is further away than a third of the longer word, or `wrong` is over 64 bytes.
std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace config
