// Who decides about those who ask for access: whom `approval.admins` of a policy admits now.
#pragma once

#include <cstddef>

#include "gateway/guard/policies.h"
#include "gateway/guard/policy.h"

namespace gateway {

/// Whether who asks decides about those who ask by this policy; about themselves nobody does.
bool administers(const Policies& policies, std::size_t index, const Question& question);
/// The same of any policy.
bool administers_any(const Policies& policies, const Question& question);

}  // namespace gateway
