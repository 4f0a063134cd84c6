// What every Storage must do; each implementation's test runs it.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/storage/storage.h"

namespace tests {

/// Runs all rules against an empty `storage` that tells the time by `clock`.
void check_storage_conformance(core::Storage& storage, core::ManualClock& clock);

/// Runs a flow that does not wait.
template <typename T>
core::Result<T> run(core::Flow<T> flow) {
  flow.start();
  if (!flow.has_ended()) std::abort();
  return std::move(flow.result());
}

inline core::StorageEntry entry(std::string value, std::optional<core::WallTime> expires = std::nullopt) {
  return core::StorageEntry{std::move(value), expires};
}

}  // namespace tests
