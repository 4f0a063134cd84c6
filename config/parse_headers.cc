// identity, request_headers and response_headers of a route: names that may be touched, templates that make
// sense.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "config/header_rules.h"
#include "config/identity.h"
#include "config/parse.h"
#include "config/values.h"
#include "core/http/fields.h"
#include "core/text/expand.h"

namespace config {
namespace {

constexpr std::size_t kMaxFields = 64;
constexpr std::size_t kMaxNameBytes = 128;

constexpr std::array<std::string_view, 7> kIdentityNames{
    "sub", "user", "email", "name", "preferred_username", "groups", "provider"};
constexpr std::array<std::string_view, 3> kRequestNames{"host", "path", "uri"};

enum class Placeholders { identity, request_and_identity, request };

bool is_known(std::string_view name, Placeholders allowed) {
  const bool is_identity =
      std::ranges::find(kIdentityNames, name) != kIdentityNames.end() || name.starts_with("claim.");
  const bool is_request = std::ranges::find(kRequestNames, name) != kRequestNames.end();
  // Where whatever a client sends is taken out first.
  if (name == kAssertionPlaceholder) return allowed == Placeholders::identity;
  return (is_identity && allowed != Placeholders::request) ||
         (is_request && allowed != Placeholders::identity);
}

std::string_view known_names(Placeholders allowed) {
  switch (allowed) {
    case Placeholders::identity:
      return "sub, user, email, name, preferred_username, groups, provider, assertion and claim.NAME";
    case Placeholders::request_and_identity:
      return "host, path, uri, sub, user, email, name, preferred_username, groups, provider and claim.NAME";
    case Placeholders::request:
      return "host, path and uri";
  }
  return {};
}

/// A template of a field value.
bool read_template(const YamlNode& node, const std::string& name, Findings& findings, Placeholders allowed,
                   Located& out) {
  const std::string* text = scalar_text(node, name, findings);
  if (text == nullptr) return false;
  if (!core::is_field_value(*text)) {
    findings.error(node.at, name + ": expected a header value of one line without blanks at its ends");
    return false;
  }
  const auto parsed = core::Template::parse(*text);
  if (!parsed) {
    findings.error(node.at, name + ": " + parsed.error().text, "{{ is a literal {");
    return false;
  }
  for (const std::string_view placeholder : parsed->names()) {
    if (is_known(placeholder, allowed)) continue;
    findings.error(node.at, name + ": unknown placeholder {" + std::string(placeholder) + "}",
                   "there are " + std::string(known_names(allowed)) + "; {{ is a literal {");
  }
  out = Located{*text, node.at};
  return true;
}

using ReservedRule = std::string_view (*)(std::string_view);

/// A field name that is a token, not reserved, and not in `seen` under another spelling.
bool read_name(const std::string& name, Position at, const std::string& where, Findings& findings,
               ReservedRule reserved, std::set<std::string>& seen) {
  if (!core::is_token(name) || name.size() > kMaxNameBytes) {
    findings.error(at, where + ": expected the name of a header field");
    return false;
  }
  if (const std::string_view reason = reserved(name); !reason.empty()) {
    findings.error(at, where + ": " + name + " cannot be touched here", std::string(reason));
    return false;
  }
  if (!seen.insert(folded_name(name)).second) {
    findings.error(at, where + ": " + name + " stands twice, if case and - _ . are read alike",
                   "keep one of them");
    return false;
  }
  return true;
}

/// Adds `own` to what defaults say, which gives way where both name a field.
void put_over(const HeaderEdits& own, const std::set<std::string>& names, HeaderEdits& defaults) {
  const auto is_named = [&names](const std::string& name) { return names.contains(folded_name(name)); };
  std::erase_if(defaults.set, [&is_named](const auto& set) { return is_named(set.first); });
  std::erase_if(defaults.remove, is_named);
  defaults.set.insert(defaults.set.end(), own.set.begin(), own.set.end());
  defaults.remove.insert(defaults.remove.end(), own.remove.begin(), own.remove.end());
}

struct EditRules {
  ReservedRule reserved;
  Placeholders allowed;
};

void parse_edits(const YamlNode& node, const std::string& name, Findings& findings, EditRules rules,
                 HeaderEdits& defaults) {
  MapReader map(node, name, findings);
  HeaderEdits out;
  std::set<std::string> seen;
  const YamlNode* set = map.take("set");
  if (set != nullptr && !set->is_map()) {
    findings.error(set->at, name + ".set: expected a map from a header's name to its value");
  } else if (set != nullptr) {
    for (const YamlEntry& entry : set->entries) {
      Located value;
      const bool has_name = read_name(entry.key, entry.at, name + ".set", findings, rules.reserved, seen);
      const bool has_value =
          read_template(entry.value, name + ".set." + entry.key, findings, rules.allowed, value);
      if (has_name && has_value) out.set.emplace_back(entry.key, std::move(value));
    }
  }
  if (const YamlNode* remove = map.take("remove")) {
    for (const YamlNode* item : one_or_list(*remove)) {
      const std::string* text = scalar_text(*item, name + ".remove", findings);
      if (text == nullptr || !read_name(*text, item->at, name + ".remove", findings, rules.reserved, seen))
        continue;
      out.remove.push_back(*text);
    }
  }
  map.finish();
  put_over(out, seen, defaults);
  if (defaults.set.size() + defaults.remove.size() > kMaxFields)
    findings.error(node.at, name + ": more than 64 fields");
}

}  // namespace

void parse_identity(const YamlNode& node, const std::string& name, Findings& findings, Identity& out) {
  out = Identity();
  if (!node.is_map()) {
    const auto parse = [](std::string_view text) {
      return parse_word<IdentityPreset>(text, kIdentityPresets);
    };
    read_scalar(node, name, findings, out.preset, parse);
    return;
  }
  out.preset = IdentityPreset::fields;
  std::set<std::string> seen;
  for (const YamlEntry& entry : node.entries) {
    IdentityField field;
    field.name = entry.key;
    const bool has_name = read_name(entry.key, entry.at, name, findings, reserved_as_identity, seen);
    const bool has_value =
        read_template(entry.value, name + "." + entry.key, findings, Placeholders::identity, field.value);
    if (has_name && has_value) out.fields.push_back(std::move(field));
  }
  if (node.entries.empty() || node.entries.size() > kMaxFields) {
    findings.error(node.at, name + ": expected 1 to 64 header fields, or a preset", "none is the default");
  }
}

void parse_request_headers(const YamlNode& node, const std::string& name, Findings& findings,
                           HeaderEdits& out) {
  parse_edits(node, name, findings, {reserved_in_requests, Placeholders::request_and_identity}, out);
}

void parse_response_headers(const YamlNode& node, const std::string& name, Findings& findings,
                            HeaderEdits& out) {
  parse_edits(node, name, findings, {reserved_in_responses, Placeholders::request}, out);
}

}  // namespace config
