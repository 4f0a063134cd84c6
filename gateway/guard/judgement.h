// What a policy says about somebody whom the worker knows: judged once for each snapshot of the policies and
// kept beside the session or the token, unless the request has a say in it.
#pragma once

#include <cstddef>

#include "core/loop/published.h"
#include "gateway/guard/policies.h"
#include "gateway/guard/policy.h"
#include "gateway/model/request.h"
#include "gateway/session/session_cache.h"

namespace gateway {

/// As judge(), allocating at most the first time. `policy` is an index of Config::policies.
Decision judge_known(core::Published<Policies>::Reader& policies, std::size_t policy, const Request& request,
                     CachedSession& known);

}  // namespace gateway
