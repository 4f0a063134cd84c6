// The identity presets written out: which header fields each sends, and the template of each value. One table
// for the header policy, for the checks on request_headers and for `gateway check --print`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types_route.h"

namespace config {

/// A field of a preset. The first template whose placeholders all have a value is used; none: the field is
/// absent.
struct IdentityLine {
  std::string name;
  std::vector<Located> values;
};

/// The fields that `identity` sends; empty for none.
std::vector<IdentityLine> identity_lines(const Identity& identity);
/// The name of a preset as written in the file ("oauth2-proxy").
std::string_view name_of(IdentityPreset preset);
/// Every field name that any preset sends. A client's own fields of these names never reach an upstream.
std::vector<std::string_view> identity_field_names();

}  // namespace config
