// Claims: values at a configured path, what of them a session keeps, and the identity they make. Nothing here
// trusts a claim for more than the provider's configuration says.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/base/result.h"
#include "core/text/json.h"
#include "gateway/model/identity.h"

namespace gateway {

using ClaimPaths = std::vector<config::ClaimPath>;

/// Whether `is_it` (a predicate of a const core::Json&) says yes to a value that `steps` lead to from
/// `value`: a step through an array goes to each of its elements, and an array at the end counts as its
/// elements.
template <typename Predicate>
bool any_value_below(const core::Json& value, std::span<const std::string> steps, const Predicate& is_it) {
  if (value.is_array()) {
    for (const core::Json& element : value.elements()) {
      if (any_value_below(element, steps, is_it)) return true;
    }
    return false;
  }
  if (steps.empty()) return is_it(value);
  const core::Json* member = value.find(steps.front());
  return member != nullptr && any_value_below(*member, steps.subspan(1), is_it);
}

/// The same for the values at `path`: the member of the literal name if there is one, else what the steps
/// lead to. Allocates nothing.
template <typename Predicate>
bool any_value_at(const core::Json& claims, const config::ClaimPath& path, const Predicate& is_it) {
  const core::Json* literal = path.literal.empty() ? nullptr : claims.find(path.literal);
  if (literal != nullptr) return any_value_below(*literal, {}, is_it);
  return any_value_below(claims, path.steps, is_it);
}

/// Every value at `path`. Views into `claims`.
std::vector<const core::Json*> values_at(const core::Json& claims, const config::ClaimPath& path);
/// The one string there; empty if there is none, several, or another type.
std::string_view text_at(const core::Json& claims, const config::ClaimPath& path);

/// Whether the path is the claim `email` itself (OpenID Connect Core section 5.1).
bool is_email_claim(const config::ClaimPath& path);

/// The parts of `claims` that `paths` lead to, in their own places.
core::Json pruned(const core::Json& claims, const ClaimPaths& paths);

/// The claims that policies and header templates of `config` name.
ClaimPaths named_claims(const config::Config& config);

/// `more` added where `claims` has nothing. `email_verified` of either counts only for the e-mail it came
/// with.
core::Json merged(core::Json claims, const core::Json& more);

/// Whether something that the identity is made of is missing from `claims`.
bool lacks_claims(const core::Json& claims, const config::Provider& provider, const ClaimPaths& kept);

/// The person, without the session's own members. `refused` if the provider's hosted_domain is not theirs;
/// `unverified` without a subject.
core::Result<Identity> make_identity(const config::Provider& provider, const core::Json& claims,
                                     const ClaimPaths& kept);

/// Makes `now`, the same person asked about again, a part of the session of `before`.
void keep_session(const Identity& before, Identity& now);

}  // namespace gateway
