// The identity presets written out: which header fields each sends, and the template of each value. One table
// for the header policy, for the checks on request_headers and for `gateway check --print`.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/types_route.h"

namespace config {

/// A placeholder of identity fields: the signed assertion for the person and the route's host.
inline constexpr std::string_view kAssertionPlaceholder = "assertion";

/// The presets as written in the file; IdentityPreset::fields is a map there.
inline constexpr std::array<std::pair<std::string_view, IdentityPreset>, 10> kIdentityPresets{
    {{"none", IdentityPreset::none},
     {"oauth2-proxy", IdentityPreset::oauth2_proxy},
     {"forwarded-user", IdentityPreset::forwarded_user},
     {"grafana", IdentityPreset::grafana},
     {"remote-user", IdentityPreset::remote_user},
     {"gitea", IdentityPreset::gitea},
     {"x-remote-user", IdentityPreset::x_remote_user},
     {"signed-jwt", IdentityPreset::signed_jwt},
     {"pomerium-jwt", IdentityPreset::pomerium_jwt},
     {"iap-jwt", IdentityPreset::iap_jwt}}};

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
