#include "config/identity.h"

#include <array>

namespace config {
namespace {

struct PresetLine {
  IdentityPreset preset;
  std::string_view name;
  std::string_view first;
  std::string_view second;  // used when the first has no value; may be empty
};

constexpr std::array kPresetLines{
    PresetLine{IdentityPreset::oauth2_proxy, "X-Auth-Request-User", "{user}", ""},
    PresetLine{IdentityPreset::oauth2_proxy, "X-Auth-Request-Email", "{email}", ""},
    PresetLine{IdentityPreset::oauth2_proxy, "X-Auth-Request-Preferred-Username", "{preferred_username}", ""},
    PresetLine{IdentityPreset::oauth2_proxy, "X-Auth-Request-Groups", "{groups}", ""},
    PresetLine{IdentityPreset::forwarded_user, "X-Forwarded-User", "{user}", ""},
    PresetLine{IdentityPreset::forwarded_user, "X-Forwarded-Email", "{email}", ""},
    PresetLine{IdentityPreset::forwarded_user, "X-Forwarded-Preferred-Username", "{preferred_username}", ""},
    PresetLine{IdentityPreset::forwarded_user, "X-Forwarded-Groups", "{groups}", ""},
    PresetLine{IdentityPreset::grafana, "X-WEBAUTH-USER", "{email}", ""},
    PresetLine{IdentityPreset::grafana, "X-WEBAUTH-NAME", "{name}", ""},
    PresetLine{IdentityPreset::grafana, "X-WEBAUTH-EMAIL", "{email}", ""},
    PresetLine{IdentityPreset::grafana, "X-WEBAUTH-GROUPS", "{groups}", ""},
    PresetLine{IdentityPreset::remote_user, "Remote-User", "{preferred_username}", "{email}"},
    PresetLine{IdentityPreset::remote_user, "Remote-Email", "{email}", ""},
    PresetLine{IdentityPreset::remote_user, "Remote-Name", "{name}", ""},
    PresetLine{IdentityPreset::remote_user, "Remote-Groups", "{groups}", ""},
    // No other name where there is none: Gitea takes no "@" in one.
    PresetLine{IdentityPreset::gitea, "X-WEBAUTH-USER", "{preferred_username}", ""},
    PresetLine{IdentityPreset::gitea, "X-WEBAUTH-EMAIL", "{email}", ""},
    PresetLine{IdentityPreset::gitea, "X-WEBAUTH-FULLNAME", "{name}", ""},
    PresetLine{IdentityPreset::x_remote_user, "X-Remote-User", "{preferred_username}", "{email}"},
    PresetLine{IdentityPreset::signed_jwt, "X-JWT-Assertion", "{assertion}", ""},
    PresetLine{IdentityPreset::pomerium_jwt, "X-Pomerium-Jwt-Assertion", "{assertion}", ""},
    PresetLine{IdentityPreset::iap_jwt, "X-Goog-IAP-JWT-Assertion", "{assertion}", ""},
    // The prefix is what applications written for it cut off.
    PresetLine{IdentityPreset::iap_jwt, "X-Goog-Authenticated-User-Email", "accounts.google.com:{email}", ""},
    PresetLine{IdentityPreset::iap_jwt, "X-Goog-Authenticated-User-Id", "accounts.google.com:{sub}", ""},
};

}  // namespace

std::vector<IdentityLine> identity_lines(const Identity& identity) {
  std::vector<IdentityLine> lines;
  lines.reserve(identity.fields.size());
  for (const IdentityField& field : identity.fields) lines.push_back({field.name, {field.value}});
  for (const PresetLine& line : kPresetLines) {
    if (line.preset != identity.preset) continue;
    std::vector<Located> values{{std::string(line.first), {}}};
    if (!line.second.empty()) values.push_back({std::string(line.second), {}});
    lines.push_back({std::string(line.name), std::move(values)});
  }
  return lines;
}

std::string_view name_of(IdentityPreset preset) {
  for (const auto& [name, value] : kIdentityPresets) {
    if (value == preset) return name;
  }
  return "fields";
}

std::vector<std::string_view> identity_field_names() {
  std::vector<std::string_view> names;
  names.reserve(kPresetLines.size());
  for (const PresetLine& line : kPresetLines) names.push_back(line.name);
  return names;
}

}  // namespace config
