// Who may pass, as configured: policies and their rules, and the ways to claims that they and providers name.
// Plain values; a rule's names of providers and policies exist, and policies name no circle. Judged by
// gateway/guard, never here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/position.h"
#include "config/types_secret.h"
#include "core/net/address.h"

namespace config {

/// The way to a claim. A `literal` (a name that itself contains dots) is looked for first and wins; then
/// `steps` from the top of the claims. A step through an array means any element of it.
struct ClaimPath {
  std::string literal;             ///< empty: written as a list, only the steps count
  std::vector<std::string> steps;  ///< never empty
  friend bool operator==(const ClaimPath&, const ClaimPath&) = default;
};

/// A claim is compared by JSON type and value, never as text.
using ClaimValue = std::variant<std::string, std::int64_t, double, bool>;

/// Holds if the claim equals one of `any_of`, or is an array that contains one.
struct ClaimTest {
  ClaimPath path;
  std::vector<ClaimValue> any_of;
  friend bool operator==(const ClaimTest&, const ClaimTest&) = default;
};

/// One entry of allow or deny: every test that is engaged must hold; a list is any of, and an empty list (an
/// e-mail file without addresses) matches nobody. A rule has at least one test; one without would match
/// nobody.
struct Rule {
  bool authenticated = false;                         ///< any person that any provider lets in
  std::optional<std::vector<std::string>> providers;  ///< names of login.providers
  /// Names of login.clients. No rule of allow without it admits a machine.
  std::optional<std::vector<std::string>> clients;
  std::optional<std::vector<std::string>> emails;         ///< lower-cased, sorted
  std::optional<std::vector<std::string>> email_domains;  ///< lower-cased; exactly this domain
  std::optional<std::vector<std::string>> users;          ///< Identity::user, byte for byte
  std::optional<std::vector<std::string>> groups;
  std::optional<std::vector<std::string>> roles;
  std::optional<std::vector<std::string>> orgs;        ///< of github providers; lower-cased
  std::optional<std::vector<std::string>> teams;       ///< the same; as "org:team", which is their group
  std::optional<std::vector<core::Network>> networks;  ///< that the client's address is in
  std::optional<std::vector<std::string>> methods;     ///< of the request, in upper case
  std::optional<std::vector<std::size_t>> policies;    ///< in Config::policies; holds if one admits
  std::vector<ClaimTest> claims;                       ///< all of them must hold
  std::string email_file;                              ///< where `emails` came from, empty if from the list
  std::string group_file;                              ///< the same of `groups`
  Position at;
  friend bool operator==(const Rule&, const Rule&) = default;
};

/// What somebody sees who is signed in and admitted by no rule.
enum class Otherwise { denied, pending, redirect };

/// Who decides about people whom no rule admits, and who hears of it.
struct Approval {
  std::size_t admins = 0;        ///< in Config::policies: who may decide
  std::string webhook;           ///< http or https URL that is told; empty: nobody is
  ConfiguredSecret webhook_key;  ///< decoded; signs what is told; empty: unsigned
  std::string webhook_ca;        ///< PEM roots for the webhook; empty: the system's
  friend bool operator==(const Approval&, const Approval&) = default;
};

/// How deep policies may name policies.
inline constexpr std::size_t kMaxPolicyDepth = 8;

/// `deny` is looked at first and wins; then any rule of `allow` admits; else `otherwise`.
struct Policy {
  std::string name;
  std::vector<Rule> deny;
  std::vector<Rule> allow;
  Otherwise otherwise = Otherwise::denied;
  std::string otherwise_url;  ///< https; set only for redirect
  /// Whom its admins approved is admitted besides `allow`; never with Otherwise::redirect.
  std::optional<Approval> approval;
  Position at;
  friend bool operator==(const Policy&, const Policy&) = default;
};

}  // namespace config
