#include "gateway/guard/policy.h"

#include <algorithm>
#include <optional>

#include "gateway/guard/email.h"
#include "gateway/oidc/claims.h"

namespace gateway {
namespace {

/// What a test says. `unknown` never admits, and denies where it stands in deny.
enum class Truth { no, yes, unknown };

enum class List { allow, deny };

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

template <typename Matches>
Truth test_address(const std::string& text, Matches matches) {
  const std::optional<PlainEmail> email = parse_email(text);
  if (!email) return Truth::unknown;
  return matches(*email) ? Truth::yes : Truth::no;
}

/// In allow only an e-mail that counts (verified or trusted) is one; in deny any, also one of several.
template <typename Matches>
Truth test_email(const Identity& identity, List list, Matches matches) {
  if (list == List::deny) {
    Truth all = Truth::no;
    for (const std::string& email : identity.several_emails) {
      const Truth truth = test_address(email, matches);
      if (truth == Truth::yes) return truth;
      if (truth == Truth::unknown) all = truth;
    }
    if (!identity.several_emails.empty()) return all;
  }
  if (identity.email.empty()) return Truth::no;
  if (list == List::allow && !identity.email_counts) return Truth::no;
  return test_address(identity.email, matches);
}

bool equals(const core::Json& claim, const config::ClaimValue& wanted) {
  if (const auto* text = std::get_if<std::string>(&wanted))
    return claim.as_string() == std::string_view(*text);
  if (const auto* flag = std::get_if<bool>(&wanted)) return claim.as_boolean() == *flag;
  if (const auto* whole = std::get_if<std::int64_t>(&wanted)) {
    if (const auto integer = claim.as_integer()) return *integer == *whole;
    return claim.as_number() == static_cast<double>(*whole);
  }
  return claim.as_number() == std::get<double>(wanted);
}

/// Also where a claim rule names it: in allow only an e-mail that counts is one.
bool holds(const config::ClaimTest& test, const Identity& identity, List list) {
  if (list == List::allow && is_email_claim(test.path) && !identity.email_counts) return false;
  for (const core::Json* value : values_at(identity.claims, test.path)) {
    const bool is_wanted =
        std::any_of(test.any_of.begin(), test.any_of.end(),
                    [value](const config::ClaimValue& wanted) { return equals(*value, wanted); });
    if (is_wanted) return true;
  }
  return false;
}

Truth both(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::yes;
}

Truth truth_of(bool value) {
  return value ? Truth::yes : Truth::no;
}

/// Every engaged test must hold; a rule without a test holds for nobody.
Truth judge_rule(const config::Rule& rule, const Identity& identity, List list) {
  std::optional<Truth> result;
  const auto add = [&result](Truth truth) { result = result ? both(*result, truth) : truth; };
  if (rule.authenticated) add(truth_of(!identity.subject.empty()));
  if (rule.providers) add(truth_of(contains(*rule.providers, identity.provider)));
  if (rule.emails) {
    add(test_email(identity, list,
                   [&](const PlainEmail& email) { return contains(*rule.emails, email.text); }));
  }
  if (rule.email_domains) {
    add(test_email(identity, list,
                   [&](const PlainEmail& email) { return contains(*rule.email_domains, email.domain()); }));
  }
  if (rule.groups) {
    add(truth_of(std::any_of(identity.groups.begin(), identity.groups.end(),
                             [&](const std::string& group) { return contains(*rule.groups, group); })));
  }
  for (const config::ClaimTest& test : rule.claims) add(truth_of(holds(test, identity, list)));
  return result.value_or(Truth::no);
}

}  // namespace

Decision judge(const config::Policy& policy, const Identity& identity) {
  for (const config::Rule& rule : policy.deny) {
    if (judge_rule(rule, identity, List::deny) != Truth::no) return Decision::denied;
  }
  for (const config::Rule& rule : policy.allow) {
    if (judge_rule(rule, identity, List::allow) == Truth::yes) return Decision::admitted;
  }
  switch (policy.otherwise) {
    case config::Otherwise::denied:
      return Decision::denied;
    case config::Otherwise::pending:
      return Decision::pending;
    case config::Otherwise::redirect:
      return Decision::redirected;
  }
  return Decision::denied;
}

}  // namespace gateway
