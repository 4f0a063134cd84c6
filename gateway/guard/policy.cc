#include "gateway/guard/policy.h"

#include <algorithm>
#include <optional>

#include "core/http/fields.h"
#include "gateway/guard/email.h"
#include "gateway/oidc/claims.h"

namespace gateway {
namespace {

/// What a test says. `unknown` never admits, and denies where it stands in deny.
enum class Truth { no, yes, unknown };

/// For whose good a rule is read: in allow only what is certain counts, in deny all that may be. A policy
/// that a rule of deny names is read the same way, and its own deny the other way round.
enum class List { allow, deny };

List other(List list) {
  return list == List::allow ? List::deny : List::allow;
}

Truth truth_of(bool value) {
  return value ? Truth::yes : Truth::no;
}

Truth both(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::yes;
}

Truth either(Truth a, Truth b) {
  if (a == Truth::yes || b == Truth::yes) return Truth::yes;
  return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::no;
}

Truth opposite(Truth truth) {
  if (truth == Truth::unknown) return truth;
  return truth_of(truth == Truth::no);
}

using Texts = std::vector<std::string>;

bool contains(const Texts& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool contains_ignoring_case(const Texts& list, std::string_view text) {
  return std::ranges::any_of(
      list, [text](const std::string& entry) { return core::equals_ignoring_case(entry, text); });
}

bool share_one(const Texts& wanted, const Texts& had) {
  return std::ranges::any_of(had, [&wanted](const std::string& text) { return contains(wanted, text); });
}

template <typename Matches>
Truth test_address(const std::string& text, const Matches& matches) {
  const std::optional<PlainEmail> email = parse_email(text);
  if (!email) return Truth::unknown;
  return truth_of(matches(*email));
}

/// In allow only an e-mail that counts (verified or trusted) is one; in deny any, also one of several.
template <typename Matches>
Truth test_email(const Identity& identity, List list, const Matches& matches) {
  if (list == List::deny && !identity.several_emails.empty()) {
    Truth any = Truth::no;
    for (const std::string& email : identity.several_emails) any = either(any, test_address(email, matches));
    return any;
  }
  if (identity.email.empty()) return Truth::no;
  if (list == List::allow && !identity.email_counts) return Truth::no;
  return test_address(identity.email, matches);
}

/// In deny a name is meant whatever its case, and an e-mail is one too: it is what many providers give as
/// {user}, if it counts.
bool is_user(const Texts& users, const Identity& identity, List list) {
  if (list == List::allow) return contains(users, identity.user);
  const auto is_meant = [&users](const std::string& text) { return contains_ignoring_case(users, text); };
  return is_meant(identity.user) || is_meant(identity.email) ||
         std::ranges::any_of(identity.several_emails, is_meant);
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
  return any_value_at(identity.claims, test.path, [&test](const core::Json& value) {
    return std::ranges::any_of(test.any_of,
                               [&value](const config::ClaimValue& wanted) { return equals(value, wanted); });
  });
}

/// What all tests of a rule say together. A rule without a test holds for nobody.
class RuleTruth {
 public:
  void add(Truth truth) {
    truth_ = has_test_ ? both(truth_, truth) : truth;
    has_test_ = true;
  }
  void add(bool value) { add(truth_of(value)); }
  [[nodiscard]] Truth truth() const { return truth_; }

 private:
  Truth truth_ = Truth::no;
  bool has_test_ = false;
};

/// One question to all policies that it leads to.
class Judge {
 public:
  Judge(const Policies& policies, const Question& question) : policies_(policies), question_(question) {}

  Truth any_of(const std::vector<config::Rule>& rules, List list, std::size_t depth = 1) const {
    Truth any = Truth::no;
    for (const config::Rule& rule : rules) {
      any = either(any, rule_truth(rule, list, depth));
      if (any == Truth::yes) return any;
    }
    return any;
  }

  /// The first rule that may hold, or with `List::allow` that holds; nothing if there is none.
  [[nodiscard]] std::optional<Reasoned> first_of(const std::vector<config::Rule>& rules, List list) const {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const Truth truth = rule_truth(rules[i], list, 1);
      if (truth == Truth::no || (truth == Truth::unknown && list == List::allow)) continue;
      if (list == List::allow) return Reasoned{Decision::admitted, Ground::allow, i, true};
      return Reasoned{Decision::denied, Ground::deny, i, truth == Truth::yes};
    }
    return {};
  }

  /// Whether an administrator of the policy let them in, besides its `allow`.
  [[nodiscard]] Truth is_approved(std::size_t index) const {
    return truth_of(policies_.asked(index, question_.identity) == ApprovalState::approved);
  }

 private:
  [[nodiscard]] Truth rule_truth(const config::Rule& rule, List list, std::size_t depth) const {
    const Identity& identity = question_.identity;
    // Whatever its token says, a machine is let in by its name alone; an inner policy looks at that itself.
    const bool is_machine = !identity.client.empty();
    if (is_machine && list == List::allow && !rule.clients && !rule.policies) return Truth::no;
    RuleTruth all;
    add_person(rule, list, all);
    if (rule.groups) all.add(share_one(*rule.groups, identity.groups));
    if (rule.roles) all.add(share_one(*rule.roles, identity.roles));
    for (const auto* groups : {&rule.orgs, &rule.teams}) {
      if (!*groups) continue;
      all.add(std::ranges::any_of(identity.groups, [groups](const std::string& group) {
        return contains_ignoring_case(**groups, group);
      }));
    }
    for (const config::ClaimTest& test : rule.claims) all.add(holds(test, identity, list));
    if (rule.networks) all.add(is_in(*rule.networks));
    if (rule.methods) all.add(contains(*rule.methods, question_.method));
    if (rule.policies) all.add(any_policy(*rule.policies, list, depth));
    return all.truth();
  }

  [[nodiscard]] Truth is_in(const std::vector<core::Network>& networks) const {
    if (!question_.client) return Truth::unknown;
    return truth_of(std::ranges::any_of(
        networks, [this](const core::Network& network) { return network.contains(*question_.client); }));
  }

  void add_person(const config::Rule& rule, List list, RuleTruth& all) const {
    const Identity& identity = question_.identity;
    if (rule.authenticated) all.add(!identity.subject.empty() && identity.client.empty());
    if (rule.clients) all.add(!identity.client.empty() && contains(*rule.clients, identity.client));
    if (rule.providers) all.add(contains(*rule.providers, identity.provider));
    if (rule.emails) {
      all.add(test_email(identity, list,
                         [&](const PlainEmail& email) { return contains(*rule.emails, email.text()); }));
    }
    if (rule.email_domains) {
      all.add(test_email(identity, list, [&](const PlainEmail& email) {
        return contains(*rule.email_domains, email.domain());
      }));
    }
    if (rule.users) all.add(is_user(*rule.users, identity, list));
  }

  /// Whether one of them admits; what they say otherwise is for who asks them alone.
  [[nodiscard]] Truth any_policy(const std::vector<std::size_t>& indices, List list,
                                 std::size_t depth) const {
    if (depth >= config::kMaxPolicyDepth) return Truth::unknown;
    Truth any = Truth::no;
    for (const std::size_t index : indices) {
      const config::Policy& policy = policies_.at(index);
      const Truth denied = any_of(policy.deny, other(list), depth + 1);
      const Truth allowed = either(is_approved(index), any_of(policy.allow, list, depth + 1));
      any = either(any, both(allowed, opposite(denied)));
    }
    return any;
  }

  const Policies& policies_;
  const Question& question_;
};

Decision decision_of(config::Otherwise otherwise) {
  switch (otherwise) {
    case config::Otherwise::denied:
      return Decision::denied;
    case config::Otherwise::pending:
      return Decision::pending;
    case config::Otherwise::redirect:
      return Decision::redirected;
  }
  return Decision::denied;
}

}  // namespace

bool may_ask(const Policies& policies, std::size_t index, const Question& question) {
  const config::Policy& policy = policies.at(index);
  const Identity& identity = question.identity;
  if (!policy.approval || !identity.client.empty() || identity.is_by_token() || identity.subject.empty())
    return false;
  return Judge(policies, question).any_of(policy.deny, List::deny) == Truth::no;
}

Question question_of(const Identity& identity, const Request& request) {
  return {identity, request.client_is_known ? std::optional(request.client) : std::nullopt, request.method};
}

Decision judge(const Policies& policies, std::size_t index, const Question& question) {
  const config::Policy& policy = policies.at(index);
  const Judge judge(policies, question);
  if (judge.any_of(policy.deny, List::deny) != Truth::no) return Decision::denied;
  if (judge.any_of(policy.allow, List::allow) == Truth::yes) return Decision::admitted;
  if (judge.is_approved(index) == Truth::yes) return Decision::admitted;
  return decision_of(policy.otherwise);
}

Reasoned judge_and_say_why(const Policies& policies, std::size_t index, const Question& question) {
  const config::Policy& policy = policies.at(index);
  const Judge judge(policies, question);
  if (const auto denied = judge.first_of(policy.deny, List::deny)) return *denied;
  if (const auto allowed = judge.first_of(policy.allow, List::allow)) return *allowed;
  if (judge.is_approved(index) == Truth::yes) return {Decision::admitted, Ground::approval, 0, true};
  return {decision_of(policy.otherwise), Ground::otherwise, 0, true};
}

}  // namespace gateway
