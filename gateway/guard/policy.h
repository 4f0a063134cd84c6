// Policies: who may pass, judged from a session's identity on every request. deny is looked at first and
// wins; then any rule of allow admits; else what `otherwise` says. A rule holds if all of its tests hold. A
// test that cannot be decided never admits, and denies where it stands in deny.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types_access.h"
#include "gateway/model/identity.h"

namespace gateway {

enum class Decision : std::uint8_t { admitted = 1, denied, pending, redirected };

/// A pure function of both. `policy` is checked by config: every rule has a test.
Decision judge(const config::Policy& policy, const Identity& identity);

}  // namespace gateway
