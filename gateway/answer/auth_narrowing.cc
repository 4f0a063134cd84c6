#include "gateway/answer/auth_narrowing.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/http/characters.h"
#include "core/text/form.h"
#include "gateway/guard/email.h"

namespace gateway {
namespace {

constexpr std::string_view kPrefix = "allowed_";
constexpr std::string_view kGroups = "allowed_groups";
constexpr std::string_view kEmails = "allowed_emails";
constexpr std::string_view kDomains = "allowed_email_domains";

core::Error unclear(std::string text) {
  return {core::ErrorKind::malformed, core::Side::client, "auth_check: " + std::move(text)};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), core::http_characters::lower);
  return out;
}

/// The values between commas of a parameter; none where it is not there.
core::Result<std::vector<std::string>> values_of(const core::Form& form, std::string_view name) {
  std::vector<std::string> values;
  const core::Result<std::optional<std::string_view>> text = form.once(name);
  if (!text) return core::failure(unclear(text.error().text));
  if (!*text) return values;
  std::string_view rest = **text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (comma > 0) values.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (values.empty()) return core::failure(unclear(std::string(name) + " names nobody"));
  return values;
}

core::Result<void> refuse_unknown(const core::Form& form) {
  constexpr std::array kKnown{kGroups, kEmails, kDomains};
  for (const core::FormParameter& each : form.parameters()) {
    if (!each.name.starts_with(kPrefix) || std::ranges::find(kKnown, each.name) != kKnown.end()) continue;
    return core::failure(unclear("there are allowed_groups, allowed_emails and allowed_email_domains alone"));
  }
  return {};
}

bool is_within(std::string_view domain, std::string_view allowed) {
  if (allowed.starts_with("*.")) allowed.remove_prefix(1);
  if (allowed.starts_with('.')) return domain.size() > allowed.size() && domain.ends_with(allowed);
  return domain == allowed;
}

}  // namespace

core::Result<AuthNarrowing> AuthNarrowing::read(std::string_view query) {
  AuthNarrowing narrowing;
  if (query.find(kPrefix) == std::string_view::npos && query.find('%') == std::string_view::npos)
    return narrowing;
  const core::Result<core::Form> form = core::Form::parse(query.substr(1));
  if (!form) return core::failure(unclear("query: " + form.error().text));
  if (core::Result<void> known = refuse_unknown(*form); !known)
    return core::failure(std::move(known.error()));
  core::Result<std::vector<std::string>> groups = values_of(*form, kGroups);
  if (!groups) return core::failure(std::move(groups.error()));
  core::Result<std::vector<std::string>> emails = values_of(*form, kEmails);
  if (!emails) return core::failure(std::move(emails.error()));
  core::Result<std::vector<std::string>> domains = values_of(*form, kDomains);
  if (!domains) return core::failure(std::move(domains.error()));
  narrowing.groups_ = std::move(*groups);
  for (const std::string& each : *emails) narrowing.emails_.push_back(lower(each));
  for (const std::string& each : *domains) narrowing.domains_.push_back(lower(each));
  return narrowing;
}

bool AuthNarrowing::admits(const Identity& identity) const {
  const auto is_theirs = [this](const std::string& group) {
    return std::ranges::find(groups_, group) != groups_.end();
  };
  if (!groups_.empty() && std::ranges::none_of(identity.groups, is_theirs)) return false;
  if (emails_.empty() && domains_.empty()) return true;
  const std::optional<PlainEmail> email = identity.email_counts ? parse_email(identity.email) : std::nullopt;
  if (!email) return false;
  if (!emails_.empty() && std::ranges::find(emails_, email->text()) == emails_.end()) return false;
  return domains_.empty() || std::ranges::any_of(domains_, [&email](const std::string& allowed) {
           return is_within(email->domain(), allowed);
         });
}

}  // namespace gateway
