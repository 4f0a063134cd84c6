// What is looked at before the YAML library sees a byte: size, UTF-8, nesting, and the parts of YAML that
// this file does not use (anchors, aliases, tags, directives, several documents). Linear time, no recursion.
// It knows as much of YAML's grammar as it takes to tell a quote or a comment from structure (YAML 1.2
// sections 5, 7 and 8), no more; what it lets through wrongly is caught again by yaml_tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/diagnostic.h"

namespace config {

inline constexpr std::size_t kMaxFileBytes = 1024UL * 1024;
inline constexpr std::size_t kMaxDepth = 32;  ///< of maps and lists in each other

/// The text without a UTF-8 byte order mark at its start.
std::string_view without_byte_order_mark(std::string_view text);

/// The first thing that is wrong; nothing if the library may read the text.
std::optional<Diagnostic> check_yaml_text(std::string_view text);

}  // namespace config
