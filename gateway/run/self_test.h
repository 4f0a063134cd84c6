// The self-test: before a configuration serves anybody, it is rehearsed against what clients try. Requests
// that claim an identity in every spelling, and requests for protected paths without a session, go through
// the parser, router, guards and header policy that will serve; whatever of it would reach an app refuses the
// configuration. One pass for each distinct shape of access, identity and path change, not for each route.
#pragma once

#include <cstddef>
#include <functional>

#include "config/types.h"
#include "core/base/result.h"
#include "gateway/model/site.h"

namespace gateway {

struct SelfTestReport {
  std::size_t shapes = 0;     ///< of routes and excepts that have an app
  std::size_t reached = 0;    ///< whose app was reached by who may reach it
  std::size_t requests = 0;   ///< that were rehearsed
  std::size_t malformed = 0;  ///< of them, that would reach an app if the parser let them pass
};

/// On a thread of its own, which this waits for. The error is one sentence that names the route and what
/// would have reached its app. `change`: breaks the Site that is tested, for tests of the test.
core::Result<SelfTestReport> self_test(const config::Config& config,
                                       const std::function<void(Site&)>& change = {});

}  // namespace gateway
